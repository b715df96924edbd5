package io.cowherd.mapping.snapshot;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads that lend a hand to origin writes which have to commit to several stores, so that the stores' flushes overlap.
///
/// Many writers need no help: each commits in another store, for all the others, and helpers would only cut their batches
/// short (measured: half the throughput at 8 stores and 32 writers). So a writer asks for as many as make it one
/// thread a store.
///
/// Nobody depends on them: where none is free, whoever waits commits by himself, store after store. They are daemons,
/// come when they are needed and go when they are not, and are never interrupted: a `FileChannel` would close.
///
/// **Threading.** *Thread-safe*: an executor without a queue.
final class CommitHelpers {
    /// Most threads, for all origins of a device-mapper.
    static final int MAX_THREADS = 16;

    private static final long IDLE_SECONDS = 10;

    private final AtomicInteger writers = new AtomicInteger();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(
                    0,
                    MAX_THREADS,
                    IDLE_SECONDS,
                    TimeUnit.SECONDS,
                    new SynchronousQueue<>(),
                    Thread.ofPlatform().daemon().name("commit-helper-", 1).factory());

    /// A writer that has to commit to `stores` stores comes. Returns how many helpers it may ask for.
    int enter(int stores) {
        return Math.max(0, stores / writers.incrementAndGet() - 1);
    }

    /// It goes.
    void leave() {
        writers.decrementAndGet();
    }

    /// Runs `work` beside the caller. Returns false if nobody is free: nothing has been done then.
    boolean offer(Runnable work) {
        try {
            threads.execute(work);
            return true;
        } catch (RejectedExecutionException _) {
            return false;
        }
    }
}
