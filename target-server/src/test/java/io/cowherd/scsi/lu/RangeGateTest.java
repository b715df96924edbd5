package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RangeGateTest {
    private final RangeGate gate = new RangeGate();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void theFastDoorIsOpenUntilSomebodyNeedsARange() {
        assertTrue(gate.tryEnter());
        gate.leave();
        RangeGate.Claim claim = gate.claim(RangeGate.Kind.EXCLUSIVE, 0, 10);
        assertFalse(gate.tryEnter());
        claim.close();
        assertTrue(gate.tryEnter());
        gate.leave();
    }

    @Test
    void anExclusiveClaimWaitsForWhoIsInside() throws Exception {
        assertTrue(gate.tryEnter());
        Future<RangeGate.Claim> exclusive = claimElsewhere(RangeGate.Kind.EXCLUSIVE, 0, 10);
        while (gate.tryEnter()) { // until the claim has closed the door
            gate.leave();
            Thread.onSpinWait();
        }
        assertFalse(exclusive.isDone());
        gate.leave();
        exclusive.get().close();
    }

    @Test
    void whatDoesNotOverlapDoesNotWait() throws Exception {
        try (var _ = gate.claim(RangeGate.Kind.EXCLUSIVE, 0, 10)) {
            claimElsewhere(RangeGate.Kind.EXCLUSIVE, 10, 10).get().close();
            claimElsewhere(RangeGate.Kind.SHARED, 20, 10).get().close();
        }
    }

    @Test
    void sharedClaimsOverlapEachOther() throws Exception {
        try (var _ = gate.claim(RangeGate.Kind.SHARED, 0, 10)) {
            claimElsewhere(RangeGate.Kind.SHARED, 5, 10).get().close();
        }
    }

    /// Goal: exclusive claims share their range with nobody, and nobody waits for ever. Method: threads that come in by all
    /// doors count themselves on each cell of their range, and look at the counts while they are there. Seeded.
    @Test
    void nobodySharesAnExclusiveRange() throws Exception {
        long seed = Long.getLong("cowherd.seed", 11);
        int cells = 64;
        AtomicIntegerArray shared = new AtomicIntegerArray(cells);
        AtomicIntegerArray exclusive = new AtomicIntegerArray(cells);
        CountDownLatch start = new CountDownLatch(1);
        List<Future<Integer>> workers = new ArrayList<>();
        for (int worker = 0; worker < 8; worker++) {
            Random random = new Random(seed + worker);
            Callable<Integer> work =
                    () -> {
                        start.await();
                        int violations = 0;
                        for (int i = 0; i < 20_000; i++) {
                            int from = random.nextInt(cells - 4);
                            int length = 1 + random.nextInt(4);
                            int kind = random.nextInt(20);
                            if (kind == 0) {
                                try (var _ = gate.claim(RangeGate.Kind.EXCLUSIVE, from, length)) {
                                    violations += visit(exclusive, shared, from, length, 1);
                                }
                            } else if (kind > 1 && gate.tryEnter()) {
                                violations +=
                                        visit(shared, exclusive, from, length, Integer.MAX_VALUE);
                                gate.leave();
                            } else {
                                try (var _ = gate.claim(RangeGate.Kind.SHARED, from, length)) {
                                    violations +=
                                            visit(
                                                    shared,
                                                    exclusive,
                                                    from,
                                                    length,
                                                    Integer.MAX_VALUE);
                                }
                            }
                        }
                        return violations;
                    };
            workers.add(threads.submit(work));
        }
        start.countDown();
        int violations = 0;
        for (Future<Integer> worker : workers) {
            violations += worker.get(50, TimeUnit.SECONDS);
        }
        assertEquals(0, violations, "seed " + seed);
    }

    @Test
    void whatIsReadForACopyStandsStillAndMayBeReadByOthers() throws Exception {
        Future<RangeGate.Claim> write;
        Future<RangeGate.Claim> read;
        try (var _ = RangeGate.claimForCopy(gate, 0, gate, 20, 10)) {
            assertFalse(gate.tryEnter());
            claimElsewhere(RangeGate.Kind.READING, 5, 10).get().close();
            claimElsewhere(RangeGate.Kind.SHARED, 10, 10).get().close();
            write = claimElsewhere(RangeGate.Kind.SHARED, 9, 1);
            read = claimElsewhere(RangeGate.Kind.READING, 29, 1);
            while (gate.claimCount() < 3) {
                Thread.onSpinWait();
            }
            assertFalse(write.isDone() || read.isDone());
        }
        write.get().close();
        read.get().close();
    }

    /// Goal: two copies do not write one place at once, nor is read what another copy is writing. Method: a copy holds its claim,
    /// in one gate and across two; then others that read elsewhere come to where it writes.
    @Test
    void whereACopyWritesThereIsNoOther() throws Exception {
        var second = new RangeGate();
        for (RangeGate source : List.of(gate, second)) {
            List<Thread> others;
            try (var _ = RangeGate.claimForCopy(source, 0, gate, 100, 10)) {
                others =
                        List.of(
                                copyElsewhere(source, 20, gate, 109),
                                copyElsewhere(gate, 109, second, 200));
                for (Thread other : others) {
                    while (other.getState() == Thread.State.RUNNABLE) {
                        Thread.onSpinWait();
                    }
                    assertEquals(Thread.State.WAITING, other.getState());
                }
            }
            for (Thread other : others) {
                other.join();
            }
        }
    }

    private static Thread copyElsewhere(
            RangeGate source, long from, RangeGate destination, long to) {
        return Thread.ofPlatform()
                .start(() -> RangeGate.claimForCopy(source, from, destination, to, 10).close());
    }

    /// Goal: copies to and fro do not wait for each other for ever. Method: pairs of claims in two gates, and of two ranges in one.
    @Test
    void oppositeCopiesDoNotMeetInACircle() throws Exception {
        long seed = Long.getLong("cowherd.seed", 13);
        RangeGate[] gates = {gate, new RangeGate()};
        List<Future<Integer>> workers = new ArrayList<>();
        for (int worker = 0; worker < 6; worker++) {
            Random random = new Random(seed + worker);
            workers.add(
                    threads.submit(
                            () -> {
                                int granted = 0;
                                for (int i = 0; i < 10_000; i++) {
                                    RangeGate from = gates[random.nextInt(2)];
                                    RangeGate to = gates[random.nextInt(2)];
                                    int length = 1 + random.nextInt(20);
                                    try (var _ =
                                            RangeGate.claimForCopy(
                                                    from,
                                                    random.nextInt(40),
                                                    to,
                                                    random.nextInt(40),
                                                    length)) {
                                        granted++;
                                    }
                                }
                                return granted;
                            }));
        }
        for (Future<Integer> worker : workers) {
            assertEquals(10_000, worker.get(50, TimeUnit.SECONDS), "seed " + seed);
        }
    }

    private static int visit(
            AtomicIntegerArray mine, AtomicIntegerArray others, int from, int length, int most) {
        int violations = 0;
        for (int cell = from; cell < from + length; cell++) {
            violations += mine.incrementAndGet(cell) > most ? 1 : 0;
        }
        for (int cell = from; cell < from + length; cell++) {
            violations += others.get(cell) != 0 ? 1 : 0;
        }
        for (int cell = from; cell < from + length; cell++) {
            mine.decrementAndGet(cell);
        }
        return violations;
    }

    private Future<RangeGate.Claim> claimElsewhere(RangeGate.Kind kind, long offset, long length) {
        return threads.submit(() -> gate.claim(kind, offset, length));
    }
}
