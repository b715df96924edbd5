package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** A snapshot is of one instant: every write acknowledged before it was asked for is in it, none that began after it
/// was there is, and of the rest of each writer's writes it has a prefix.
///
/// **Method.** Each writer counts up in sectors of its own, over and over, while snapshots come and go. Its sectors in the
/// snapshot must be what some prefix of its writes leaves, and that prefix must lie between its counter before and after.
@Timeout(120)
class SnapshotInstantTest {
    private static final int WRITERS = 4;
    private static final int SECTORS = 64;
    private static final int SECTOR = 512;
    private static final int ROUNDS = 12;

    @TempDir private Path data;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong[] begun = new AtomicLong[WRITERS];
    private final AtomicLong[] done = new AtomicLong[WRITERS];
    private final Semaphore[] rounds = new Semaphore[WRITERS];

    @Test
    void aSnapshotIsOfOneInstant() throws Exception {
        try (var fixture = new PoolFixture(data);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Volume base = fixture.create("vg/base", 4 * MIB);
            List<Future<Void>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int number = writer;
                begun[number] = new AtomicLong();
                done[number] = new AtomicLong();
                rounds[number] = new Semaphore(0);
                writers.add(threads.submit((Callable<Void>) () -> count(base, number)));
            }
            try {
                for (int round = 1; round <= ROUNDS; round++) {
                    takeAndCheck(fixture, round);
                }
            } finally {
                stop.set(true);
            }
            for (Future<Void> writer : writers) {
                writer.get();
            }
        }
    }

    private Void count(Volume base, int writer) throws IOException {
        for (long n = 1; !stop.get(); n++) {
            begun[writer].set(n);
            var sector = ByteBuffer.allocate(SECTOR);
            while (sector.hasRemaining()) {
                sector.putLong(n);
            }
            base.device().write(place(writer, n), sector.flip(), WriteMode.CACHED);
            done[writer].set(n);
            if (n % SECTORS == 0) {
                rounds[writer].release();
            }
        }
        return null;
    }

    /// Writers take turns on each chunk, so that they meet in the copying.
    private static long place(int writer, long n) {
        return (n % SECTORS * WRITERS + writer) * SECTOR;
    }

    private void takeAndCheck(PoolFixture fixture, int round) throws Exception {
        awaitProgress();
        long[] before = counters(done);
        Volume snap = fixture.snapshot("vg/base", "s" + round, 4 * MIB, 4096);
        long[] after = counters(begun);
        for (int writer = 0; writer < WRITERS; writer++) {
            long last = lastIn(snap, writer);
            String run = "round " + round + ", writer " + writer + ": " + last;
            assertTrue(last >= before[writer], run + " lacks " + before[writer]);
            assertTrue(last <= after[writer], run + " has more than " + after[writer]);
        }
        if (round % 2 == 0) {
            fixture.pool().remove(snap.name(), false);
        }
    }

    /// Each writer has gone round at least once since.
    private void awaitProgress() throws InterruptedException {
        for (Semaphore round : rounds) {
            round.drainPermits();
            round.acquire();
        }
    }

    private static long[] counters(AtomicLong[] counters) {
        long[] values = new long[counters.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = counters[i].get();
        }
        return values;
    }

    /// Number of the last write of that writer in the snapshot, having checked that all before it are there.
    private static long lastIn(Volume snap, int writer) throws IOException {
        long[] found = new long[SECTORS];
        long last = 0;
        for (int i = 0; i < SECTORS; i++) {
            var sector = ByteBuffer.allocate(SECTOR);
            snap.device().read(place(writer, i), sector);
            found[i] = sector.getLong(0);
            assertEquals(found[i], sector.getLong(SECTOR - 8), "torn sector");
            last = Math.max(last, found[i]);
        }
        for (long n = Math.max(1, last - SECTORS + 1); n <= last; n++) {
            assertEquals(n, found[(int) (n % SECTORS)], "a hole before " + last);
        }
        return last;
    }
}
