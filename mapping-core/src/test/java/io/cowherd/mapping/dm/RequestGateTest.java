package io.cowherd.mapping.dm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RequestGateTest {
    private static final int THREADS = 3;
    private static final int ROUNDS = 20_000;

    private final RequestGate gate = new RequestGate();

    @Test
    void aTicketCanBeGivenBackByAnotherThread() throws Exception {
        int ticket = gate.tryEnter();
        gate.shut();
        assertEquals(RequestGate.SHUT, gate.tryEnter());
        assertFalse(gate.awaitIdle(0));
        assertEquals(1, gate.inFlight());
        Thread.ofPlatform().start(() -> gate.leave(ticket)).join();
        assertTrue(gate.awaitIdle(0));
    }

    /// Goal: a request that comes at the moment of shutting turns back, or is waited for. Method: the gate shuts between the
    /// two steps of entering.
    @Test
    void whoComesWhileItShutsIsNotOverlooked() throws Exception {
        var saidIdle = new AtomicBoolean();
        var shutting =
                new RequestGate() {
                    @Override
                    void betweenCountAndLook() {
                        shut();
                        try {
                            saidIdle.set(awaitIdle(0));
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                    }
                };
        boolean entered = shutting.tryEnter() != RequestGate.SHUT;
        assertFalse(entered && saidIdle.get());
        assertEquals(entered ? 1 : 0, shutting.inFlight());
    }

    /// Goal: once idle, nobody is in; and the waiter is always woken. Method: those who are in count themselves by another
    /// way, and the one who has shut the gate looks at that count.
    @Test
    void whenItIsIdleNobodyIsIn() throws Exception {
        var inside = new AtomicInteger();
        var isOver = new AtomicBoolean();
        try (var pool = Executors.newFixedThreadPool(THREADS)) {
            var running = new ArrayList<Future<Void>>();
            for (int i = 0; i < THREADS; i++) {
                running.add(pool.submit(() -> passUntil(isOver, inside)));
            }
            try {
                for (int i = 0; i < ROUNDS; i++) {
                    gate.shut();
                    assertTrue(gate.awaitIdle(Long.MAX_VALUE));
                    for (int look = 0; look < 20; look++) {
                        assertEquals(0, inside.get(), "round " + i);
                    }
                    gate.open();
                }
            } finally {
                gate.open();
                isOver.set(true);
            }
            for (var one : running) {
                one.get();
            }
        }
    }

    private Void passUntil(AtomicBoolean isOver, AtomicInteger inside) throws InterruptedException {
        for (int i = 0; !isOver.get(); i++) {
            int ticket = gate.tryEnter();
            if (ticket == RequestGate.SHUT) {
                if (i % 100 == 0) {
                    gate.awaitOpen();
                }
                continue; // mostly without sleep, to be at the gate when it opens and shuts
            }
            inside.getAndIncrement();
            if (i % 1000 == 0) {
                LockSupport.parkNanos(1); // lets the others in between
            }
            inside.getAndDecrement();
            gate.leave(ticket);
        }
        return null;
    }
}
