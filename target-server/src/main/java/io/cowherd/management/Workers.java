package io.cowherd.management;

import io.cowherd.config.ManagementLimits;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/// Where endpoints work: a few threads that may block, and a bounded number of calls that wait for them.
///
/// **Threading.** *Thread-safe*: one atomic count; once closed it only falls.
final class Workers {
    private static final int CLOSED = 1 << 30;

    // Immutable
    private final WorkerExecutor executor;
    private final int most;
    private final Promise<Void> idle = Promise.promise();

    /// Calls that are at work or wait, plus [#CLOSED] once no more are taken.
    private final AtomicInteger calls = new AtomicInteger();

    /// @param name of the threads
    Workers(Vertx vertx, String name, ManagementLimits limits) {
        this.executor = vertx.createSharedWorkerExecutor(name, limits.operationThreads());
        this.most = limits.operations();
    }

    /// Runs the work on a worker thread; the future completes on the caller's event loop. Fails with
    /// [RequestRefusedException] when too much is waiting already, or the server is stopping.
    Future<Reply> submit(Callable<Reply> work) {
        if (calls.incrementAndGet() > most) {
            String why =
                    calls.get() >= CLOSED
                            ? "The server is stopping."
                            : "Too many requests are at work.";
            release();
            return Future.failedFuture(
                    new RequestRefusedException(
                            Problem.unavailable(why, "Try again in a moment.")));
        }
        return executor.executeBlocking(work, false)
                .<Reply>map(Objects::requireNonNull)
                .onComplete(_ -> release());
    }

    private void release() {
        if (calls.decrementAndGet() == CLOSED) {
            idle.tryComplete();
        }
    }

    /// Takes no more calls; completes when the last has been answered.
    Future<Void> drain() {
        if (calls.getAndUpdate(n -> n >= CLOSED ? n : n + CLOSED) == 0) {
            idle.tryComplete();
        }
        return idle.future();
    }

    Future<Void> close() {
        return executor.close();
    }
}
