package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What readers and writers see, one request after the other: vectors 41, 42, 48 to 55 and 65.
class SnapshotSemanticsTest {
    private static final int SECTORS = 2048;
    private final MemoryDevice disk = MemoryDevice.numbered(SECTORS * SECTOR, 0);
    private final CountingDevice origin = new CountingDevice(disk);
    private final Rig rig;

    SnapshotSemanticsTest() throws IOException {
        rig = new Rig(origin);
    }

    /// What reached the device but reads, and the storage that was asked for ahead.
    private static List<String> writes(CountingDevice device) {
        return device.operations().stream()
                .filter(operation -> !operation.is(Kind.READ) && !operation.is(Kind.ALLOCATE))
                .map(DeviceOperation::toString)
                .toList();
    }

    /// Method: random writes of random lengths to the origin and three snapshots, each compared with an array.
    @Test
    void vector41_aSnapshotIsTheOriginAtItsBeginning() throws IOException {
        for (long seed = 1; seed <= 5; seed++) {
            var random = new SplittableRandom(seed);
            var each = Rig.ofSectors(512);
            var volumes =
                    List.of(
                            each.base,
                            each.snapshot(Rig.freshCow(2048), "P 1"),
                            each.snapshot(Rig.freshCow(2048), "PO 8"),
                            each.snapshot(Rig.freshCow(2048), "N 32"));
            var expected = volumes.stream().map(_ -> Rig.numbered(0, 512)).toArray(byte[][]::new);
            for (int i = 0; i < 300; i++) {
                int which = random.nextInt(volumes.size());
                int sector = random.nextInt(512);
                byte[] content = Rig.content(1 + random.nextInt(Math.min(40, 512 - sector)), i);
                Rig.write(volumes.get(which), sector, content);
                System.arraycopy(content, 0, expected[which], sector * SECTOR, content.length);
                int read = random.nextInt(volumes.size());
                assertArrayEquals(
                        expected[read], Rig.all(volumes.get(read)), "seed " + seed + " op " + i);
            }
        }
    }

    @Test
    void vector42_aWriteToOneSnapshotIsSeenByNoOther() throws IOException {
        var a = rig.snapshot(Rig.freshCow(1024), "P 8");
        var b = rig.snapshot(Rig.freshCow(1024), "P 8");
        Rig.write(a, 20, Rig.content(3, 1));
        assertArrayEquals(Rig.content(3, 1), Rig.read(a, 20, 3));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(b));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(rig.base));
        assertEquals("16/1024 16", b.status());
    }

    @Test
    void vector48_aWholeChunkIsWrittenWithoutReadingTheOrigin() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(1024));
        var snap = rig.snapshot(cow, "P 8");
        cow.clear();
        origin.clear();
        Rig.write(snap, 16, Rig.content(8, 1));
        assertEquals(List.of(), origin.operations());
        assertEquals(List.of("WRITE 8192+4096", "FLUSH", "WRITE 4096+4096 DURABLE"), writes(cow));
        assertEquals(0, cow.count(Kind.READ));
    }

    @Test
    void vector49_anOverwriteIsOneWrite() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(1024));
        var snap = rig.snapshot(cow, "P 8");
        Rig.write(snap, 16, Rig.content(24, 1));
        cow.clear();
        origin.clear();
        Rig.write(snap, 18, Rig.content(9, 2));
        assertEquals(List.of("WRITE 9216+4608"), writes(cow), "neighbours go together");
        snap.write(16 * SECTOR, ByteBuffer.wrap(Rig.content(1, 3)), WriteMode.DURABLE);
        assertEquals(List.of("WRITE 9216+4608", "WRITE 8192+512 DURABLE"), writes(cow));
        assertEquals(List.of(), origin.operations());
    }

    @Test
    void vector50_flushesGoWhereTheDataIs() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(1024));
        var snap = rig.snapshot(cow, "P 8");
        cow.clear();
        origin.clear();
        rig.base.flush();
        assertEquals(List.of("FLUSH"), writes(origin));
        assertEquals(List.of(), writes(cow));
        origin.clear();
        snap.flush();
        assertEquals(List.of(), writes(origin));
        assertEquals(List.of("FLUSH"), writes(cow));
    }

    @Test
    void vector51_discardIsNotSupported() throws IOException {
        var snap = rig.snapshot(Rig.freshCow(1024), "P 8");
        for (var device : List.of(rig.base, snap)) {
            assertFalse(device.supportsDiscard());
            assertThrows(UnsupportedOperationException.class, () -> device.discard(0, 4096));
        }
    }

    @Test
    void vector52_discardZeroesCow() throws IOException {
        var cow = Rig.freshCow(1024);
        var snap = rig.snapshot(cow, "P 8 1 discard_zeroes_cow");
        Rig.write(snap, 16, Rig.content(8, 1));
        String status = snap.status();
        assertTrue(snap.supportsDiscard());
        snap.discard(8 * SECTOR, 16 * SECTOR);
        assertArrayEquals(new byte[8 * SECTOR], Rig.read(snap, 16, 8));
        assertArrayEquals(Rig.numbered(8, 8), Rig.read(snap, 8, 8));
        assertEquals(status, snap.status());
        assertEquals("2>2", Rig.records(cow, 8));
    }

    @Test
    void vector53_passdownGoesPastTheSnapshots() throws IOException {
        var other = rig.snapshot(Rig.freshCow(1024), "P 8");
        var snap =
                rig.snapshot(
                        Rig.freshCow(1024), "P 8 2 discard_passdown_origin discard_zeroes_cow");
        assertEquals(
                "253:0 253:2 P 8 2 discard_zeroes_cow discard_passdown_origin",
                snap.tableArguments());
        snap.discard(0, 8 * SECTOR);
        assertArrayEquals(new byte[8 * SECTOR], Rig.read(rig.base, 0, 8));
        assertArrayEquals(new byte[8 * SECTOR], Rig.read(other, 0, 8));
        assertEquals("16/1024 16", snap.status());
    }

    @Test
    void vector54_chunkSizesSideBySide() throws IOException {
        var small = rig.snapshot(Rig.freshCow(1024), "P 8");
        var middle = rig.snapshot(Rig.freshCow(1024), "P 16");
        var large = rig.snapshot(Rig.freshCow(1024), "P 64");
        origin.clear();
        Rig.write(rig.base, 384, Rig.content(128, 1));
        assertEquals("144/1024 16", small.status());
        assertEquals("160/1024 32", middle.status());
        assertEquals("256/1024 128", large.status());
        assertEquals(1, origin.count(Kind.READ), "old content is read once for all");
        Rig.write(rig.base, 900, Rig.content(1, 2));
        assertEquals("152/1024 16", small.status());
        assertEquals("176/1024 32", middle.status());
        assertEquals("320/1024 128", large.status());
        for (var snap : List.of(small, middle, large)) {
            assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(snap));
        }
    }

    @Test
    void vector55_writesBeyondAShorterSnapshotCostNothing() throws IOException {
        var cow = Rig.freshCow(1024);
        var snap =
                Rig.resumed(
                        rig.construct(
                                rig.snapshotType,
                                1000 * SECTOR,
                                "253:0 " + rig.number(cow) + " P 8"));
        Rig.write(rig.base, 1000, Rig.content(100, 1));
        assertEquals("16/1024 16", snap.status());
        Rig.write(rig.base, 999, Rig.content(1, 2));
        assertEquals("24/1024 16", snap.status());
        Rig.write(rig.base, 990, Rig.content(50, 3));
        assertEquals("32/1024 16", snap.status());
        assertArrayEquals(Rig.numbered(0, 1000), Rig.all(snap));
    }

    @Test
    void vector65_aSnapshotIsReadWithoutAnOriginTarget() throws IOException {
        rig.base.close();
        var snap = rig.snapshot(Rig.freshCow(1024), "P 8");
        Rig.write(snap, 3, Rig.content(1, 1));
        assertArrayEquals(Rig.numbered(4, 60), Rig.read(snap, 4, 60));
        assertArrayEquals(Rig.content(1, 1), Rig.read(snap, 3, 1));
    }

    @Test
    void aSnapshotPreservesNothingBeforeItsFirstResume() throws IOException {
        var snap = rig.load(Rig.freshCow(1024), "P 8");
        Rig.write(rig.base, 0, Rig.content(8, 1));
        assertEquals("16/1024 16", snap.status());
        Rig.resumed(snap);
        assertArrayEquals(Rig.content(8, 1), Rig.read(snap, 0, 8));
        Rig.write(rig.base, 0, Rig.content(8, 2));
        assertArrayEquals(Rig.content(8, 1), Rig.read(snap, 0, 8));
    }

    @Test
    void aRemovedSnapshotCostsNothing() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(1024));
        var snap = rig.snapshot(cow, "P 8");
        Rig.suspend(snap);
        snap.close();
        cow.clear();
        Rig.write(rig.base, 0, Rig.content(8, 1));
        assertEquals(List.of(), cow.operations());
    }

    /// Better than the kernel: the old content is preserved, then the space goes back.
    @Test
    void zeroingTheOriginPreservesFirst() throws IOException {
        var a = rig.snapshot(Rig.freshCow(4096), "P 8");
        var b = rig.snapshot(Rig.freshCow(4096), "N 1");
        rig.base.writeZeroes(100 * SECTOR, 300 * SECTOR, WriteMode.CACHED);
        assertArrayEquals(new byte[300 * SECTOR], Rig.read(rig.base, 100, 300));
        assertArrayEquals(Rig.numbered(400, 8), Rig.read(rig.base, 400, 8));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(a));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(b));
    }

    @Test
    void zeroingASnapshotDoesNotReadTheOrigin() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(4096));
        var snap = rig.snapshot(cow, "P 8");
        Rig.write(snap, 16, Rig.content(8, 1));
        origin.clear();
        cow.clear();
        snap.writeZeroes(0, 64 * SECTOR, WriteMode.CACHED);
        assertArrayEquals(new byte[64 * SECTOR], Rig.read(snap, 0, 64));
        assertEquals(0, origin.count(Kind.READ));
        assertEquals(1, cow.count(Kind.ZERO), "what had left is zeroed in its place");
        snap.writeZeroes(67 * SECTOR, SECTOR, WriteMode.DURABLE);
        assertArrayEquals(Rig.numbered(64, 3), Rig.read(snap, 64, 3));
        assertArrayEquals(new byte[SECTOR], Rig.read(snap, 67, 1));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(rig.base));
    }

    @Test
    void aLongReadIsOneReadPerRun() throws IOException {
        var cow = new CountingDevice(Rig.freshCow(4096));
        var snap = rig.snapshot(cow, "P 8");
        Rig.write(rig.base, 160, Rig.content(80, 1));
        origin.clear();
        cow.clear();
        assertArrayEquals(Rig.numbered(0, 512), Rig.read(snap, 0, 512));
        assertEquals(2, origin.count(Kind.READ));
        assertEquals(1, cow.count(Kind.READ));
    }

    @Test
    void tryWriteNeverMakesAnException() throws IOException {
        var snap = rig.snapshot(Rig.freshCow(4096), "P 8");
        var buffer = ByteBuffer.wrap(Rig.content(16, 1));
        assertFalse(snap.tryWrite(0, buffer));
        assertFalse(rig.base.tryWrite(0, buffer));
        Rig.write(snap, 0, Rig.content(8, 2));
        assertFalse(snap.tryWrite(0, buffer), "half of it is missing");
        assertFalse(rig.base.tryWrite(0, buffer));
        Rig.write(snap, 8, Rig.content(8, 3));
        assertEquals(0, buffer.position());
        assertTrue(snap.tryWrite(0, buffer));
        assertArrayEquals(Rig.content(16, 1), Rig.read(snap, 0, 16));
        buffer.clear();
        assertTrue(rig.base.tryWrite(0, buffer));
        assertArrayEquals(Rig.content(16, 1), Rig.read(rig.base, 0, 16));
        assertEquals("32/4096 16", snap.status());
    }
}
