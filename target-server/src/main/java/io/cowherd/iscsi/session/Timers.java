package io.cowherd.iscsi.session;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/// Runs work later, on an event loop. Tests put a clock of their own in its place.
///
/// **Threading.** *Thread-safe: immutable.*
@FunctionalInterface
public interface Timers {
    /// Something that is going to happen.
    @FunctionalInterface
    interface Timer {
        /// Does nothing.
        Timer NONE = () -> {};

        /// Makes it not happen; no effect if it has.
        void cancel();
    }

    /// Runs `work` on `loop` after `delayMillis`.
    Timer after(Executor loop, long delayMillis, Runnable work);

    /// The event loops' own timers.
    static Timers ofEventLoops() {
        return (loop, delayMillis, work) -> {
            Future<?> scheduled =
                    ((EventExecutor) loop).schedule(work, delayMillis, TimeUnit.MILLISECONDS);
            return () -> scheduled.cancel(false);
        };
    }
}
