package io.cowherd.scsi.target;

import io.cowherd.config.Limits;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads for I/O that may block. Platform threads, never interrupted: an interrupt would close the files they read.
///
/// Each logical unit has a [Lane], which gets a thread while it has fewer than are idle: so one whose storage hangs takes half of
/// them, a second one half of the rest. The last quarter is for lanes that have none, one each: of 64 threads, 17 logical units
/// that hang at once leave one to all others. What waits is counted over all lanes and bounded; what does not fit is refused.
///
/// **Threading.** *Thread-safe: an executor, and one lock that is never held while a job runs.*
public final class IoPool implements AutoCloseable {
    // Immutable
    private final ExecutorService threads;
    private final int maxWaiting;
    private final int forFirstJobs;

    // Guarded by lock
    private final Object lock = new Object();
    private final ArrayDeque<Lane> waitingLanes =
            new ArrayDeque<>(); // each once, none that could have a thread
    private int idle;
    private int waiting;
    private int unfinished;
    private boolean closed;

    /// Starts no thread before there is work for it.
    ///
    /// @param limits [Limits#ioThreads()] and [Limits#ioQueue()] are used
    public IoPool(Limits limits) {
        this.maxWaiting = limits.ioQueue();
        this.idle = limits.ioThreads();
        this.forFirstJobs = limits.ioThreads() / 4;
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
        // Guarded by lock
        private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
        private int running;

        /// Takes a job in, or returns false: too many wait, or the pool is closed.
        ///
        /// @param job must not throw
        boolean tryExecute(Runnable job) {
            synchronized (lock) {
                boolean starts = queue.isEmpty() && mayStart();
                if (closed || (!starts && waiting >= maxWaiting)) {
                    return false;
                }
                unfinished++;
                if (!starts) {
                    waiting++;
                    if (queue.isEmpty()) {
                        waitingLanes.add(this);
                    }
                    queue.add(job);
                    return true;
                }
                started();
            }
            threads.execute(() -> run(this, job));
            return true;
        }

        private boolean mayStart() {
            return running < idle && (running == 0 || idle > forFirstJobs);
        }

        private void started() {
            running++;
            idle--;
        }
    }

    private void run(Lane lane, Runnable job) {
        try {
            job.run();
        } finally {
            List<Runnable> next = ended(lane);
            next.forEach(threads::execute);
        }
    }

    /// Counts a job out, and takes from the waiting ones those that may start now, from each lane in turn.
    private List<Runnable> ended(Lane ended) {
        synchronized (lock) {
            ended.running--;
            idle++;
            unfinished--;
            if (unfinished == 0) {
                lock.notifyAll();
                if (closed) {
                    threads.shutdown();
                }
                return List.of();
            }
            List<Runnable> starting = new ArrayList<>(1);
            for (int left = waitingLanes.size(); left > 0 && idle > 0; left--) {
                Lane lane = waitingLanes.remove();
                if (lane.mayStart()) {
                    Runnable job = lane.queue.remove();
                    waiting--;
                    lane.started();
                    starting.add(() -> run(lane, job));
                }
                if (!lane.queue.isEmpty()) {
                    waitingLanes.add(lane);
                }
            }
            return starting;
        }
    }

    /// Refuses new jobs and waits until those taken in have ended.
    ///
    /// @return false if some had not when the time was up; their threads go on
    public boolean close(long timeoutMillis) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        synchronized (lock) {
            closed = true;
            while (unfinished > 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return false;
                }
                lock.wait(left);
            }
        }
        close();
        return true;
    }

    /// Refuses new jobs; those taken in go on. Does not wait: for that, see [#close(long)].
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            if (unfinished == 0) {
                threads.shutdown();
            }
        }
    }
}
