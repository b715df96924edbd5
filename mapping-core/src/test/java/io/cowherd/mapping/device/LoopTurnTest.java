package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class LoopTurnTest {
    private static final Path FILE = Path.of("/data/origin.img");
    private static final Path OTHER = Path.of("/other/origin.img");
    private static final long STORAGE = 7;
    private static final long OTHER_STORAGE = 8;

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1000); // a clock may wrap
    private final AtomicLong step = new AtomicLong();
    private final LoopTurn turn = new LoopTurn(() -> now.getAndAdd(step.get()));

    private void enter(Path file, long storage) {
        assertTrue(turn.tryEnter(file, storage));
    }

    private void enterAndLeave(Path file, long storage) {
        enter(file, storage);
        turn.leave(false);
    }

    @Test
    void oneAtATimeWhateverTheStorage() {
        enter(FILE, STORAGE);
        step.set(1); // so that waiting comes to an end
        assertFalse(turn.tryEnter(FILE, STORAGE));
        assertFalse(turn.tryEnter(OTHER, OTHER_STORAGE));
        turn.leave(false);
        enterAndLeave(OTHER, OTHER_STORAGE);
    }

    /// Goal: a loop waits for a short write, never for one that lasts. Method: count how often the clock is read.
    @Test
    void nobodyWaitsForAWriteThatLasts() {
        enter(FILE, STORAGE);
        step.set(1);
        long before = now.get();
        assertFalse(turn.tryEnter(OTHER, OTHER_STORAGE));
        long waited = now.get() - before;
        now.addAndGet(LoopTurn.SPIN_NANOS);
        before = now.get();
        assertFalse(turn.tryEnter(OTHER, OTHER_STORAGE));
        assertEquals(2, now.get() - before);
        assertTrue(waited >= LoopTurn.SPIN_NANOS && waited <= LoopTurn.SPIN_NANOS + 3);
    }

    @Test
    void storageThatHasStalledRestsAndNoOther() {
        enter(FILE, STORAGE);
        long nanos = LoopTurn.STALL_NANOS + 1;
        now.addAndGet(nanos);
        turn.leave(true);
        assertFalse(turn.tryEnter(FILE, STORAGE));
        enterAndLeave(OTHER, OTHER_STORAGE);
        now.addAndGet(LoopTurn.REST_FACTOR * nanos - 1);
        assertFalse(turn.tryEnter(FILE, STORAGE));
        now.incrementAndGet();
        enterAndLeave(FILE, STORAGE);
        enterAndLeave(FILE, STORAGE);
    }

    @Test
    void aStallIsTold() {
        enter(FILE, STORAGE);
        now.addAndGet(LoopTurn.STALL_NANOS);
        assertNull(turn.presentStall());
        now.incrementAndGet();
        var stall = Objects.requireNonNull(turn.presentStall());
        assertEquals(FILE, stall.file());
        assertEquals(Thread.currentThread(), stall.thread());
        assertEquals(LoopTurn.STALL_NANOS + 1, stall.nanos());
        turn.leave(true);
        assertNull(turn.presentStall());
    }

    @Test
    void aTurnIsLeftOnce() {
        enter(FILE, STORAGE);
        turn.leave(false);
        assertThrows(AssertionError.class, () -> turn.leave(false));
    }
}
