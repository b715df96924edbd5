package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Races that happen the same way each time: a device holds a request until the test lets it go. Vectors 43 to 47.
class SnapshotRaceTest {
    private static final int SECTORS = 1024;

    private final MemoryDevice disk = MemoryDevice.numbered(SECTORS * SECTOR, 0);
    private final GatedDevice origin = new GatedDevice(disk);
    private final MemoryDevice cowDisk = Rig.freshCow(4096);
    private final CountingDevice counted = new CountingDevice(cowDisk);
    private final FaultingDevice faulty = new FaultingDevice(counted);
    private final GatedDevice cow = new GatedDevice(faulty);
    private final Rig rig;
    private final Target snap;

    SnapshotRaceTest() throws IOException {
        rig = new Rig(origin);
        snap = rig.snapshot(cow, "P 8");
        counted.clear();
    }

    /// A request on a thread of its own.
    private static final class Request<T> {
        final FutureTask<T> result;
        final Thread thread;

        Request(Callable<T> work) {
            result = new FutureTask<>(work);
            thread = Thread.ofPlatform().daemon().start(result);
        }

        T get() throws Exception {
            return result.get(30, TimeUnit.SECONDS);
        }

        /// Returns when the request waits for somebody else.
        Request<T> awaitWaiting() {
            while (thread.getState() != Thread.State.WAITING
                    && thread.getState() != Thread.State.TIMED_WAITING) {
                if (result.isDone()) {
                    throw new AssertionError("the request has ended instead of waiting");
                }
                Thread.onSpinWait();
            }
            return this;
        }

        void assertFails() {
            assertThrows(
                    java.util.concurrent.ExecutionException.class,
                    () -> result.get(30, TimeUnit.SECONDS));
        }
    }

    private static Request<Boolean> write(Target target, long sector, byte[] content) {
        return new Request<>(
                () -> {
                    Rig.write(target, sector, content);
                    return true;
                });
    }

    private static Request<byte[]> read(Target target, long sector, int sectors) {
        return new Request<>(() -> Rig.read(target, sector, sectors));
    }

    private byte[] onDisk(long sector, int sectors) {
        return disk.get(sector * SECTOR, sectors * SECTOR);
    }

    /// Goal: nothing that would survive a cut tells of the new content before the record is durable.
    @Test
    void vector43_theOriginIsNotWrittenBeforeTheRecordIsDurable() throws Exception {
        for (var step :
                new Kind[] {Kind.FLUSH, Kind.WRITE}) { // the flush of the data, and the record
            long start = step == Kind.FLUSH ? 80 : 160;
            var gate =
                    cow.holdBefore(
                            each ->
                                    each.is(step)
                                            && (step == Kind.FLUSH
                                                    || each.mode() == WriteMode.DURABLE));
            var first = write(rig.base, start, Rig.content(8, 1));
            gate.awaitArrival();
            var second = write(rig.base, start + 3, Rig.content(1, 2)).awaitWaiting();
            var third = write(snap, start + 4, Rig.content(1, 3)).awaitWaiting();
            var now = ByteBuffer.wrap(Rig.content(1, 4));
            assertFalse(rig.base.tryWrite(start * SECTOR, now));
            assertFalse(snap.tryWrite(start * SECTOR, now));
            assertArrayEquals(Rig.numbered(start, 8), onDisk(start, 8));
            assertArrayEquals(Rig.numbered(start, 8), Rig.read(snap, start, 8));
            gate.open();
            first.get();
            second.get();
            third.get();
            byte[] expected = Rig.numbered(start, 8);
            System.arraycopy(Rig.content(1, 3), 0, expected, 4 * SECTOR, SECTOR);
            assertArrayEquals(expected, Rig.read(snap, start, 8));
        }
    }

    @Test
    void vector45_concurrentWritesToOneChunkMakeOneRecord() throws Exception {
        var gate = origin.holdBefore(each -> each.is(Kind.READ));
        var writers = new ArrayList<Request<Boolean>>();
        for (int i = 0; i < 8; i++) {
            writers.add(write(rig.base, 80 + i, Rig.content(1, i)).awaitWaiting());
        }
        gate.awaitArrival();
        gate.open();
        for (var writer : writers) {
            writer.get();
        }
        assertEquals("10>2", Rig.records(cowDisk, 8));
        assertArrayEquals(Rig.numbered(80, 8), Rig.read(snap, 80, 8));
    }

    @Test
    void vector46_aReadThatBeganBeforeAWriteReturnsOldData() throws Exception {
        var before = origin.holdBefore(each -> each.is(Kind.READ) && each.lengthBytes() == SECTOR);
        var reader = read(snap, 83, 1);
        before.awaitArrival();
        Rig.write(rig.base, 80, Rig.content(8, 1));
        before.open();
        assertArrayEquals(Rig.numbered(83, 1), reader.get());
        var after = origin.holdAfter(each -> each.is(Kind.READ) && each.lengthBytes() == SECTOR);
        var second = read(snap, 90, 1);
        after.awaitArrival();
        Rig.write(rig.base, 88, Rig.content(8, 1));
        after.open();
        assertArrayEquals(Rig.numbered(90, 1), second.get());
    }

    /// Goal: of a long read only the chunks that left meanwhile come from the store.
    @Test
    void vector46_alsoInTheMidstOfALongRead() throws Exception {
        var gate =
                origin.holdBefore(each -> each.is(Kind.READ) && each.lengthBytes() == 100 * SECTOR);
        var reader = read(snap, 3, 100);
        gate.awaitArrival();
        Rig.write(rig.base, 0, Rig.content(8, 1));
        Rig.write(rig.base, 50, Rig.content(20, 2));
        gate.open();
        assertArrayEquals(Rig.numbered(3, 100), reader.get());
    }

    @Test
    void vector47_aSnapshotWriteThatJoinsIsAppliedAfterTheCopy() throws Exception {
        var gate = cow.holdBefore(each -> each.is(Kind.FLUSH));
        var first = write(rig.base, 80, Rig.content(8, 1));
        gate.awaitArrival();
        var joined = write(snap, 82, Rig.content(2, 2)).awaitWaiting();
        gate.open();
        first.get();
        joined.get();
        byte[] expected = Rig.numbered(80, 8);
        System.arraycopy(Rig.content(2, 2), 0, expected, 2 * SECTOR, 2 * SECTOR);
        assertArrayEquals(expected, Rig.read(snap, 80, 8));
        assertEquals("10>2", Rig.records(cowDisk, 8));
    }

    /// Goal: 32 first writes that wait together cost one flush and one record write between them.
    @Test
    void writersThatWaitTogetherShareOneCommit() throws Exception {
        var gate = cow.holdBefore(each -> each.is(Kind.FLUSH));
        var writers = new ArrayList<Request<Boolean>>();
        writers.add(write(rig.base, 0, Rig.content(1, 0)));
        gate.awaitArrival();
        for (int i = 1; i <= 32; i++) {
            writers.add(write(rig.base, i * 16L, Rig.content(1, i)).awaitWaiting());
        }
        gate.open();
        for (var writer : writers) {
            writer.get();
        }
        assertEquals(2, counted.count(Kind.FLUSH), counted.operations().toString());
        assertEquals(
                4, counted.count(Kind.WRITE), "two of data, neighbours gathered, two of records");
        assertEquals(33, Rig.recordList(cowDisk, 8).size());
        assertArrayEquals(Rig.numbered(0, SECTORS), Rig.all(snap));
    }

    @Test
    void aSlowCowDelaysOnlyTheWritesThatNeedIt() throws Exception {
        Rig.write(rig.base, 0, Rig.content(8, 1));
        var other = rig.snapshot(Rig.freshCow(4096), "P 16");
        var gate = cow.holdBefore(each -> each.is(Kind.FLUSH));
        var stuck = write(rig.base, 80, Rig.content(8, 2));
        gate.awaitArrival();
        var queued = write(rig.base, 160, Rig.content(8, 2)).awaitWaiting();
        Rig.write(rig.base, 4, Rig.content(4, 3)); // needs the other snapshot only
        assertTrue(rig.base.tryWrite(0, ByteBuffer.wrap(Rig.content(8, 4))));
        Rig.write(other, 320, Rig.content(1, 5));
        Rig.write(snap, 0, Rig.content(8, 6));
        assertArrayEquals(Rig.numbered(80, 400), Rig.read(snap, 80, 400));
        assertArrayEquals(Rig.numbered(80, 100), Rig.read(rig.base, 80, 100));
        assertFalse(stuck.result.isDone() || queued.result.isDone());
        gate.open();
        stuck.get();
        queued.get();
    }

    @Test
    void writesToDifferentChunksOfTheOriginRunInParallel() throws Exception {
        var gate = origin.holdBefore(each -> each.is(Kind.WRITE) && each.touches(0, SECTOR));
        var slow = write(rig.base, 0, Rig.content(8, 1));
        gate.awaitArrival();
        Rig.write(rig.base, 8, Rig.content(8, 2));
        Rig.write(rig.base, 3, Rig.content(1, 3));
        assertFalse(slow.result.isDone());
        gate.open();
        slow.get();
    }

    /// Goal: the origin waits until it is recorded that the snapshot is lost, whoever writes; the snapshot's own I/O fails at
    /// once.
    @Test
    void theOriginWaitsForAnInvalidationToBeRecorded() throws Exception {
        faulty.failWhen(each -> each.is(Kind.WRITE) && each.offsetBytes() > 4096);
        var gate = cow.holdBefore(each -> each.is(Kind.WRITE) && each.offsetBytes() == 0);
        var first = write(rig.base, 0, Rig.content(8, 1));
        gate.awaitArrival();
        assertThrows(IOException.class, () -> Rig.read(snap, 100, 1));
        assertThrows(IOException.class, () -> Rig.write(snap, 100, Rig.content(1, 1)));
        var second = write(rig.base, 400, Rig.content(8, 1)).awaitWaiting();
        assertFalse(rig.base.tryWrite(400 * SECTOR, ByteBuffer.wrap(Rig.content(8, 1))));
        assertArrayEquals(Rig.numbered(0, SECTORS), onDisk(0, SECTORS));
        gate.open();
        first.get();
        second.get();
        assertEquals(1, rig.said.size());
    }

    /// Goal: a read that is overtaken by invalidation and overwrite fails; it never returns the new content.
    @Test
    void aReadOvertakenByAnInvalidationFails() throws Exception {
        var gate = origin.holdBefore(each -> each.is(Kind.READ) && each.lengthBytes() == SECTOR);
        var reader = read(snap, 83, 1);
        gate.awaitArrival();
        faulty.failAll();
        Rig.write(rig.base, 80, Rig.content(8, 1));
        gate.open();
        reader.assertFails();
    }

    @Test
    void tryReadLooksAgainAsWell() throws Exception {
        var gate = origin.holdAfter(each -> each.is(Kind.READ) && each.lengthBytes() == SECTOR);
        assertFalse(snap.tryRead(83 * SECTOR, ByteBuffer.allocate(SECTOR)), "it would wait");
        gate.open();
        var overtaken = new OvertakenDevice(disk);
        var other = new Rig(overtaken);
        var late = other.snapshot(Rig.freshCow(1024), "P 8");
        overtaken.overtake(() -> Rig.write(other.base, 160, Rig.content(8, 1)));
        var target = ByteBuffer.allocate(SECTOR);
        assertFalse(late.tryRead(163 * SECTOR, target));
        assertEquals(0, target.position());
        assertTrue(late.tryRead(163 * SECTOR, target));
        assertArrayEquals(Rig.numbered(163, 1), target.array());
    }

    /// Goal: the committer's failure does not leave anybody waiting.
    @Test
    void aFailedCommitReleasesEverybody() throws Exception {
        var gate = cow.holdBefore(each -> each.is(Kind.FLUSH));
        var writers = new ArrayList<Request<Boolean>>();
        writers.add(write(rig.base, 0, Rig.content(1, 0)));
        gate.awaitArrival();
        for (int i = 1; i <= 8; i++) {
            writers.add(write(rig.base, i * 16L, Rig.content(1, i)).awaitWaiting());
        }
        var joined = write(snap, 3, Rig.content(1, 9)).awaitWaiting();
        faulty.failWhen(each -> each.is(Kind.FLUSH));
        gate.open();
        for (var writer : writers) {
            writer.get();
        }
        joined.assertFails();
        assertEquals("Invalid", snap.status());
        assertEquals(1, rig.said.size());
    }

    /// Goal: the narrow windows that no device stands in. A snapshot write that found its chunk on the origin is overtaken by
    /// the whole copy before it asks for it, and the reverse. Method: both at once, on one chunk after the other.
    @Test
    void anOriginWriteAndASnapshotWriteOfOneChunkAtOnce() throws Exception {
        int rounds = Integer.getInteger("cowherd.race.rounds", 5_000);
        var plain = Rig.ofSectors(rounds * 2L);
        var other = plain.snapshot(Rig.freshCow(rounds * 2L + 4096), "P 2");
        var barrier = new java.util.concurrent.atomic.AtomicInteger();
        var writer =
                new Request<>(
                        () -> {
                            for (int round = 0; round < rounds; round++) {
                                meet(barrier, 2 * round + 2);
                                Rig.write(other, round * 2L + 1, Rig.content(1, round));
                            }
                            return true;
                        });
        for (int round = 0; round < rounds; round++) {
            meet(barrier, 2 * round + 2);
            Rig.write(plain.base, round * 2L, Rig.content(2, 1));
        }
        writer.get();
        byte[] found = Rig.all(other);
        for (int round = 0; round < rounds; round++) {
            byte[] expected = Rig.numbered(round * 2L, 2);
            System.arraycopy(Rig.content(1, round), 0, expected, SECTOR, SECTOR);
            byte[] chunk =
                    java.util.Arrays.copyOfRange(
                            found, round * 2 * SECTOR, (round * 2 + 2) * SECTOR);
            assertArrayEquals(expected, chunk, "chunk " + round);
        }
        ((SnapshotTarget) other).audit();
    }

    /// Waits until both have come. Spins, because a thread that is woken comes too late; gives way where there is but one
    /// processor to spare, and gives up when the other has gone.
    private static void meet(java.util.concurrent.atomic.AtomicInteger barrier, int both) {
        barrier.incrementAndGet();
        for (int spins = 0; barrier.get() < both; spins++) {
            if (spins < 1000) {
                Thread.onSpinWait();
            } else if (spins < 1_000_000) {
                java.util.concurrent.locks.LockSupport.parkNanos(1);
            } else {
                throw new AssertionError("the other thread has gone");
            }
        }
    }
}
