package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// What requests cost, in requests to the devices beneath: counts that no machine changes. (The kernel writes a whole area and
/// flushes for each first write and snapshot, spec 5.1.)
class FirstWriteCostTest {
    private static final int SECTORS = 65_536;
    private static final int WRITERS = 32;

    private final CountingDevice origin =
            new CountingDevice(MemoryDevice.numbered(SECTORS * (long) SECTOR, 0));
    private final Rig rig;
    private final List<CountingDevice> cows = new ArrayList<>();
    private final List<GatedDevice> gated = new ArrayList<>();
    private final List<Target> snaps = new ArrayList<>();

    FirstWriteCostTest() throws IOException {
        rig = new Rig(origin);
    }

    private void snapshots(int count, int chunk) throws IOException {
        for (int i = 0; i < count; i++) {
            cows.add(new CountingDevice(Rig.freshCow(3L * SECTORS)));
            gated.add(new GatedDevice(cows.getLast()));
            snaps.add(rig.snapshot(gated.getLast(), "P " + chunk));
        }
        forget();
    }

    private void forget() {
        origin.clear();
        cows.forEach(CountingDevice::clear);
    }

    private static List<String> asked(CountingDevice device) {
        return device.operations().stream().map(DeviceOperation::toString).toList();
    }

    /// As the first write of all has left it: that one has allocated ahead for those that follow.
    private void snapshotsInUse(int count, int chunk) throws IOException {
        snapshots(count, chunk);
        Rig.write(rig.base, SECTORS - chunk, Rig.content(chunk, 9));
        forget();
    }

    /// One chunk and one block of records, one flush, one durable write; whatever the chunk size, however many snapshots, and
    /// the origin is read once.
    @Test
    void aFirstWrite() throws IOException {
        snapshotsInUse(3, 64);
        Rig.write(rig.base, 640, Rig.content(1, 1));
        assertEquals(List.of("READ 327680+32768", "WRITE 327680+512"), asked(origin));
        for (var cow : cows) {
            assertEquals(
                    List.of("WRITE 98304+32768", "FLUSH", "WRITE 32768+4096 DURABLE"), asked(cow));
        }
    }

    @Test
    void aFirstWriteToASnapshot() throws IOException {
        snapshotsInUse(2, 8);
        Rig.write(snaps.getFirst(), 80, Rig.content(8, 1));
        assertEquals(List.of(), asked(origin), "a whole chunk reads nothing");
        var expected = List.of("WRITE 12288+4096", "FLUSH", "WRITE 4096+4096 DURABLE");
        assertEquals(expected, asked(cows.getFirst()));
        forget();
        Rig.write(snaps.getFirst(), 89, Rig.content(2, 2));
        assertEquals(List.of("READ 45056+4096"), asked(origin));
        assertEquals(
                List.of("WRITE 16384+4096", "FLUSH", "WRITE 4096+4096 DURABLE"),
                asked(cows.getFirst()));
        assertEquals(List.of(), asked(cows.getLast()), "the other snapshot");
    }

    /// Storage for the area and for what follows, as often as there is a step to make, before any data.
    @Test
    void theFirstOfAllAllocatesAhead() throws IOException {
        snapshots(1, 64);
        Rig.write(rig.base, 640, Rig.content(1, 1));
        assertEquals(
                List.of(
                        "ALLOCATE 32768+32768",
                        "ALLOCATE 65536+983040",
                        "WRITE 65536+32768",
                        "FLUSH",
                        "WRITE 32768+4096 DURABLE"),
                asked(cows.getFirst()));
    }

    /// No metadata I/O, no copy, no flush.
    @Test
    void anOverwrite() throws IOException {
        snapshots(3, 8);
        Rig.write(rig.base, 80, Rig.content(16, 1));
        Rig.write(snaps.getFirst(), 160, Rig.content(16, 1));
        forget();
        Rig.write(rig.base, 83, Rig.content(10, 2));
        assertEquals(List.of("WRITE 42496+5120"), asked(origin));
        for (var cow : cows) {
            assertEquals(List.of(), asked(cow));
        }
        forget();
        Rig.write(snaps.getFirst(), 163, Rig.content(10, 2));
        assertEquals(List.of("WRITE 17920+5120"), asked(cows.getFirst()));
        assertEquals(List.of(), asked(origin));
    }

    /// Goal: at 32 writers at most 0.1 flushes a write and store, durable writes counted as well. Method: while a batch is held at
    /// the first store's flush, 32 writers gather for the next; ten times. The other store is left to itself.
    @Test
    void firstWritesOfManyWriters() throws Exception {
        snapshots(2, 8);
        int batches = 10;
        var writes = new ArrayList<FutureTask<Void>>();
        var gate = shut();
        writes.add(write(0));
        for (int batch = 0; batch < batches; batch++) {
            gate.awaitArrival();
            for (int i = 0; i < WRITERS; i++) {
                writes.add(waitingWrite(16L * writes.size()));
            }
            var before = gate;
            gate = shut();
            before.open();
        }
        gate.open();
        for (var write : writes) {
            write.get(30, TimeUnit.SECONDS);
        }
        assertEquals(batches + 1, cows.getFirst().count(Kind.FLUSH));
        for (var cow : cows) {
            long durable =
                    cow.operations().stream().filter(op -> op.mode() == WriteMode.DURABLE).count();
            double perWrite = (cow.count(Kind.FLUSH) + durable) / (double) writes.size();
            assertTrue(perWrite < 0.1, perWrite + " flushes a write");
        }
        for (var snap : snaps) {
            assertArrayEquals(Rig.numbered(0, 16), Rig.read(snap, 0, 16));
            ((SnapshotTarget) snap).audit();
        }
    }

    private GatedDevice.Gate shut() {
        return gated.getFirst().holdBefore(op -> op.is(Kind.FLUSH));
    }

    private FutureTask<Void> write(long sector) {
        var write = task(sector);
        Thread.ofPlatform().daemon().start(write);
        return write;
    }

    private FutureTask<Void> waitingWrite(long sector) {
        var write = task(sector);
        var thread = Thread.ofPlatform().daemon().start(write);
        while (thread.getState() != Thread.State.WAITING) {
            assertFalse(write.isDone(), "it waits for nobody");
            Thread.onSpinWait();
        }
        return write;
    }

    private FutureTask<Void> task(long sector) {
        return new FutureTask<>(
                () -> {
                    Rig.write(rig.base, sector, Rig.content(8, sector));
                    return null;
                });
    }
}
