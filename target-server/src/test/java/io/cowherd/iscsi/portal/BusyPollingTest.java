package io.cowherd.iscsi.portal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

/// When an event loop looks again, and when it sleeps. The clock moves by what each look and each sleep is said to take.
class BusyPollingTest {
    private static final long ONE_LOOK_NANOS = 1_000;
    private static final long SOON_NANOS = BusyPolling.LOOK_NANOS / 2;
    private static final long LATE_NANOS = BusyPolling.LOOK_NANOS * 2;

    private final Semaphore permits = new Semaphore(1);
    private final Script script = new Script();
    private final BusyPolling polling = new BusyPolling(script, permits, () -> script.now);

    @Test
    void aLoopThatSleptLongSleepsAgain() {
        script.ioAfter(LATE_NANOS);
        polling.run(script);
        script.ioAfter(LATE_NANOS);
        polling.run(script);
        assertEquals(List.of("sleep", "sleep"), script.calls);
    }

    @Test
    void aLoopThatSleptShortlyLooksUntilThereIsIo() {
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        script.ioAfter(3 * ONE_LOOK_NANOS);
        assertEquals(1, polling.run(script), "handled");
        assertEquals(List.of("sleep", "look", "look", "look"), script.calls);
        assertEquals(1, permits.availablePermits());
    }

    @Test
    void aLoopThatFoundNothingSleepsAndThenNoMoreUntilItIsBusyAgain() {
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        script.calls.clear();
        script.ioAfter(BusyPolling.LOOK_NANOS + LATE_NANOS);
        assertEquals(1, polling.run(script), "handled");
        assertEquals("sleep", script.calls.removeLast());
        assertEquals(
                Collections.nCopies((int) (BusyPolling.LOOK_NANOS / ONE_LOOK_NANOS), "look"),
                script.calls);
        script.calls.clear();
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        assertEquals(List.of("sleep"), script.calls);
    }

    @Test
    void aTaskOfAnotherThreadEndsTheLooking() {
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        script.calls.clear();
        script.ioAfter(LATE_NANOS);
        script.taskAfter(2 * ONE_LOOK_NANOS);
        assertEquals(0, polling.run(script), "handled");
        assertEquals(List.of("look", "look"), script.calls);
    }

    @Test
    void aLoopWithTasksNeitherLooksForLongNorSleeps() {
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        script.calls.clear();
        script.ioAfter(LATE_NANOS);
        script.taskAfter(0);
        polling.run(script);
        assertEquals(List.of("look"), script.calls);
    }

    @Test
    void aLoopThatWasWokenWithoutIoIsNotBusy() {
        script.ioAfter(LATE_NANOS);
        script.taskAfter(SOON_NANOS);
        assertEquals(0, polling.run(script), "handled");
        script.taskAfter(LATE_NANOS);
        polling.run(script);
        assertEquals(List.of("sleep", "sleep"), script.calls);
    }

    @Test
    void aLoopWithoutAPermitSleeps() {
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        permits.acquireUninterruptibly();
        script.ioAfter(SOON_NANOS);
        polling.run(script);
        permits.release();
        script.ioAfter(ONE_LOOK_NANOS);
        polling.run(script);
        assertEquals(List.of("sleep", "sleep", "look"), script.calls);
    }

    /// A handler and its context on a clock: I/O and a task come at given times.
    private static final class Script implements IoHandler, IoHandlerContext {
        private final List<String> calls = new ArrayList<>();
        private long now = Long.MAX_VALUE - 10 * LATE_NANOS; // which overflows on the way
        private long ioAt = now;
        private long taskAt = now + 100 * LATE_NANOS;

        void ioAfter(long nanos) {
            ioAt = now + nanos;
        }

        void taskAfter(long nanos) {
            taskAt = now + nanos;
        }

        @Override
        public int run(IoHandlerContext context) {
            if (context.canBlock()) {
                calls.add("sleep");
                now = taskAt - ioAt < 0 ? taskAt : ioAt;
            } else {
                calls.add("look");
                now += ONE_LOOK_NANOS;
            }
            return now - ioAt < 0 ? 0 : 1;
        }

        @Override
        public boolean canBlock() {
            return now - taskAt < 0;
        }

        @Override
        public long delayNanos(long nowNanos) {
            return taskAt - nowNanos;
        }

        @Override
        public long deadlineNanos() {
            return taskAt;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new AssertionError("nothing is registered here");
        }

        @Override
        public void wakeup() {}

        @Override
        public boolean isCompatible(Class<? extends IoHandle> handle) {
            return true;
        }
    }
}
