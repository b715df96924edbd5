package io.cowherd.scsi.target;

import io.cowherd.config.Limits;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads for I/O that may block. Platform threads, never interrupted: an interrupt would close the files they read.
///
/// Each logical unit has a [Lane] that uses at most half of the threads, so that one whose storage hangs does not take the
/// others with it. What waits is counted over all lanes and bounded; what does not fit is refused.
///
/// **Threading.** *Thread-safe: an executor, counters, and one lock per lane that is never held while a job runs.*
public final class IoPool implements AutoCloseable {
    // Immutable
    private final ExecutorService threads;
    private final int laneThreads;
    private final int maxWaiting;

    // Any thread
    private final AtomicInteger waiting = new AtomicInteger();
    private final Object idle = new Object();
    private int unfinished; // guarded by idle
    private boolean closed; // guarded by idle

    /// Starts no thread before there is work for it.
    ///
    /// @param limits [Limits#ioThreads()] and [Limits#ioQueue()] are used
    public IoPool(Limits limits) {
        this.laneThreads = Math.max(1, limits.ioThreads() / 2);
        this.maxWaiting = limits.ioQueue();
        AtomicInteger number = new AtomicInteger();
        ThreadFactory named =
                job -> {
                    Thread thread = new Thread(job, "cowherd-io-" + number.incrementAndGet());
                    thread.setDaemon(true); // a hung device must not keep the process from ending
                    return thread;
                };
        this.threads = Executors.newFixedThreadPool(limits.ioThreads(), named);
    }

    /// A new lane.
    Lane lane() {
        return new Lane();
    }

    /// The way of one logical unit's jobs to the threads, in order of arrival.
    final class Lane {
        // Guarded by this
        private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
        private int running;

        /// Takes a job in, or returns false: too many wait, or the pool is closed.
        ///
        /// @param job must not throw
        boolean tryExecute(Runnable job) {
            if (!tryCountIn()) {
                return false;
            }
            synchronized (this) {
                if (running == laneThreads) {
                    queue.add(job);
                    return true;
                }
                running++;
            }
            threads.execute(() -> run(job));
            return true;
        }

        private void run(Runnable job) {
            waiting.decrementAndGet();
            try {
                job.run();
            } finally {
                Runnable next;
                synchronized (this) {
                    next = queue.poll();
                    if (next == null) {
                        running--;
                    }
                }
                if (next != null) {
                    threads.execute(() -> run(next)); // behind the other lanes' jobs
                }
                countOut();
            }
        }
    }

    private boolean tryCountIn() {
        if (waiting.incrementAndGet() > maxWaiting) {
            waiting.decrementAndGet();
            return false;
        }
        synchronized (idle) {
            if (!closed) {
                unfinished++;
                return true;
            }
        }
        waiting.decrementAndGet();
        return false;
    }

    private void countOut() {
        synchronized (idle) {
            unfinished--;
            if (unfinished == 0) {
                idle.notifyAll();
                if (closed) {
                    threads.shutdown();
                }
            }
        }
    }

    /// Refuses new jobs and waits until those taken in have ended.
    ///
    /// @return false if some had not when the time was up; their threads go on
    public boolean close(long timeoutMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        synchronized (idle) {
            closed = true;
            while (unfinished > 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                idle.wait(left);
            }
        }
        close();
        return true;
    }

    /// Refuses new jobs; those taken in go on. Does not wait: for that, see [#close(long)].
    @Override
    public void close() {
        synchronized (idle) {
            closed = true;
            if (unfinished == 0) {
                threads.shutdown();
            }
        }
    }
}
