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
        LockFile lock = lockFile(folder, family, named(node));
        return new FamilyHold(family, node, lock, new EpochFile(folder, family, files));
    }

    private static LockFile lockFile(Path folder, UUID family, String holder) throws IOException {
        try {
            return LockFile.lock(folder.resolve(LOCK), LockFile.Mode.EXCLUSIVE, holder);
        } catch (FileInUseException e) {
            throw new FamilyInUseException(family, e.holder());
        }
    }

    /// Keeps everybody out of a folder that is to be deleted if nobody needs it.
    ///
    /// @throws FamilyInUseException if somebody has it
    static LockFile sweeper(Path folder, UUID family) throws IOException {
        return lockFile(
                folder, family, "process " + ProcessHandle.current().pid() + ", cleaning up");
    }

    /// What others are told of a node that holds something.
    static String named(String node) {
        return "node " + node + ", process " + ProcessHandle.current().pid();
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
        boolean isNewest = // a file that has gone is no newer one: it goes with the family
                stored.number() < epoch.number() || stored.equals(epoch);
        if (!isNewest) {
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
