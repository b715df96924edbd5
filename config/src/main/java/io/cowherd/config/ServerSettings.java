package io.cowherd.config;

import io.cowherd.config.access.AccessSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
/// @param cluster how it finds the other nodes; null if it is the only one
public record ServerSettings(
        Path dataDirectory,
        String nodeName,
        List<PortalSetting> portals,
        HostPort http,
        TransportSetting transport,
        AccessSettings access,
        Limits limits,
        ManagementLimits managementLimits,
        @Nullable ClusterSettings cluster) {
    /// Where data is when nothing else is said, relative to where the server was started.
    public static final Path DEFAULT_DATA_DIRECTORY = Path.of("data");

    /// Where hosts log in when nothing else is said: iSCSI's port on loopback.
    public static final HostPort DEFAULT_PORTAL = new HostPort("127.0.0.1", 3260);

    /// Where the management API listens when nothing else is said.
    public static final HostPort DEFAULT_HTTP = new HostPort("127.0.0.1", 3261);

    /// Most portals of one server.
    public static final int MAX_PORTALS = 64;

    /// The same for a server that is the only one.
    public ServerSettings(
            Path dataDirectory,
            String nodeName,
            List<PortalSetting> portals,
            HostPort http,
            TransportSetting transport,
            AccessSettings access,
            Limits limits,
            ManagementLimits managementLimits) {
        this(
                dataDirectory,
                nodeName,
                portals,
                http,
                transport,
                access,
                limits,
                managementLimits,
                null);
    }

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
        var own = new ArrayList<HostPort>();
        own.add(http);
        portals.forEach(portal -> own.add(portal.listen()));
        if (cluster != null) {
            own.add(cluster.listen());
            own.add(cluster.forward());
            portals.forEach(ServerSettings::checkOthersCanTell);
        }
        refuseDoubled(own);
    }

    private static void refuseDoubled(List<HostPort> addresses) {
        var taken = new HashSet<HostPort>();
        for (HostPort address : addresses) {
            if (address.port() != 0 && !taken.add(address)) {
                throw new IllegalArgumentException(
                        address
                                + " is given twice: portals, the API and what nodes tell each other need addresses of their own.");
            }
        }
    }

    /// In a cluster each node tells hosts the portals of all.
    private static void checkOthersCanTell(PortalSetting portal) {
        HostPort advertised = portal.advertise();
        String host = (advertised == null ? portal.listen() : advertised).host();
        if (host.equals("0.0.0.0") || host.equals("::")) {
            throw new IllegalArgumentException(
                    "The other nodes could not tell hosts where the portal "
                            + portal.listen()
                            + " is: give it an address with --advertise.");
        }
    }
}
