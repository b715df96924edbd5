package io.cowherd.server;

import io.cowherd.config.HostPort;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.AccessSettings.Unprotected;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a server from offering its disks to a network by oversight.
final class Exposure {
    private static final Logger LOG = LoggerFactory.getLogger(Exposure.class);

    private Exposure() {}

    /// @throws StartFailedException if a portal is not on loopback, nothing keeps hosts out, and nobody has said that this is meant
    static void check(ServerSettings settings, AccessRules rules) throws StartFailedException {
        List<HostPort> exposed =
                settings.portals().stream()
                        .map(PortalSetting::listen)
                        .filter(portal -> !isLoopback(portal))
                        .toList();
        if (exposed.isEmpty()) {
            return;
        }
        if (settings.access().unprotected() == Unprotected.ANYONE) {
            LOG.warn(
                    "whoever reaches {} may use every target that has neither an access list nor CHAP (--allow-anyone)",
                    exposed);
        } else if (rules.protectsNothing()) {
            throw new StartFailedException(
                    "Whoever reaches the portal "
                            + exposed.getFirst()
                            + " could use every volume: there is neither an access list nor a CHAP account.",
                    "Say who may, while the server listens on loopback (cowherd acl add, cowherd chap set); or listen on"
                            + " loopback only (--portal 127.0.0.1:3260); or let anyone in (--allow-anyone).",
                    null);
        }
    }

    /// A name counts by what it stands for; one that stands for nothing cannot be bound either.
    private static boolean isLoopback(HostPort portal) {
        try {
            return Arrays.stream(InetAddress.getAllByName(portal.host()))
                    .allMatch(InetAddress::isLoopbackAddress);
        } catch (UnknownHostException _) {
            return portal.isLoopback();
        }
    }
}
