package io.cowherd.cluster.member;

/// This node may not join: its name is taken, or a node that is there writes what it cannot read, or the reverse.
public final class IncompatiblePeerException extends Exception {
    private static final long serialVersionUID = 1L;

    /// @param message names both nodes, what they differ in, and the cure
    public IncompatiblePeerException(String message) {
        super(message);
    }
}
