package io.cowherd.config;

import io.cowherd.config.access.AccessSettings;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/// What one server is to be: where its data is, where it listens, and its bounds.
///
/// @param dataDirectory everything durable; made if absent
/// @param nodeName this node's name as users see it (the owner of volumes)
/// @param portals iSCSI portals, at least one and at most [#MAX_PORTALS]; no address twice
/// @param http address of the management API
/// @param transport how sockets reach the kernel
/// @param access how strict the server is with hosts
/// @param limits bounds on what initiators control
/// @param managementLimits bounds on what users of the API control
public record ServerSettings(
        Path dataDirectory,
        String nodeName,
        List<PortalSetting> portals,
        HostPort http,
        TransportSetting transport,
        AccessSettings access,
        Limits limits,
        ManagementLimits managementLimits) {
    /// Where data is when nothing else is said, relative to where the server was started.
    public static final Path DEFAULT_DATA_DIRECTORY = Path.of("data");

    /// Where hosts log in when nothing else is said: iSCSI's port on loopback.
    public static final HostPort DEFAULT_PORTAL = new HostPort("127.0.0.1", 3260);

    /// Where the management API listens when nothing else is said.
    public static final HostPort DEFAULT_HTTP = new HostPort("127.0.0.1", 3261);

    /// Most portals of one server.
    public static final int MAX_PORTALS = 64;

    /// Validates the settings against each other.
    public ServerSettings {
        portals = List.copyOf(portals);
        if (portals.isEmpty()) {
            throw new IllegalArgumentException("A server needs at least one portal.");
        }
        if (portals.size() > MAX_PORTALS) {
            throw new IllegalArgumentException(
                    portals.size()
                            + " portals are more than the "
                            + MAX_PORTALS
                            + " that are allowed.");
        }
        if (nodeName.isBlank()) {
            throw new IllegalArgumentException("The node's name is blank.");
        }
        var taken = new HashSet<HostPort>();
        if (http.port() != 0) {
            taken.add(http);
        }
        for (PortalSetting portal : portals) {
            if (portal.listen().port() != 0 && !taken.add(portal.listen())) {
                throw new IllegalArgumentException(
                        portal.listen()
                                + " is given twice: each portal and the API need an address of their own.");
            }
        }
    }
}
