package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.CrashingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.device.PowerSupply;
import io.cowherd.mapping.device.ThinDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The file system beneath a COW device is full: the write is refused, whoever's it is, and nothing is lost.
class NoRoomTest {
    private static final List<String> STORES = List.of("P 8", "PO 8", "N 8");
    private static final int SECTORS = 8192;
    private static final int THREADS = 6;

    /// What an origin and its snapshot must hold.
    private static final class Model {
        final byte[] base;
        final byte[] snap;

        Model(int sectors) {
            base = Rig.numbered(0, sectors);
            snap = Rig.numbered(0, sectors);
        }

        void wrote(boolean byOrigin, int sector, byte[] content) {
            System.arraycopy(content, 0, byOrigin ? base : snap, sector * SECTOR, content.length);
        }

        void check(Target origin, Target snapshot) throws IOException {
            assertArrayEquals(base, Rig.all(origin), "the origin");
            assertArrayEquals(snap, Rig.all(snapshot), "the snapshot");
            ((SnapshotTarget) snapshot).audit();
        }
    }

    private static Target reopened(Rig rig, Target snap, BlockDevice cow, String store)
            throws IOException {
        Rig.suspend(snap);
        snap.close();
        return rig.snapshot(cow, store);
    }

    /// Goal: every store, both kinds of write, with and without allocation ahead.
    @Test
    void aWriteIsRefusedAndNothingIsLost() throws IOException {
        for (var store : STORES) {
            for (boolean byOrigin : new boolean[] {true, false}) {
                for (boolean allocates : new boolean[] {true, false}) {
                    refusedOnceAndServedLater(store, byOrigin, allocates);
                }
            }
        }
    }

    private static void refusedOnceAndServedLater(String store, boolean byOrigin, boolean allocates)
            throws IOException {
        var rig = Rig.ofSectors(SECTORS);
        var thin = new ThinDevice(Rig.freshCow(3 * SECTORS), allocates);
        var cow = new CountingDevice(thin);
        var snap = rig.snapshot(cow, store);
        var model = new Model(SECTORS);
        var writer = byOrigin ? rig.base : snap;
        Rig.write(snap, 0, Rig.content(8, 1));
        model.wrote(false, 0, Rig.content(8, 1));
        for (int life = 0; life < 2; life++) {
            thin.room(0);
            int sector = writeUntilRefused(writer, byOrigin, model, 8 + life * SECTORS / 2);
            String status = snap.status();
            assertEquals(life + 1, rig.said.size(), rig.said.toString());
            assertTrue(rig.said.getLast().startsWith("refused"), rig.said.toString());
            model.check(rig.base, snap);
            cow.clear();
            var content = Rig.content(8, 7);
            var refusal =
                    assertThrows(NoSpaceException.class, () -> Rig.write(writer, sector, content));
            assertTrue(refusal.toString().contains("nothing is lost"), refusal.toString());
            assertEquals(allocates ? 0 : 1, cow.count(Kind.WRITE), "room comes before data");
            assertEquals(0, cow.count(Kind.FLUSH));
            assertEquals(life + 1, rig.said.size(), "said once");
            assertEquals(status, snap.status());
            model.check(rig.base, snap);
            thin.room(ThinDevice.ENDLESS);
            Rig.write(writer, sector, content);
            model.wrote(byOrigin, sector, content);
            model.check(rig.base, snap);
        }
        if (!store.startsWith("N")) {
            String status = snap.status();
            var again = reopened(rig, snap, cow, store);
            assertEquals(status, again.status(), "no store chunk was skipped");
            model.check(rig.base, again);
        }
    }

    /// Returns the sector of the write that was refused.
    private static int writeUntilRefused(Target writer, boolean byOrigin, Model model, int from)
            throws IOException {
        for (int sector = from; ; sector += 8) {
            var content = Rig.content(8, sector);
            try {
                Rig.write(writer, sector, content);
                model.wrote(byOrigin, sector, content);
            } catch (NoSpaceException _) {
                return sector;
            }
        }
    }

    /// Goal: of two snapshots one has no room. The origin's write is refused, both stay, and without the one it goes on.
    @Test
    void oneWithoutRoomHoldsTheOriginAndHurtsNobody() throws IOException {
        var rig = Rig.ofSectors(SECTORS);
        var full = new ThinDevice(Rig.freshCow(3 * SECTORS), true);
        var snap = rig.snapshot(full, "P 8");
        var other = rig.snapshot(Rig.freshCow(3 * SECTORS), "P 8");
        full.room(0);
        assertThrows(NoSpaceException.class, () -> Rig.write(rig.base, 16, Rig.content(8, 1)));
        for (var each : List.of(rig.base, snap, other)) {
            assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(each));
        }
        Rig.suspend(snap);
        snap.close();
        Rig.write(rig.base, 16, Rig.content(8, 1));
        assertArrayEquals(Rig.content(8, 1), Rig.read(rig.base, 16, 8));
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(other));
    }

    /// Goal: a store whose own size is used up is full as the kernel knows it, room or no room.
    @Test
    void aStoreThatIsFullIsLostAsBefore() throws IOException {
        var rig = Rig.ofSectors(SECTORS);
        var thin = new ThinDevice(Rig.freshCow(32), true);
        var snap = rig.snapshot(thin, "P 8");
        Rig.write(rig.base, 0, Rig.content(16, 1));
        thin.room(0);
        Rig.write(rig.base, 16, Rig.content(8, 1));
        assertEquals("Invalid", snap.status());
    }

    /// Goal: after a failed flush, or with half a record on disk, there is nothing to go back to.
    @Test
    void noRoomForARecordOrInAFlushLosesTheSnapshot() throws IOException {
        for (Predicate<DeviceOperation> last :
                List.<Predicate<DeviceOperation>>of(
                        each -> each.is(Kind.FLUSH), each -> each.offsetBytes() == 4096)) {
            var rig = Rig.ofSectors(SECTORS);
            var cow = new FaultingDevice(Rig.freshCow(SECTORS));
            var snap = rig.snapshot(cow, "P 8");
            Rig.write(rig.base, 16, Rig.content(8, 1));
            cow.fullWhen(last);
            Rig.write(rig.base, 8, Rig.content(8, 1));
            assertEquals("Invalid", snap.status());
        }
    }

    /// Allocation, data, the next area's zeros: all but records and flushes.
    private static boolean mayBeRefused(DeviceOperation operation) {
        boolean isChange =
                operation.is(Kind.ALLOCATE) || operation.is(Kind.WRITE) || operation.is(Kind.ZERO);
        return isChange && operation.mode() == WriteMode.CACHED;
    }

    /// From now on the `n`th request that may be refused is, and no other.
    private static AtomicInteger refuseOnly(FaultingDevice cow, int n) {
        var left = new AtomicInteger(n);
        cow.fullWhen(each -> mayBeRefused(each) && left.decrementAndGet() == 0);
        return left;
    }

    /// Goal: whichever request finds no room, the write is refused whole and the next one is served. Method: the first,
    /// second, third … request is refused in a workload that fills several areas (32 records each).
    @Test
    void anyRequestMayFindNoRoom() throws IOException {
        int refused = 0;
        int said = 0;
        boolean isReached = true;
        for (int n = 1; isReached; n++) {
            var rig = Rig.ofSectors(256);
            var cow = new FaultingDevice(Rig.freshCow(512));
            var snap = rig.snapshot(cow, "P 1");
            var model = new Model(256);
            var left = refuseOnly(cow, n);
            var random = new SplittableRandom(7);
            for (int i = 0; i < 40; i++) {
                boolean byOrigin = random.nextBoolean();
                int sectors = 1 + random.nextInt(5);
                int sector = random.nextInt(256 - sectors);
                var content = Rig.content(sectors, 100 + i);
                var writer = byOrigin ? rig.base : snap;
                try {
                    Rig.write(writer, sector, content);
                } catch (NoSpaceException _) {
                    refused++;
                    assertTrue(left.get() <= 0);
                    said += rig.said.size(); // nothing of an overwrite in the store
                    assertTrue(rig.said.size() <= 1, rig.said.toString());
                    Rig.write(writer, sector, content);
                }
                model.wrote(byOrigin, sector, content);
            }
            model.check(rig.base, snap);
            String status = snap.status();
            var again = reopened(rig, snap, cow, "P 1");
            assertEquals(status, again.status(), "request " + n);
            model.check(rig.base, again);
            isReached = left.get() <= 0;
        }
        assertTrue(refused > 40, refused + " requests");
        assertTrue(said > refused / 2, said + " said of " + refused);
    }

    /// Goal: the power fails right after a batch was withdrawn. Method: everything is flushed before, so that what is found
    /// has to be the model, whatever is lost of the rest.
    @Test
    void thePowerMayFailRightAfterARefusal() throws IOException {
        int n = 0;
        boolean isReached = true;
        while (isReached) {
            n++;
            for (var loss : CrashingDevice.Loss.values()) {
                isReached = cutAfterRefusal(n, loss);
            }
        }
        assertTrue(n > 50, n + " requests");
    }

    private static boolean cutAfterRefusal(int n, CrashingDevice.Loss loss) throws IOException {
        var power = PowerSupply.steady();
        var disk = new CrashingDevice(MemoryDevice.numbered(256 * SECTOR, 0), power);
        var store = new CrashingDevice(Rig.freshCow(512), power);
        var cow = new FaultingDevice(store);
        var rig = new Rig(disk);
        var snap = rig.snapshot(cow, "P 1");
        var model = new Model(256);
        var left = refuseOnly(cow, n);
        var random = new SplittableRandom(n);
        for (int i = 0; i < 90 && left.get() > 0; i++) {
            boolean byOrigin = random.nextBoolean();
            int sector = random.nextInt(256);
            var content = Rig.content(1, 100 + i);
            try {
                Rig.write(byOrigin ? rig.base : snap, sector, content);
                model.wrote(byOrigin, sector, content);
                rig.base.flush();
                snap.flush();
            } catch (NoSpaceException _) {
                assertEquals(0, left.get());
            }
        }
        power.cutNow();
        var found = new Rig(disk.afterCut(loss, random));
        var again = found.snapshot(store.afterCut(loss, random), "P 1");
        try {
            model.check(found.base, again);
            Rig.write(found.base, 0, Rig.content(256, 3));
            assertArrayEquals(model.snap, Rig.all(again));
        } catch (AssertionError e) {
            throw new AssertionError("refused at request " + n + ", lost " + loss, e);
        }
        return left.get() <= 0;
    }

    /// Goal: writers on an origin and two snapshots, while room comes and goes. Method: every thread owns every sixth group of
    /// three sectors of each volume, so that they share chunks and batches but no sectors; a sector of a refused write
    /// holds what it held or what was written.
    @Test
    void roomComesAndGoesAmongWriters() throws Exception {
        for (boolean allocates : new boolean[] {true, false}) {
            long seed = Long.getLong("cowherd.seed", System.nanoTime());
            try {
                writeWhileRoomComesAndGoes(new SplittableRandom(seed), allocates);
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + seed + ", allocates " + allocates, e);
            }
        }
    }

    private static void writeWhileRoomComesAndGoes(SplittableRandom random, boolean allocates)
            throws Exception {
        var rig = Rig.ofSectors(SECTORS);
        var stores = new ArrayList<ThinDevice>();
        var volumes = new ArrayList<>(List.of(rig.base));
        for (var table : List.of("P 8", "PO 1")) {
            stores.add(new ThinDevice(Rig.freshCow(3 * SECTORS), allocates));
            volumes.add(rig.snapshot(stores.getLast(), table));
        }
        var expected = new ArrayList<byte[]>();
        volumes.forEach(_ -> expected.add(Rig.numbered(0, SECTORS)));
        var refusals = new AtomicInteger();
        var workers = new ArrayList<Callable<Void>>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            var own = random.split();
            workers.add(
                    () -> {
                        for (int n = 0; n < 400; n++) {
                            stores.get(own.nextInt(2)).room(own.nextInt(3) * 8192L);
                            int which = own.nextInt(3);
                            int group = own.nextInt(1536 / 3 / THREADS) * THREADS + thread;
                            var content = Rig.content(3, (long) thread << 16 | n);
                            refusals.addAndGet(
                                    write(
                                            volumes.get(which),
                                            group * 3,
                                            content,
                                            expected.get(which)));
                        }
                        return null;
                    });
        }
        try (var pool = Executors.newFixedThreadPool(THREADS)) {
            for (var worker : pool.invokeAll(workers)) {
                worker.get();
            }
        }
        assertTrue(refusals.get() > 20, refusals + " refusals");
        for (int i = 0; i < volumes.size(); i++) {
            assertArrayEquals(expected.get(i), Rig.all(volumes.get(i)), "volume " + i);
        }
        stores.forEach(store -> store.room(ThinDevice.ENDLESS));
        Rig.write(rig.base, 0, Rig.content(SECTORS, 5));
        for (int i = 1; i < volumes.size(); i++) {
            var store = i == 1 ? "P 8" : "PO 1";
            var again = reopened(rig, volumes.get(i), stores.get(i - 1), store);
            ((SnapshotTarget) again).audit();
            assertArrayEquals(expected.get(i), Rig.all(again), "reopened volume " + i);
        }
    }

    /// Returns 1 if it was refused.
    private static int write(Target volume, int sector, byte[] content, byte[] expected)
            throws IOException {
        try {
            Rig.write(volume, sector, content);
            System.arraycopy(content, 0, expected, sector * SECTOR, content.length);
            return 0;
        } catch (NoSpaceException _) {
            byte[] found = Rig.read(volume, sector, content.length / SECTOR);
            for (int at = 0; at < content.length; at += SECTOR) {
                int in = sector * SECTOR + at;
                boolean isNew = Arrays.equals(found, at, at + SECTOR, content, at, at + SECTOR);
                assertTrue(
                        isNew || Arrays.equals(found, at, at + SECTOR, expected, in, in + SECTOR),
                        "sector " + in / SECTOR + " of a refused write");
                System.arraycopy(found, at, expected, in, SECTOR);
            }
            return 1;
        }
    }
}
