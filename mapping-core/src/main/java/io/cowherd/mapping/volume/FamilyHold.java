package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.FileInUseException;
import io.cowherd.mapping.device.LockFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/// One family in the hands of this node, of several that share a data directory (I6).
///
/// 1. **Lock** the file `lock` in the family's folder: the storage itself refuses a second holder.
/// 2. **Raise** the epoch, durably: before the first write.
/// 3. **Open** it behind a fence: everything asks that, and what changes files looks at the stored epoch too. A holder whose lock
///    the storage has given away finds a newer one there.
/// 4. **End**: the fence falls, and only then the lock is given up.
///
/// **Threading.** *Thread-safe*: volatile fields; the steps come one after the other.
final class FamilyHold {
    static final String LOCK = "lock";

    private final UUID family;
    private final String node;
    private final LockFile lock;
    private final EpochFile epochs;

    private volatile FamilyEpoch epoch = FamilyEpoch.NONE;
    private volatile LatchedFence fence = new LatchedFence(WriteFence.STANDS);

    private FamilyHold(UUID family, String node, LockFile lock, EpochFile epochs) {
        this.family = family;
        this.node = node;
        this.lock = lock;
        this.epochs = epochs;
    }

    /// Step 1, at once or not at all.
    ///
    /// @param folder the family's, there already
    /// @param node who takes it
    /// @throws FamilyInUseException if another has it
    static FamilyHold lock(Path folder, UUID family, String node, DurableFiles files)
            throws IOException {
        String holder = "node " + node + ", process " + ProcessHandle.current().pid();
        try {
            var lock = LockFile.lock(folder.resolve(LOCK), LockFile.Mode.EXCLUSIVE, holder);
            return new FamilyHold(family, node, lock, new EpochFile(folder, family, files));
        } catch (FileInUseException e) {
            throw new FamilyInUseException(family, e.holder());
        }
    }

    /// Step 2. When it returns the new epoch is durable.
    FamilyEpoch raiseEpoch() throws IOException {
        epoch = epochs.begin(node);
        return epoch;
    }

    /// Step 3.
    ///
    /// @param given what the cluster knows
    /// @return the same, which falls with it or at [#end], for good
    LatchedFence fenceBy(WriteFence given) {
        if (epoch.number() == 0) {
            throw new IllegalStateException("the epoch of " + family + " has not been raised");
        }
        fence = new LatchedFence(given);
        return fence;
    }

    LatchedFence fence() {
        return fence;
    }

    FamilyEpoch epoch() {
        return epoch;
    }

    /// As the fence, and looks at the stored epoch. May block.
    ///
    /// @throws FencedException if this is not the newest any more: then the fence falls
    void checkStored() throws IOException {
        fence.check();
        FamilyEpoch stored = epochs.read();
        if (!stored.equals(epoch)) {
            fence.fall(
                    "The family %s has epoch %d of node %s by now, and this node has %d: another has taken it over"
                            .formatted(family, stored.number(), stored.node(), epoch.number()));
            fence.check();
        }
    }

    /// Step 4. Whatever was open of the family has been closed before. Idempotent.
    void end() throws IOException {
        fence.fall("This node has given the family " + family + " up");
        lock.close();
    }
}
