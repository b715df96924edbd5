package io.cowherd.config.access;

import io.cowherd.config.HostPort;
import java.util.List;

/// A target that is served at another portal: who logs in is sent there (RFC 7143 11.13.5, status class 1).
///
/// @param target iSCSI name in lower case
/// @param portals where it is; the first of the address family that the host uses is told. One at least
/// @param duration whether hosts are to remember it
public record Redirect(String target, List<HostPort> portals, Duration duration) {
    /// Most portals of one redirect.
    public static final int MAX_PORTALS = 8;

    /// Whether hosts are to remember it.
    public enum Duration {
        /// Status 0101: they come back here for their next login.
        TEMPORARY,
        /// Status 0102: they go there from now on.
        PERMANENT
    }

    /// Validates.
    public Redirect {
        target = IscsiName.fold(target);
        portals = List.copyOf(portals);
        if (portals.isEmpty() || portals.size() > MAX_PORTALS) {
            throw new IllegalArgumentException(
                    "A redirect names 1 to "
                            + MAX_PORTALS
                            + " portals, not "
                            + portals.size()
                            + ".");
        }
        for (HostPort portal : portals) {
            if (portal.port() == 0) {
                throw new IllegalArgumentException(
                        "Hosts cannot connect to port 0: give " + portal.host() + " a port.");
            }
        }
    }
}
