package io.cowherd.mapping.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExceptionTableTest {
    private static final long SEED = Long.getLong("cowherd.seed", new Random().nextLong());

    private final ExceptionTable table = new ExceptionTable();

    @Test
    void findsNothingInAnEmptyTable() {
        assertEquals(ExceptionTable.ABSENT, table.lookup(0));
        assertEquals(ExceptionTable.ABSENT, table.lookup(Long.MAX_VALUE));
        assertEquals(0, table.size());
    }

    @Test
    void keepsTheFirstChunkAndStoreChunkZero() {
        table.insert(0, 0); // the transient store starts at chunk 0: spec vector 61
        assertEquals(0, table.lookup(0));
        assertEquals(ExceptionTable.ABSENT, table.lookup(1));
    }

    @Test
    void aChunkLeavesTheOriginOnce() {
        table.insert(7, 2);
        assertThrows(AssertionError.class, () -> table.insert(7, 3));
        assertEquals(2, table.lookup(7));
        assertEquals(1, table.size());
    }

    @Test
    void keepsTheLargestNumbers() {
        table.insert(Long.MAX_VALUE, ExceptionTable.MAX_STORE_CHUNK);
        table.insert(Long.MAX_VALUE - 1, ExceptionTable.MAX_STORE_CHUNK - 1);
        assertEquals(ExceptionTable.MAX_STORE_CHUNK, table.lookup(Long.MAX_VALUE));
        assertEquals(ExceptionTable.MAX_STORE_CHUNK - 1, table.lookup(Long.MAX_VALUE - 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> table.insert(1, ExceptionTable.MAX_STORE_CHUNK + 1));
    }

    /// **Method**: random inserts and removes beside a `HashMap`, over ranges from dense to sparse.
    @ParameterizedTest
    @ValueSource(longs = {64, 5_000, 1L << 20, Long.MAX_VALUE})
    void agreesWithAMap(long range) {
        System.out.println("seed " + SEED);
        var random = new Random(SEED);
        Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            long originChunk = random.nextLong(range);
            if (model.remove(originChunk) == null) {
                long storeChunk = random.nextLong(1L << random.nextInt(1, 56));
                model.put(originChunk, storeChunk);
                table.insert(originChunk, storeChunk);
            } else {
                table.remove(originChunk);
            }
            long probe = random.nextLong(range);
            assertEquals(model.getOrDefault(probe, ExceptionTable.ABSENT), table.lookup(probe));
        }
        assertEquals(model.size(), table.size());
        Map<Long, Long> seen = new HashMap<>();
        table.forEach(seen::put);
        assertEquals(model, seen);
    }

    @Test
    void costsAtMostTwelveBytesPerExceptionWhenFilledDenselyInAnyOrder() {
        int count = 200_000;
        List<Long> chunks = new ArrayList<>();
        for (long chunk = 0; chunk < count; chunk++) {
            chunks.add(chunk);
        }
        Collections.shuffle(chunks, new Random(SEED));
        long storeChunk = (1L << 40); // five bytes, the width of a store of petabytes
        for (long chunk : chunks) {
            table.insert(chunk, storeChunk++);
        }
        double each = (double) table.memoryBytes() / count;
        assertTrue(each <= 12, each + " bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 8})
    void costsAtMostThirtyTwoBytesPerExceptionHoweverSparse(int perGroup) {
        long storeChunk = 1L << 40;
        int groups = 0;
        for (; groups < 50_000; groups++) {
            for (int i = 0; i < perGroup; i++) {
                table.insert(groups * 16_000_000L + i, storeChunk++);
            }
            if (groups > 1_000) {
                double each = (double) table.memoryBytes() / table.size();
                assertTrue(each <= 32, each + " bytes at " + table.size());
            }
        }
    }

    /// **Goal**: a lookup that starts after an insert has returned sees it; none ever sees another's store chunk.
    /// **Method**: one writer publishes how far it has come; readers check everything up to there, and that what lies
    /// beyond is absent or right.
    @Test
    void lookupsDuringInsertsSeeAllThatWasInsertedBefore() throws Exception {
        long count = 300_000;
        long stride =
                0x9E3779B1L; // visits every residue of 2^30: neighbours come far apart in time
        long mask = (1L << 30) - 1;
        var inserted = new AtomicLong();
        Callable<Long> reader =
                () -> {
                    var random = new Random(SEED);
                    long checked = 0;
                    while (inserted.get() < count) {
                        long before = inserted.get();
                        long i = random.nextLong(count);
                        long found = table.lookup((i * stride) & mask);
                        boolean mayBeAbsent = i >= before;
                        if (found != i && !(mayBeAbsent && found == ExceptionTable.ABSENT)) {
                            throw new AssertionError(
                                    "chunk " + i + " of " + before + " gave " + found + ", seed "
                                            + SEED);
                        }
                        checked++;
                    }
                    return checked;
                };
        try (var pool = Executors.newFixedThreadPool(2)) {
            var readers = List.of(pool.submit(reader), pool.submit(reader));
            for (long i = 0; i < count; i++) {
                table.insert((i * stride) & mask, i);
                inserted.set(i + 1);
            }
            for (var each : readers) {
                assertTrue(each.get() > 0);
            }
        }
    }

    /// **Goal**: a chunk that has no exception never gets that of another, which arrives at the very slot where the lookup has
    /// ended. **Method**: tables that stay small, so that this is likely; readers ask for groups that never come, at the
    /// one index that is ever used.
    @Test
    void aLookupThatEndsAtAFreeSlotNeverSeesWhoComesThere() throws Exception {
        int rounds = 30_000;
        int groups = 50;
        var shared = new AtomicReference<>(new ExceptionTable());
        var isOver = new AtomicBoolean();
        Callable<Long> reader =
                () -> {
                    long strange = 0;
                    for (long i = 1; !isOver.get(); i += 2) {
                        if (shared.get().lookup((i % 4000) << 4) != ExceptionTable.ABSENT) {
                            strange++;
                        }
                    }
                    return strange;
                };
        try (var pool = Executors.newFixedThreadPool(2)) {
            var readers = List.of(pool.submit(reader), pool.submit(reader));
            var random = new Random(SEED);
            for (int round = 0; round < rounds; round++) {
                var fresh = new ExceptionTable();
                shared.set(fresh);
                int start = 2 * random.nextInt(1000);
                for (int i = 0; i < groups; i++) {
                    fresh.insert((start + 2L * i) << 4, 7);
                }
            }
            isOver.set(true);
            for (var each : readers) {
                assertEquals(0, each.get(), "wrong answers, seed " + SEED);
            }
        }
    }
}
