package io.cowherd.drill;

import java.util.List;

/// The cluster's management, as far as a drill needs it. Whichever node answers will do.
///
/// **Threading.** *Confined to the thread that runs the drill.* It blocks.
public interface Cluster {
    /// All nodes, always in the same order.
    ///
    /// @throws DrillFailedException if no node answers
    List<ListedNode> nodes() throws DrillFailedException;

    /// Name of the node that serves the drill's volume.
    ///
    /// @throws DrillFailedException if no node answers, or none serves it at present
    String owner() throws DrillFailedException;

    /// Moves the volume's family, and returns when the node serves it.
    ///
    /// @throws DrillFailedException if that is refused, or fails
    void move(String node) throws DrillFailedException;

    /// Ends the process of a node, without asking it.
    ///
    /// @throws DrillFailedException if that cannot be done
    void kill(String node) throws DrillFailedException;
}
