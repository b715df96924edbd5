package io.cowherd.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.drill.DrillReport.Kind;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StallMeterTest {
    private final StallMeter meter = new StallMeter(2, 100);

    @Test
    void aStallIsWhatLiesBetweenTwoAcknowledgements() {
        meter.acknowledged(0, 110);
        meter.open();
        meter.acknowledged(1, 150); // worker 1 since 100, all since 110
        meter.acknowledged(0, 160);
        meter.acknowledged(0, 190);
        StallMeter.Stalls stalls = meter.close(200);
        assertEquals(40, stalls.ofAllNanos());
        assertEquals(List.of(50L, 50L), stalls.nanos());
        assertEquals(3, stalls.acknowledged());
    }

    @Test
    void aStallThatHasNotEndedCounts() {
        meter.open();
        meter.acknowledged(0, 110);
        StallMeter.Stalls stalls = meter.close(1000);
        assertEquals(890, stalls.ofAllNanos());
        assertEquals(List.of(890L, 900L), stalls.nanos());
    }

    @Test
    void aWindowForgetsTheOneBefore() {
        meter.acknowledged(0, 1000);
        meter.acknowledged(1, 1000);
        meter.open();
        meter.acknowledged(0, 1001);
        meter.acknowledged(1, 1002);
        assertEquals(1, meter.close(1002).ofAllNanos());
    }

    @Test
    void nobodyWaitsForWhoHasEnded() throws InterruptedException {
        assertFalse(meter.awaitEveryone(Duration.ZERO));
        meter.ended(0);
        meter.ended(1);
        assertTrue(meter.awaitEveryone(Duration.ZERO));
    }

    @Test
    void percentilesAreRanks() {
        List<Double> stalls = IntStream.rangeClosed(1, 200).mapToObj(i -> (double) i).toList();
        var event = new DrillReport.Event(Kind.MOVE, "", "a", "b", 0, 0, stalls, 1);
        assertEquals(
                new DrillReport.Stalls(Kind.MOVE, 1, 100, 198, 200),
                DrillReport.Stalls.of(Kind.MOVE, List.of(event)));
        var single = new DrillReport.Event(Kind.KILL, "", "a", "b", 0, 0, List.of(7.0), 1);
        assertEquals(
                new DrillReport.Stalls(Kind.KILL, 1, 7, 7, 7),
                DrillReport.Stalls.of(Kind.KILL, List.of(event, single)));
    }
}
