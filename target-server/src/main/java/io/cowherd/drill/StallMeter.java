package io.cowherd.drill;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// How long nothing was acknowledged: to all workers together, and to each. A stall is measured from the last acknowledgement
/// before it, so it may have begun before its window did.
///
/// **Threading.** *Thread-safe*: every method holds the lock of `this`.
final class StallMeter {
    private final int workers;
    private final long[] last;
    private final long[] longest;
    private final long[] counts;
    private long lastOfAll;
    private long longestOfAll;
    private long total;

    /// @param now nanoseconds of the drill's clock
    StallMeter(int workers, long now) {
        this.workers = workers;
        last = new long[workers];
        longest = new long[workers];
        counts = new long[workers];
        Arrays.fill(last, now);
        lastOfAll = now;
    }

    /// The stalls of a window.
    ///
    /// @param ofAllNanos longest time in which nobody had an acknowledgement
    /// @param nanos the same for each worker
    /// @param acknowledged how many there were in the window
    record Stalls(long ofAllNanos, List<Long> nanos, long acknowledged) {}

    /// A worker had something acknowledged.
    synchronized void acknowledged(int worker, long now) {
        longest[worker] = Math.max(longest[worker], now - last[worker]);
        longestOfAll = Math.max(longestOfAll, now - lastOfAll);
        last[worker] = Math.max(last[worker], now);
        lastOfAll = Math.max(lastOfAll, now);
        counts[worker]++;
        total++;
        notifyAll();
    }

    /// A worker has ended, and will have nothing acknowledged any more: nobody waits for it.
    synchronized void ended(int worker) {
        counts[worker] = Long.MAX_VALUE;
        notifyAll();
    }

    /// Begins a window.
    synchronized void open() {
        Arrays.fill(longest, 0);
        longestOfAll = 0;
        total = 0;
    }

    /// Ends the window. What has not ended counts as far as it has come.
    synchronized Stalls close(long now) {
        List<Long> nanos =
                IntStream.range(0, workers)
                        .mapToObj(i -> Math.max(longest[i], now - last[i]))
                        .toList();
        return new Stalls(Math.max(longestOfAll, now - lastOfAll), nanos, total);
    }

    /// Waits until each worker has had something acknowledged that it began after this call.
    ///
    /// @return false if that took longer than the limit
    synchronized boolean awaitEveryone(Duration limit) throws InterruptedException {
        long[] goals = new long[workers];
        for (int i = 0; i < workers; i++) {
            // the first that comes may have been under way already
            goals[i] = counts[i] > Long.MAX_VALUE - 2 ? counts[i] : counts[i] + 2;
        }
        long deadline = System.nanoTime() + limit.toNanos();
        while (isAnyBelow(goals)) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private boolean isAnyBelow(long[] goals) {
        for (int i = 0; i < workers; i++) {
            if (counts[i] < goals[i]) {
                return true;
            }
        }
        return false;
    }
}
