package io.cowherd.config;

import java.nio.file.Path;
import java.util.List;

/// How a node finds the others of its cluster and talks to them.
///
/// @param listen where the other members reach this one: its election traffic
/// @param members where members are found, this one among them; a name that stands for several addresses (a Kubernetes headless
///     service) stands for all of them
/// @param forward where the other nodes send commands for volumes that this one owns; port 0 lets the system choose
/// @param secretFile file of the secret that all nodes share, readable by its owner only
public record ClusterSettings(
        HostPort listen, List<HostPort> members, HostPort forward, Path secretFile) {
    /// Port of the members' traffic when nothing else is said.
    public static final int DEFAULT_PORT = 5701;

    /// Most members.
    public static final int MAX_MEMBERS = 64;

    /// Validates that others can find this node.
    public ClusterSettings {
        members = List.copyOf(members);
        if (listen.port() == 0) {
            throw new IllegalArgumentException(
                    "The others could not find this node: give "
                            + listen
                            + " (--cluster-listen) a port.");
        }
        if (members.isEmpty() || members.size() > MAX_MEMBERS) {
            throw new IllegalArgumentException(
                    "A cluster has 1 to "
                            + MAX_MEMBERS
                            + " member addresses, not "
                            + members.size()
                            + ": name each with --cluster-member.");
        }
        if (secretFile.toString().isEmpty()) {
            throw new IllegalArgumentException(
                    "The nodes of a cluster share a secret: name its file with --cluster-secret-file.");
        }
    }
}
