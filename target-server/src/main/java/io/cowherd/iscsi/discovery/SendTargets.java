package io.cowherd.iscsi.discovery;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.text.TextKeys;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/// Answers SendTargets (RFC 7143 appendix C): name, then the addresses of all portals, each with its group tag, which
/// Windows insists on.
///
/// **Threading.** *Immutable.*
///
/// @param portals all portals of this node, bound
/// @param elsewhere those of other nodes; none of them advertises a wildcard
/// @param arrival the portal that the asking connection came in on
/// @param local the local address of that connection
public record SendTargets(
        List<Portal> portals, List<Portal> elsewhere, Portal arrival, InetSocketAddress local) {
    /// The same for the only node.
    public SendTargets(List<Portal> portals, Portal arrival, InetSocketAddress local) {
        this(portals, List.of(), arrival, local);
    }

    /// Appends one target with its addresses.
    public void describe(TargetEntry target, TextKeys answer) {
        answer.add("TargetName", target.name());
        for (Portal portal : portals) {
            if (portal.equals(arrival) || !portal.advertisesWildcard() || sameFamily(portal)) {
                add(address(portal), portal, answer);
            }
        }
        elsewhere.forEach(portal -> add(portal.advertise(), portal, answer));
    }

    private static void add(HostPort address, Portal portal, TextKeys answer) {
        answer.add("TargetAddress", address + "," + portal.groupTag());
    }

    private boolean sameFamily(Portal portal) {
        return portal.advertise().isIpv6() == local.getAddress() instanceof Inet6Address;
    }

    private HostPort address(Portal portal) {
        return portal.advertisesWildcard()
                ? new HostPort(literal(local.getAddress()), portal.advertise().port())
                : portal.advertise();
    }

    private static String literal(InetAddress address) {
        String text = address.getHostAddress();
        int scope = text.indexOf('%'); // the name of our interface means nothing to the host
        return scope < 0 ? text : text.substring(0, scope);
    }
}
