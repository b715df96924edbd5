package io.cowherd.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/// What strangers do costs a bounded number of lines. Minutes end when the test says so.
class RefusalLogTest {
    private final List<String> lines = new ArrayList<>();
    private final Queue<Runnable> minutes = new ArrayDeque<>();

    private void aMinutePasses() {
        minutes.remove().run();
    }

    private void delay(long millis, Runnable work) {
        assertEquals(60_000, millis);
        minutes.add(work);
    }

    @Test
    void someLinesAMinuteAndACountOfTheOthers() {
        var log = new RefusalLog(lines::add, this::delay, 2, "%d more");
        for (int i = 0; i < 28_105; i++) {
            log.say("line " + i);
        }
        assertEquals(List.of("line 0", "line 1"), lines);
        aMinutePasses();
        assertEquals(List.of("line 0", "line 1", "28103 more"), lines);
        log.say("another");
        aMinutePasses();
        assertEquals(List.of("line 0", "line 1", "28103 more", "another"), lines);
        assertEquals(0, minutes.size(), "nothing is running while nothing is said");
    }

    @Test
    void failuresToAcceptAreSaidWithTheCure() {
        var channel = new EmbeddedChannel(new AcceptFailures(this::delay, lines::add));
        for (int i = 0; i < 100; i++) {
            channel.pipeline().fireExceptionCaught(new IOException("Too many open files"));
        }
        channel.checkException(); // none has reached the end of the pipeline
        assertEquals(1, lines.size());
        assertEquals(true, lines.getFirst().contains("Too many open files. "), lines::toString);
        assertEquals(true, lines.getFirst().contains("ulimit -n"), lines::toString);
        aMinutePasses();
        assertEquals("connections could not be accepted 99 more times", lines.getLast());
    }
}
