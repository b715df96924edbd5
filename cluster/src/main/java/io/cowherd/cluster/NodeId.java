package io.cowherd.cluster;

/// The name of a node, as the operator wrote it: the same after a restart, different on each node.
///
/// Immutable.
///
/// @param name 1 to [#MAX_LENGTH] letters, digits, dots, hyphens and underscores
public record NodeId(String name) implements Comparable<NodeId> {
    /// What fits a DNS label, since Kubernetes names pods so.
    public static final int MAX_LENGTH = 63;

    public NodeId {
        if (!name.matches("[A-Za-z0-9._-]{1," + MAX_LENGTH + "}")) {
            throw new IllegalArgumentException(
                    "node name \""
                            + name
                            + "\" is not 1 to "
                            + MAX_LENGTH
                            + " letters, digits, dots, hyphens and underscores");
        }
    }

    @Override
    public int compareTo(NodeId other) {
        return name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name;
    }
}
