package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.geometry.StoreLayout;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TakenChunksTest {
    private static final StoreLayout LAYOUT = new StoreLayout(new ChunkSize(1));
    private static final int CHUNKS = 300;

    @Test
    void aStoreInOrderLeavesNoGaps() {
        var taken = new TakenChunks(LAYOUT);
        for (long chunk = 2; chunk < CHUNKS; chunk = LAYOUT.skipArea(chunk + 1)) {
            assertEquals(chunk, taken.end());
            taken.take(chunk);
        }
        assertEquals(0, taken.gapCount());
    }

    @Test
    void anyOrderIsAsASetOfThem() {
        long seed = Long.getLong("cowherd.seed", System.nanoTime());
        var random = new SplittableRandom(seed);
        for (int round = 0; round < 50; round++) {
            var taken = new TakenChunks(LAYOUT);
            var expected = new HashSet<Long>();
            long end = 2;
            for (int i = 0; i < CHUNKS; i++) {
                long chunk = LAYOUT.skipArea(2 + random.nextInt(CHUNKS));
                assertEquals(expected.add(chunk), taken.take(chunk), "seed " + seed);
                end = Math.max(end, LAYOUT.skipArea(chunk + 1));
                assertEquals(end, taken.end(), "seed " + seed);
            }
        }
    }
}
