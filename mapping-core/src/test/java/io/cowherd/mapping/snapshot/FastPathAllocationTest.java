package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.Allocations;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// The paths that an event loop takes allocate nothing.
class FastPathAllocationTest {
    private static final int ROUNDS = 20_000;

    /// Bytes that a blocking overwrite may allocate.
    private static final int MOST_AN_OVERWRITE = 256;

    private interface Operation {
        void run() throws IOException;
    }

    private static void assertAllocatesNothing(Operation operation) throws IOException {
        assertAllocates(0, operation);
    }

    private static void assertAllocates(int mostBytes, Operation operation) throws IOException {
        long most = (mostBytes + 1L) * ROUNDS;
        long allocated = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 3 && allocated >= most; attempt++) {
            long before = Allocations.ofThisThread();
            for (int i = 0; i < ROUNDS; i++) {
                operation.run();
            }
            allocated = Allocations.ofThisThread() - before;
        }
        // Less than a byte per round: what is left are the measurement and the compiler's arrival.
        assertTrue(allocated < most, allocated + " bytes in " + ROUNDS + " rounds");
    }

    private static void read(BlockDevice device, long sector, ByteBuffer buffer)
            throws IOException {
        buffer.clear();
        if (!device.tryRead(sector * SECTOR, buffer)) {
            throw new AssertionError("not served");
        }
    }

    private static void write(BlockDevice device, long sector, ByteBuffer buffer)
            throws IOException {
        buffer.clear();
        if (!device.tryWrite(sector * SECTOR, buffer)) {
            throw new AssertionError("not served");
        }
    }

    @Test
    void tryReadAndTryWriteAllocateNothing() throws IOException {
        var rig = Rig.ofSectors(1024);
        var snap = rig.snapshot(Rig.freshCow(4096), "P 8");
        rig.snapshot(Rig.freshCow(4096), "P 1");
        rig.snapshot(Rig.freshCow(4096), "N 64");
        Rig.write(rig.base, 0, Rig.content(64, 1));
        var buffer = ByteBuffer.allocateDirect(16 * SECTOR);
        assertAllocatesNothing(() -> read(rig.base, 3, buffer));
        assertAllocatesNothing(() -> write(rig.base, 3, buffer));
        assertAllocatesNothing(() -> read(snap, 500, buffer)); // on the origin
        assertAllocatesNothing(() -> read(snap, 3, buffer)); // in the store
        assertAllocatesNothing(() -> read(snap, 58, buffer)); // both
        assertAllocatesNothing(() -> write(snap, 3, buffer));
    }

    /// Goal: a blocking read is as cheap, and a blocking overwrite nearly so: it has a place for exceptions that it does not
    /// need, a slice and a bitmap.
    @Test
    void readAndOverwriteAllocateNextToNothing() throws IOException {
        var rig = Rig.ofSectors(1024);
        var snap = rig.snapshot(Rig.freshCow(4096), "P 8");
        rig.snapshot(Rig.freshCow(4096), "P 1");
        Rig.write(rig.base, 0, Rig.content(64, 1));
        var buffer = ByteBuffer.allocateDirect(16 * SECTOR);
        assertAllocatesNothing(() -> rig.base.read(3 * SECTOR, buffer.clear()));
        assertAllocatesNothing(() -> snap.read(500 * SECTOR, buffer.clear()));
        assertAllocatesNothing(() -> snap.read(3 * SECTOR, buffer.clear()));
        assertAllocatesNothing(() -> snap.read(58 * SECTOR, buffer.clear()));
        assertAllocates(
                MOST_AN_OVERWRITE,
                () -> rig.base.write(3 * SECTOR, buffer.clear(), WriteMode.CACHED));
        assertAllocates(
                MOST_AN_OVERWRITE, () -> snap.write(3 * SECTOR, buffer.clear(), WriteMode.CACHED));
    }
}
