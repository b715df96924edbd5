package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Full stores and broken COW devices: vectors 56 to 60, 62.
class OverflowTest {
    private final Rig rig;

    OverflowTest() throws IOException {
        rig = Rig.ofSectors(1024);
    }

    /// A COW device that has room for two exceptions of chunk 8, one of which is used (chunk 1).
    private static MemoryDevice small() {
        return Rig.freshCow(32);
    }

    private Target almostFull(MemoryDevice cow, String store) throws IOException {
        var snap = rig.snapshot(cow, store);
        Rig.write(rig.base, 8, Rig.content(8, 1));
        Rig.write(snap, 16, Rig.content(8, 2));
        return snap;
    }

    private static boolean validOnDisk(MemoryDevice cow) {
        return cow.get(0, SECTOR)[4] == 1;
    }

    private static void assertDead(Target snap) {
        assertEquals("Invalid", snap.status());
        assertThrows(SnapshotInvalidException.class, () -> Rig.read(snap, 0, 1));
        assertThrows(SnapshotInvalidException.class, () -> Rig.read(snap, 8, 1), "mapped, too");
        assertThrows(SnapshotInvalidException.class, () -> Rig.write(snap, 8, Rig.content(1, 9)));
    }

    @Test
    void vector56_overflowByAnOriginWriteInvalidates() throws IOException {
        for (var store : List.of("P 8", "PO 8")) {
            var cow = small();
            var snap = almostFull(cow, store);
            Rig.write(rig.base, 24, Rig.content(8, 3));
            assertArrayEquals(Rig.content(8, 3), Rig.read(rig.base, 24, 8));
            assertDead(snap);
            assertFalse(validOnDisk(cow));
        }
        assertEquals(2, rig.said.size());
        assertTrue(rig.said.getFirst().contains("Unable to allocate exception"));
    }

    @Test
    void vector56_overflowByASnapshotWriteToPInvalidates() throws IOException {
        var cow = small();
        var snap = almostFull(cow, "P 8");
        var said =
                assertThrows(
                        SnapshotInvalidException.class,
                        () -> Rig.write(snap, 24, Rig.content(8, 3)));
        assertEquals(
                "the snapshot on COW device "
                        + cow
                        + " is invalid: Unable to allocate exception. It cannot come back; remove it",
                said.getMessage());
        assertDead(snap);
        assertFalse(validOnDisk(cow));
    }

    @Test
    void vector56_overflowByASnapshotWriteToPoRefusesWrites() throws IOException {
        var cow = small();
        var snap = almostFull(cow, "PO 8");
        for (long sector : new long[] {24, 8}) { // mapped, too
            assertThrows(
                    SnapshotOverflowException.class,
                    () -> Rig.write(snap, sector, Rig.content(8, 3)));
            assertEquals("Overflow", snap.status());
        }
        assertArrayEquals(Rig.numbered(0, 16), Rig.read(snap, 0, 16));
        assertArrayEquals(Rig.content(8, 2), Rig.read(snap, 16, 8));
        assertTrue(validOnDisk(cow));
        assertEquals(1, rig.said.size());
        assertTrue(rig.said.getFirst().startsWith("overflowed"));
    }

    @Test
    void vector57_growthAfterOverflow() throws IOException {
        var cow = small();
        var snap = almostFull(cow, "PO 8");
        assertThrows(IOException.class, () -> Rig.write(snap, 24, Rig.content(8, 3)));
        cow.resize(48 * SECTOR);
        assertEquals("Overflow", snap.status());
        assertThrows(IOException.class, () -> Rig.write(snap, 24, Rig.content(8, 3)));
        Rig.write(rig.base, 32, Rig.content(8, 4));
        assertEquals("1>2 2>3 4>4", Rig.records(cow, 8));
        assertArrayEquals(Rig.numbered(32, 8), Rig.read(snap, 32, 8));
        assertEquals("Overflow", snap.status());
        Rig.suspend(snap);
        snap.close();
        assertEquals("40/48 16", rig.snapshot(cow, "PO 8").status());
    }

    @Test
    void vector58_aFailingDataWriteLosesOnlyThatSnapshot() throws IOException {
        var cow = Rig.freshCow(1024);
        var broken = new FaultingDevice(cow);
        var snap = rig.snapshot(broken, "P 8");
        var healthy = rig.snapshot(Rig.freshCow(1024), "P 16");
        broken.failWhen(each -> each.is(Kind.WRITE) && each.offsetBytes() >= 8192);
        Rig.write(rig.base, 8, Rig.content(8, 1));
        assertArrayEquals(Rig.content(8, 1), Rig.read(rig.base, 8, 8));
        assertDead(snap);
        assertFalse(validOnDisk(cow));
        assertArrayEquals(Rig.numbered(0, 1024), Rig.all(healthy));
    }

    @Test
    void vector58_soDoesAFailingFlushOrRecord() throws IOException {
        for (var kind : List.of(Kind.FLUSH, Kind.WRITE)) {
            var broken = new FaultingDevice(Rig.freshCow(1024));
            var snap = rig.snapshot(broken, "P 8");
            broken.failWhen(
                    each -> each.is(kind) && (kind == Kind.FLUSH || each.offsetBytes() == 4096));
            Rig.write(rig.base, 8, Rig.content(8, 1));
            assertDead(snap);
        }
    }

    /// Goal: a snapshot that could not be marked comes back invalid all the same: the listener has remembered it.
    @Test
    void vector59_anUnmarkedSnapshotNeverComesBackValid() throws IOException {
        var cow = Rig.freshCow(1024);
        var broken = new FaultingDevice(cow);
        var snap = rig.snapshot(broken, "P 8");
        Rig.write(rig.base, 16, Rig.content(8, 1));
        broken.failAll();
        Rig.write(rig.base, 8, Rig.content(8, 1));
        assertDead(snap);
        assertTrue(validOnDisk(cow), "this is what the kernel would believe");
        broken.heal();
        Rig.suspend(snap);
        snap.close();
        assertDead(rig.snapshot(broken, "P 8"));
        assertEquals(1, rig.said.size());
    }

    /// Goal: what can be recorded nowhere holds the origin write back, and the next one tries again.
    @Test
    void vector59_anInvalidationThatIsRecordedNowhereStopsTheOrigin() throws IOException {
        var failing = new boolean[] {true};
        var heard = new ArrayList<String>();
        var families = new SnapshotFamilies();
        var types =
                families.targetTypes(
                        new SnapshotListener() {
                            @Override
                            public void invalidated(DeviceRef cow, String why) throws IOException {
                                if (failing[0]) {
                                    throw new IOException("catalog is broken");
                                }
                                heard.add(why);
                            }
                        });
        var disk = MemoryDevice.numbered(1024 * SECTOR, 0);
        var broken = new FaultingDevice(Rig.freshCow(1024));
        rig.devices.put("1:0", new DeviceRef(1, 0, disk));
        rig.devices.put("1:1", new DeviceRef(1, 1, broken));
        var base = Rig.resumed(rig.construct(types.get(0), 1024 * SECTOR, "1:0"));
        var snap = Rig.resumed(rig.construct(types.get(1), 1024 * SECTOR, "1:0 1:1 P 8"));
        broken.failAll();
        for (int i = 0; i < 2; i++) {
            assertThrows(IOException.class, () -> Rig.write(base, 8, Rig.content(8, 1)));
            assertArrayEquals(Rig.numbered(8, 8), disk.get(8 * SECTOR, 8 * SECTOR));
            assertEquals("Invalid", snap.status());
        }
        failing[0] = false;
        Rig.write(base, 8, Rig.content(8, 1));
        assertEquals(1, heard.size());
        assertArrayEquals(Rig.content(8, 1), disk.get(8 * SECTOR, 8 * SECTOR));
    }

    @Test
    void vector60_exactlyOneEvent() throws IOException {
        var events = new AtomicInteger();
        var snap = rig.load(small(), "P 8");
        snap.raiseEventsWith(events::incrementAndGet);
        Rig.resumed(snap);
        for (int chunk = 0; chunk < 10; chunk++) {
            Rig.write(rig.base, chunk * 8L, Rig.content(8, chunk));
        }
        assertThrows(IOException.class, () -> Rig.write(snap, 0, Rig.content(8, 1)));
        assertDead(snap);
        assertEquals(1, events.get());
        assertEquals(1, rig.said.size());
    }

    @Test
    void aFlushOfAnInvalidSnapshotGoesToTheCow() throws IOException {
        var snap = almostFull(small(), "P 8");
        Rig.write(rig.base, 24, Rig.content(8, 3));
        assertDead(snap);
        snap.flush();
    }

    /// Better than the kernel: a snapshot write that cannot read its old chunk fails alone.
    @Test
    void anUnreadableOriginCostsTheSnapshotWriteAndNothingElse() throws IOException {
        var bad = new FaultingDevice(MemoryDevice.numbered(1024 * SECTOR, 0));
        var other = new Rig(bad);
        var snap = other.snapshot(Rig.freshCow(1024), "P 8");
        bad.failWhen(each -> each.is(Kind.READ) && each.touches(16 * SECTOR, SECTOR));
        assertThrows(IOException.class, () -> Rig.write(snap, 17, Rig.content(1, 1)));
        assertEquals("16/1024 16", snap.status());
        Rig.write(snap, 16, Rig.content(8, 2));
        assertArrayEquals(Rig.content(8, 2), Rig.read(snap, 16, 8));
    }

    /// Goal: of two snapshots only the one whose chunk is unreadable is lost.
    @Test
    void anUnreadableSectorLosesOnlyTheSnapshotsThatNeedIt() throws IOException {
        var bad = new FaultingDevice(MemoryDevice.numbered(1024 * SECTOR, 0));
        var other = new Rig(bad);
        var small = other.snapshot(Rig.freshCow(1024), "P 1");
        var large = other.snapshot(Rig.freshCow(1024), "P 16");
        bad.failWhen(each -> each.is(Kind.READ) && each.touches(15 * SECTOR, SECTOR));
        Rig.write(other.base, 0, Rig.content(1, 1));
        assertEquals("Invalid", large.status());
        assertArrayEquals(Rig.numbered(0, 8), Rig.read(small, 0, 8));
    }

    /// Better than the kernel, which invalidates: the exception that would fill the last area has no space (spec 1.8), and is
    /// treated as any other that has none.
    @Test
    void theTrapIsAnOverflowLikeAnyOther() throws IOException {
        var cow = Rig.freshCow(34);
        var snap = rig.snapshot(cow, "PO 1");
        Rig.write(snap, 0, Rig.content(31, 1));
        assertEquals("33/34 2", snap.status());
        assertThrows(
                SnapshotOverflowException.class, () -> Rig.write(snap, 100, Rig.content(1, 2)));
        assertEquals("Overflow", snap.status());
        assertArrayEquals(Rig.content(31, 1), Rig.read(snap, 0, 31));
        cow.resize(36 * SECTOR);
        Rig.write(rig.base, 100, Rig.content(2, 3));
        assertArrayEquals(Rig.numbered(100, 2), Rig.read(snap, 100, 2));
        assertEquals(33, Rig.recordList(cow, 1).size());
        ((SnapshotTarget) snap).audit();
    }

    @Test
    void vector62_growthCountsAtOnce() throws IOException {
        var cow = small();
        var snap = almostFull(cow, "P 8");
        assertEquals("32/32 16", snap.status());
        cow.resize(48 * SECTOR);
        assertEquals("32/48 16", snap.status());
        Rig.write(snap, 24, Rig.content(8, 3));
        assertEquals("40/48 16", snap.status());
    }

    /// Better than the kernel: the store may be extended before anything is lost.
    @Test
    void aFullStoreMayBeGrownByTheListener() throws IOException {
        var cow = small();
        var grown = new AtomicInteger();
        var own = growing(cow, 8, grown);
        Rig.write(own.base, 0, Rig.content(10 * 8, 1));
        assertEquals("96/96 16", own.snap.status());
        assertEquals(4, grown.get());
        assertArrayEquals(Rig.numbered(0, 1024), Rig.all(own.snap));
        Rig.write(own.base, 512, Rig.content(10 * 8, 1));
        assertEquals("Invalid", own.snap.status());
    }

    /// Goal: the listener is asked for the last slot of an area as well, before it is too late (spec 1.8).
    @Test
    void soMayOneInTheTrap() throws IOException {
        var grown = new AtomicInteger();
        var own = growing(Rig.freshCow(34), 1, grown);
        Rig.write(own.base, 0, Rig.content(32, 7));
        assertEquals("35/50 3", own.snap.status());
        assertEquals(1, grown.get());
    }

    /// An origin with one snapshot.
    private record Own(Target base, Target snap) {}

    /// One whose listener makes its store 16 sectors larger, up to 128.
    private Own growing(MemoryDevice cow, int chunk, AtomicInteger grown) throws IOException {
        var types =
                new SnapshotFamilies()
                        .targetTypes(
                                new SnapshotListener() {
                                    @Override
                                    public boolean grow(DeviceRef ref) {
                                        grown.incrementAndGet();
                                        boolean small = cow.sizeBytes() < 128 * SECTOR;
                                        if (small) {
                                            cow.resize(cow.sizeBytes() + 16 * SECTOR);
                                        }
                                        return small;
                                    }
                                });
        rig.devices.put("1:0", new DeviceRef(1, 0, MemoryDevice.numbered(1024 * SECTOR, 0)));
        rig.devices.put("1:1", new DeviceRef(1, 1, cow));
        return new Own(
                Rig.resumed(rig.construct(types.get(0), 1024 * SECTOR, "1:0")),
                Rig.resumed(rig.construct(types.get(1), 1024 * SECTOR, "1:0 1:1 P " + chunk)));
    }
}
