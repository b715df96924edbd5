package io.cowherd.cluster.simulation;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;

/// Time, chance, and what happens next. The true time is nobody's clock but the judge's.
final class World {
    static final long MILLIS = 1_000_000L;
    static final long SECONDS = 1000 * MILLIS;

    /// Lines of what happened last, for a failure's message.
    private static final int KEPT_LINES = 400;

    private record Event(long at, long order, Runnable action) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(
                    Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final Deque<String> trace = new ArrayDeque<>();
    private final Random random;
    private long order;
    private long now;

    World(long seed) {
        // The first numbers of neighbouring seeds are much alike.
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 0x2545F4914F6CDD1DL);
    }

    long now() {
        return now;
    }

    void after(long delay, Runnable action) {
        events.add(new Event(now + Math.max(0, delay), order++, action));
    }

    void runUntil(long end) {
        while (!events.isEmpty() && events.element().at() <= end) {
            Event next = events.remove();
            now = next.at();
            next.action().run();
        }
        now = end;
    }

    /// From `from` (inclusive) to `to` (exclusive).
    long between(long from, long to) {
        return from + (long) (random.nextDouble() * (to - from));
    }

    int pick(int bound) {
        return random.nextInt(bound);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    void note(String line) {
        if (trace.size() == KEPT_LINES) {
            trace.removeFirst();
        }
        trace.add("%9.3f s  ".formatted(now / (double) SECONDS) + line);
    }

    String trace() {
        return String.join("\n", trace);
    }
}
