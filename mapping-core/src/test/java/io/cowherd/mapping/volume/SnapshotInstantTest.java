package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** A snapshot is of one instant: every write acknowledged before it was asked for is in it, none that began after it
/// was there is, of the rest of each writer's writes it has a prefix, each of them whole, and none of this changes later.
///
/// **Method.** Each writer counts up in places of its own, over and over, each write some chunks long, while snapshots come and
/// go. Its places in the snapshot must be what some prefix of its writes leaves, and that prefix must lie between its counter
/// before and after. At the end everything is read again. The data are in memory, so that it
/// does not matter how long a sync takes.
@Timeout(120)
class SnapshotInstantTest {
    private static final int WRITERS = 3;
    private static final int PLACES = 8;
    private static final int PLACE_BYTES = 16 << 10;
    private static final int ROUNDS = 6;

    @TempDir private Path data;

    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong[] begun = new AtomicLong[WRITERS];
    private final AtomicLong[] done = new AtomicLong[WRITERS];
    private final Map<Volume, long[]> lasts = new HashMap<>();
    private final Semaphore[] rounds = new Semaphore[WRITERS];

    @Test
    void aSnapshotIsOfOneInstant() throws Exception {
        try (var fixture = new PoolFixture(data, DurableFiles.LOCAL, SnapshotInstantTest::open);
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
                    takeAndCheck(fixture, round, writers);
                }
            } finally {
                stop.set(true);
            }
            for (Future<Void> writer : writers) {
                writer.get();
            }
            for (var seen : lasts.entrySet()) {
                for (int writer = 0; writer < WRITERS; writer++) {
                    assertEquals(seen.getValue()[writer], lastIn(seen.getKey(), writer));
                }
            }
        }
    }

    private static Opened open(Path path) throws IOException {
        var file = DeviceOpener.FILES.open(path).file();
        return new Opened(file, new MemoryDevice(file.sizeBytes()));
    }

    private Void count(Volume base, int writer) throws IOException {
        for (long n = 1; !stop.get(); n++) {
            begun[writer].set(n);
            var content = ByteBuffer.allocate(PLACE_BYTES);
            while (content.hasRemaining()) {
                content.putLong(n);
            }
            base.device().write(place(writer, n), content.flip(), WriteMode.CACHED);
            done[writer].set(n);
            if (n % PLACES == 0) {
                rounds[writer].release();
            }
        }
        return null;
    }

    private static long place(int writer, long n) {
        return (n % PLACES * WRITERS + writer) * PLACE_BYTES;
    }

    private void takeAndCheck(PoolFixture fixture, int round, List<Future<Void>> writers)
            throws Exception {
        awaitProgress(writers);
        long[] before = counters(done);
        Volume snap = fixture.snapshot("vg/base", "s" + round, 0, 4096);
        long[] after = counters(begun);
        long[] found = new long[WRITERS];
        for (int writer = 0; writer < WRITERS; writer++) {
            long last = lastIn(snap, writer);
            found[writer] = last;
            String run = "round " + round + ", writer " + writer + ": " + last;
            assertTrue(last >= before[writer], run + " lacks " + before[writer]);
            assertTrue(last <= after[writer], run + " has more than " + after[writer]);
        }
        if (round % 2 == 0) {
            fixture.pool().remove(snap.name(), false);
        } else {
            lasts.put(snap, found);
        }
    }

    /// Each writer has gone round at least once since, or has failed.
    private void awaitProgress(List<Future<Void>> writers) throws Exception {
        for (int writer = 0; writer < WRITERS; writer++) {
            rounds[writer].drainPermits();
            while (!rounds[writer].tryAcquire(1, TimeUnit.SECONDS)) {
                if (writers.get(writer).isDone()) {
                    writers.get(writer).get();
                }
            }
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
        long[] found = new long[PLACES];
        long last = 0;
        for (int place = 0; place < PLACES; place++) {
            var content = ByteBuffer.allocate(PLACE_BYTES);
            snap.device().read(place(writer, place), content);
            found[place] = content.flip().getLong();
            while (content.hasRemaining()) {
                assertEquals(found[place], content.getLong(), "a torn write in " + snap);
            }
            last = Math.max(last, found[place]);
        }
        for (long n = Math.max(1, last - PLACES + 1); n <= last; n++) {
            assertEquals(n, found[(int) (n % PLACES)], "a hole before " + last);
        }
        return last;
    }
}
