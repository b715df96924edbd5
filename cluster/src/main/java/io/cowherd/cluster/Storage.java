package io.cowherd.cluster;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// The port to what fences on the shared storage: a family's `lock` and its `epoch`.
///
/// Calls return at once. Answers come on the node's thread, once each.
public interface Storage {
    /// Tries for the exclusive lock, once, without waiting long for its holder.
    ///
    /// @param fence of the ownership that begins: to be asked before every write of it
    void lock(UUID family, OwnerFence fence, Consumer<Lock> answer);

    /// Makes the stored epoch one more than it was, with this node's name, durably. Only under the lock.
    void raiseEpoch(UUID family, Consumer<Raise> answer);

    /// Looks whether the storage still takes this node for the holder: reads the epoch, by a way that a lock that the
    /// storage has revoked makes fail.
    void check(UUID family, Consumer<Check> answer);

    /// Gives the lock back; harmless without it.
    void unlock(UUID family, Runnable done);

    /// How an attempt at the lock ended.
    sealed interface Lock {
        /// It is ours.
        record Locked() implements Lock {}

        /// Another has it.
        ///
        /// @param holder who says so in the lock itself, if that can be read. Not the epoch's: a holder may be stuck before
        ///     it has raised it
        record Held(Optional<NodeId> holder) implements Lock {}

        /// The storage cannot be used.
        ///
        /// @param reason with path and cure
        record Failed(String reason) implements Lock {}
    }

    /// How raising the epoch ended.
    sealed interface Raise {
        /// It is durable.
        record Raised(Epoch epoch) implements Raise {}

        /// It is not, or nobody knows.
        record Failed(String reason) implements Raise {}
    }

    /// What the storage thinks of a holder.
    sealed interface Check {
        /// This epoch is stored.
        record Stored(Epoch epoch) implements Check {}

        /// The lock is not this node's any more.
        ///
        /// @param reason what the storage said
        record Revoked(String reason) implements Check {}

        /// It did not say: an error that may pass.
        record Unknown() implements Check {}
    }
}
