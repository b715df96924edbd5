package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class AllocationMapTest {
    private static final long GRANULE = AllocationMap.GRANULE_BYTES;

    /// Against a plain set of bits, with ranges that cross words.
    @Test
    void itRemembersWhatItLearned() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        int granules = 1000;
        var map = new AllocationMap(granules * GRANULE);
        var model = new BitSet(granules);
        for (int i = 0; i < 20_000; i++) {
            int first = random.nextInt(granules);
            int count = 1 + random.nextInt(Math.min(200, granules - first));
            long offset = first * GRANULE + random.nextInt((int) GRANULE);
            long end = (first + count - 1) * GRANULE + GRANULE / 2;
            switch (random.nextInt(4)) {
                case 0 -> {
                    map.forget(offset, Math.max(1, end - offset));
                    model.clear(first, first + count);
                }
                case 1 -> {
                    // The last granule is in the range only in part.
                    map.learn(first * GRANULE, count * GRANULE - 1);
                    model.set(first, first + count - 1);
                }
                default ->
                        assertEquals(
                                model.nextClearBit(first) >= first + count,
                                map.covers(offset, Math.max(1, end - offset)),
                                "seed " + seed);
            }
        }
    }

    @Test
    void beyondTheFileNothingIsKnownUntilItGrows() {
        var map = new AllocationMap(GRANULE);
        map.learn(0, 501 * GRANULE);
        assertFalse(map.covers(500 * GRANULE, 1));
        map.forget(0, 1000 * GRANULE);
        map.learn(0, GRANULE);
        map.grow(501 * GRANULE);
        assertFalse(map.covers(500 * GRANULE, 1));
        map.learn(500 * GRANULE, GRANULE);
        assertTrue(map.covers(500 * GRANULE, GRANULE));
        assertTrue(map.covers(0, GRANULE));
    }
}
