package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.NoSpaceException;
import java.io.IOException;

/// Gives a store's COW device its storage ahead of the chunks that are written, so that a full file system is found
/// before anything has been written, and seldom costs a system call.
///
/// Storage comes in steps that double from [#FIRST_STEP_BYTES] to [#LAST_STEP_BYTES]: little for a snapshot that is hardly
/// used, one call for many batches otherwise. Where there is no room for a step, a batch gets just what it needs; what
/// the failed step had got hold of is given back, for others may need it.
///
/// A device that cannot allocate ([BlockDevice#ensureAllocated]) finds out when it is written to.
///
/// **Threading.** *Confined* to the committer.
final class SpaceAhead {
    static final long FIRST_STEP_BYTES = 1 << 20;
    static final long LAST_STEP_BYTES = 64 << 20;

    private final BlockDevice cow;
    private long end;
    private long step = FIRST_STEP_BYTES;

    /// @param startBytes where the store will write next; what is before has been written
    SpaceAhead(BlockDevice cow, long startBytes) {
        this.cow = cow;
        this.end = startBytes;
    }

    /// Makes sure that there is storage up to `neededEnd`, which is within the device.
    ///
    /// @throws NoSpaceException if there is not enough
    void ensure(long neededEnd) throws IOException {
        if (neededEnd <= end) {
            return;
        }
        long stepEnd = Math.min(cow.sizeBytes(), (neededEnd + step) & -FIRST_STEP_BYTES);
        if (stepEnd == neededEnd || !allocateStep(stepEnd, neededEnd)) {
            cow.ensureAllocated(end, neededEnd - end);
            end = neededEnd;
        }
    }

    private boolean allocateStep(long stepEnd, long neededEnd) throws IOException {
        try {
            cow.ensureAllocated(end, stepEnd - end);
        } catch (NoSpaceException _) {
            step = FIRST_STEP_BYTES;
            giveBack(neededEnd, stepEnd);
            return false;
        }
        end = stepEnd;
        step = Math.min(2 * step, LAST_STEP_BYTES);
        return true;
    }

    /// Nothing is there yet that anybody could miss.
    private void giveBack(long from, long to) {
        try {
            if (cow.supportsDiscard()) {
                cow.discard(from, to - from);
            }
        } catch (IOException _) {
            // Then it stays with this store, which will use it.
        }
    }
}
