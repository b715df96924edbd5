package io.cowherd.mapping.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// **Goal.** A fence that falls in the midst of a first write loses no snapshot: the next owner has it whole. Here every request
/// fails with the fence, and none waits for ever.
///
/// **Method.** The COW device's fence falls before its 1st, 2nd, 3rd, … change.
@Timeout(60)
class FencedSnapshotTest {
    private static final String WHY = "the lease has run out";

    /// A COW device that takes some changes more.
    private static final class Fenced extends WrappedDevice {
        private final AtomicInteger left;

        Fenced(MemoryDevice inner, int left) {
            super(inner);
            this.left = new AtomicInteger(left);
        }

        @Override
        protected void before(DeviceOperation operation) throws IOException {
            boolean reads = operation.kind() == DeviceOperation.Kind.READ;
            if (reads ? left.get() < 0 : left.decrementAndGet() < 0) {
                throw new FencedException(WHY);
            }
        }
    }

    @Test
    void aWriteThatTheFenceStopsLosesNoSnapshot() throws IOException {
        for (boolean toOrigin : new boolean[] {true, false}) {
            boolean fenced = true;
            for (int changes = 0; fenced; changes++) {
                fenced = isFencedAfter(changes, toOrigin);
                assertTrue(fenced || changes > 3, "only " + changes + " changes");
            }
        }
    }

    /// A write that fails at the fence, or does not come so far.
    private static boolean isFencedAfter(int changes, boolean toOrigin) throws IOException {
        var rig = Rig.ofSectors(1024);
        var memory = Rig.freshCow(256);
        rig.snapshot(memory, "P 8"); // makes the store
        rig = Rig.ofSectors(1024);
        Target snap = rig.snapshot(new Fenced(memory, changes), "P 8");
        Target written = toOrigin ? rig.base : snap;
        byte[] before = Rig.read(rig.base, 24, 8);
        try {
            Rig.write(written, 24, Rig.content(8, 3));
            return false;
        } catch (FencedException e) {
            assertEquals(WHY, e.getMessage());
        }
        assertEquals(List.of(), rig.said);
        assertEquals(1, memory.get(0, Rig.SECTOR)[4], "valid on disk");
        assertArrayEquals(before, Rig.read(rig.base, 24, 8), "the origin is as it was");
        Target gone = snap;
        Target base = rig.base;
        assertThrows(FencedException.class, () -> Rig.read(gone, 24, 8));
        assertThrows(FencedException.class, () -> Rig.write(gone, 64, Rig.content(8, 4)));
        assertThrows(FencedException.class, () -> Rig.write(base, 64, Rig.content(8, 4)));
        return true;
    }
}
