package io.cowherd.mapping.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.store.StoreUsage;
import org.junit.jupiter.api.Test;

class FillLevelTest {
    private final FillLevel level = new FillLevel(usage(1, 1000));

    private static StoreUsage usage(long allocated, long total) {
        return new StoreUsage(allocated, total, 1);
    }

    @Test
    void eachStepIsReachedOnce() {
        int[][] steps = {
            {799, 0}, {800, 80}, {801, 0}, {849, 0}, {850, 85}, {949, 90}, {999, 95}, {1000, 100}
        };
        for (int[] step : steps) {
            assertEquals(step[1], level.reached(usage(step[0], 1000)), "at " + step[0]);
        }
    }

    @Test
    void manyStepsAtOnceAreOne() {
        assertEquals(95, level.reached(usage(970, 1000)));
    }

    @Test
    void whatIsExtendedMayWarnAgain() {
        assertEquals(90, level.reached(usage(900, 1000)));
        assertEquals(0, level.reached(usage(910, 2000)), "less than half full now");
        assertEquals(80, level.reached(usage(1600, 2000)));
    }

    @Test
    void whatIsExtendedAndFillsInOneBatchWarnsAgain() {
        assertEquals(90, level.reached(usage(900, 1000)));
        assertEquals(80, level.reached(usage(1600, 2000)));
    }

    @Test
    void ofWhatWasThereAtFirstNothingIsSaid() {
        var full = new FillLevel(usage(870, 1000));
        assertEquals(0, full.reached(usage(880, 1000)));
        assertEquals(90, full.reached(usage(900, 1000)));
    }

    @Test
    void whatWasWithdrawnWarnsWhenItComesBack() {
        assertEquals(80, level.reached(usage(800, 1000)));
        assertEquals(0, level.reached(usage(790, 1000)));
        assertEquals(80, level.reached(usage(800, 1000)));
    }
}
