package io.cowherd.cluster;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// The port to what an owner does: serve a family's volumes to hosts.
///
/// Calls return at once. Answers come on the node's thread, once each; an empty one means that it went well.
public interface Service {
    /// Loads the family and lets hosts in.
    ///
    /// @param fence to be asked before every write of this ownership, and before the answer of every read
    /// @param answer why it cannot be served; then nothing of it is open
    void open(UUID family, Epoch epoch, OwnerFence fence, Consumer<Optional<String>> answer);

    /// Lets the hosts' commands end and holds back new ones, as for a planned move.
    ///
    /// @param to who is to be the next owner, if that is known: where hosts are to turn to
    void drain(UUID family, Optional<NodeId> to, Consumer<Optional<String>> answer);

    /// Flushes and closes a family that is drained.
    void close(UUID family, Consumer<Optional<String>> answer);

    /// The fence has fallen: closes without a write, also while it opens, drains or closes.
    ///
    /// @param done when nothing that was issued is under way any more
    void abandon(UUID family, Runnable done);

    /// Kills this process at once, without a clean-up: I/O that does not end in time must not outlive the lease.
    void halt(String reason);

    /// The configured fence command: kills a node that keeps the lock on the storage though it was voted out.
    ///
    /// @param said whether the command says that the node is dead; `false` if none is configured
    void kill(NodeId node, Consumer<Boolean> said);
}
