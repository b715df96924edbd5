package io.cowherd.cluster;

/// What stands in a family's `epoch` file: who became its owner last.
///
/// Numbers only grow. They are the storage's own; no number of the election is ever compared with them.
///
/// Immutable.
///
/// @param number 1 at the first acquisition, one more at each
/// @param holder the node that wrote it
public record Epoch(long number, NodeId holder) {
    @Override
    public String toString() {
        return number + " of " + holder;
    }
}
