package io.cowherd.mapping.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PreservedMapTest {
    private static final int UNIT = 4096;
    private static final int UNITS = 100_000;

    @Test
    void itCoversWhatWasAddedAndNothingElse() {
        long seed = Long.getLong("cowherd.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        var map = new PreservedMap((long) UNITS * UNIT, UNIT);
        var model = new BitSet();
        for (int i = 0; i < 20_000; i++) {
            int from = random.nextInt(UNITS);
            int to = Math.min(UNITS, from + random.nextInt(8));
            if (random.nextBoolean()) {
                map.add((long) from * UNIT, (long) to * UNIT);
                model.set(from, to);
            } else if (from < to) {
                long offset = (long) from * UNIT + random.nextInt(UNIT);
                long length = (long) to * UNIT - offset - random.nextInt(UNIT / 2);
                boolean expected = model.nextClearBit(from) >= to;
                if (length > (long) (to - from - 1) * UNIT) {
                    assertEquals(expected, map.covers(offset, length), "seed " + seed);
                }
            }
        }
    }

    @Test
    void rangesAreWidenedToUnits() {
        var map = new PreservedMap(1 << 20, UNIT);
        assertEquals(UNIT, map.floor(UNIT + 1));
        assertEquals(2 * UNIT, map.ceiling(UNIT + 1));
        assertEquals(UNIT, map.ceiling(UNIT));
    }

    @Test
    void aHugeOriginHasLargerUnits() {
        long size = 1L << 50;
        var map = new PreservedMap(size, 512);
        long unit = map.ceiling(1);
        assertTrue(unit > UNIT, "units of " + unit);
        map.add(size - unit, size);
        assertTrue(map.covers(size - 1, 1));
        assertFalse(map.covers(size - unit - 1, 2));
    }

    @Test
    void whatLiesBeyondTheEndIsNotPreserved() {
        var map = new PreservedMap(1 << 20, UNIT);
        map.add(0, 1L << 40);
        assertTrue(map.covers(0, 1 << 20));
        assertFalse(map.covers(1L << 39, 1));
    }
}
