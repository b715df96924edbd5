package io.cowherd.cluster.hazelcast;

import io.cowherd.cluster.member.Peer;
import java.util.List;

/// How a node joins.
///
/// Immutable.
///
/// @param cluster the cluster's name: nodes with different names do not see each other
/// @param secret shared by all nodes of a cluster, at least [#MIN_SECRET] characters; see docs/decisions/0009 for what it
///     protects from
/// @param bind the address of a private interface; never all of them
/// @param port of it, 1 to 65535
/// @param members where to look for others, as `host:port`; a name with several addresses means all of them, such as the
///     headless service of a StatefulSet, and is asked again at each attempt
/// @param self what this node says of itself
public record HazelcastSettings(
        String cluster, String secret, String bind, int port, List<String> members, Peer self) {
    /// Shorter ones can be tried out by whoever has seen the name that is made of it.
    public static final int MIN_SECRET = 16;

    public HazelcastSettings {
        members = List.copyOf(members);
        if (secret.length() < MIN_SECRET) {
            throw new IllegalArgumentException(
                    "the cluster's secret has fewer than " + MIN_SECRET + " characters");
        }
        if (bind.isBlank() || bind.equals("0.0.0.0") || bind.equals("::")) {
            throw new IllegalArgumentException(
                    "the cluster must bind one private address, not \"" + bind + "\"");
        }
        if (members.isEmpty()) {
            throw new IllegalArgumentException(
                    "no addresses of other nodes are given; a single node needs no cluster");
        }
    }

    @Override
    public String toString() {
        return "cluster " + cluster + " at " + bind + ":" + port + ", members " + members;
    }
}
