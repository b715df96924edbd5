package io.cowherd.iscsi.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.Limits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What counts as a sign of life. Time passes when the test says so: one tick is one interval.
final class KeepAliveTest {
    private static final String DEAD = "no answer to a NOP-In within 15000 ms";

    private final List<Runnable> due = new ArrayList<>();
    private final List<String> said = new ArrayList<>();
    private long unsentBytes;
    private boolean writesMove = true;
    private final KeepAlive keepAlive =
            new KeepAlive(
                    Limits.DEFAULTS,
                    (_, _, work) -> {
                        due.add(work);
                        return () -> due.remove(work);
                    },
                    Runnable::run,
                    () -> said.add("ping"),
                    () -> unsentBytes,
                    () -> writesMove,
                    said::add);

    private void tick() {
        due.removeFirst().run();
    }

    @Test
    void silenceIsPingedOnceAndThenTheEnd() {
        keepAlive.start();
        tick();
        assertEquals(List.of("ping"), said);
        tick();
        assertEquals(List.of("ping", DEAD), said);
        assertEquals(List.of(), due, "nothing is scheduled any more");
    }

    @Test
    void anyPduIsASignOfLife() {
        keepAlive.start();
        keepAlive.heard();
        tick();
        assertEquals(List.of(), said);
        tick();
        keepAlive.heard(); // the answer
        tick();
        tick();
        assertEquals(List.of("ping", "ping"), said);
    }

    /// A host that is busy taking a long answer may have nothing to say for longer than that.
    @Test
    void bytesThatItTakesAreASignOfLife() {
        keepAlive.start();
        unsentBytes = 1000;
        tick();
        unsentBytes = 900;
        tick();
        unsentBytes = 800;
        tick();
        assertEquals(List.of("ping"), said);
        tick();
        assertEquals(List.of("ping", "ping"), said, "it has stopped");
        tick();
        assertEquals(List.of("ping", "ping", DEAD), said);
    }

    @Test
    void aWriteThatWaitsForItsDataIsTheEndWhateverElseIsHeard() {
        keepAlive.start();
        keepAlive.heard();
        writesMove = false;
        tick();
        assertEquals(List.of("a write has waited for its data for 15000 ms"), said);
    }

    @Test
    void stopsWhenTold() {
        keepAlive.start();
        keepAlive.stop();
        assertEquals(List.of(), due);
    }
}
