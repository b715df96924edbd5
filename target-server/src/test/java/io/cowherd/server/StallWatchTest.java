package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.LoopTurn.Stall;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class StallWatchTest {
    private final AtomicReference<@Nullable Stall> present = new AtomicReference<>();
    private final List<String> warnings = new ArrayList<>();
    private final List<String> information = new ArrayList<>();
    private final StallWatch watch = new StallWatch(present::get, warnings::add, information::add);

    private void look(@Nullable Stall stall) {
        present.set(stall);
        watch.look();
    }

    private static Stall stall(long sinceSeconds, long millis) {
        return new Stall(
                Path.of("/data/g/origin.img"),
                Thread.currentThread(),
                TimeUnit.MILLISECONDS.toNanos(millis),
                TimeUnit.SECONDS.toNanos(sinceSeconds));
    }

    @Test
    void eachStallIsToldOnce() {
        look(null);
        look(stall(5, 999));
        assertEquals(List.of(), warnings);
        look(stall(5, 1000));
        look(stall(5, 1500));
        assertEquals(1, warnings.size());
        assertTrue(warnings.getFirst().contains("/data/g/origin.img has been going on for 1.0 s"));
        assertEquals(List.of(), information);
        look(null);
        look(null);
        assertEquals(
                List.of("the write to /data/g/origin.img is over, after 1.5 s or a little more"),
                information);
        assertEquals(1, warnings.size());
    }

    @Test
    void oneAfterTheOther() {
        look(stall(5, 2000));
        look(stall(7, 1200));
        assertEquals(2, warnings.size());
        assertEquals(1, information.size());
    }

    @Test
    void aShortOneIsNotWorthTelling() {
        look(stall(5, 300));
        look(null);
        assertEquals(List.of(), warnings);
        assertEquals(List.of(), information);
    }
}
