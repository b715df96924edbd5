package io.cowherd.config.access;

import java.net.InetAddress;
import java.util.List;

/// One line of an access list: such hosts may use such LUNs of a target. A target and a pattern have one grant together.
///
/// @param target iSCSI name in lower case, or [AccessRules#ALL_TARGETS]
/// @param initiator which hosts, by name
/// @param networks which hosts, by address; empty for any
/// @param rights what they may do
public record Grant(
        String target, InitiatorPattern initiator, List<Network> networks, LunRights rights) {
    /// Most networks of one grant.
    public static final int MAX_NETWORKS = 64;

    /// Validates.
    public Grant {
        target = AccessRules.targetOrAll(target);
        networks = List.copyOf(networks);
        if (networks.size() > MAX_NETWORKS) {
            throw new IllegalArgumentException(
                    networks.size() + " networks are more than the " + MAX_NETWORKS + " allowed.");
        }
    }

    /// True if the host is meant.
    ///
    /// @param initiatorName in lower case
    public boolean matches(String initiatorName, InetAddress address) {
        return initiator.matches(initiatorName)
                && (networks.isEmpty() || networks.stream().anyMatch(n -> n.contains(address)));
    }

    @Override
    public String toString() {
        return initiator + " at " + target;
    }
}
