package io.cowherd.scsi.target;

import io.cowherd.config.Limits;
import io.cowherd.mapping.device.ThreadNiceness;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads for I/O that may block. Platform threads, never interrupted: an interrupt would close the files they read.
///
/// Each logical unit has a [Lane], which gets a thread while it has fewer than are idle: so one whose storage hangs takes half of
/// them, a second one half of the rest. The last quarter is for lanes that have none, one each: of 64 threads, 17 logical units
/// that hang at once leave one to all others. What waits is counted over all lanes and bounded; what does not fit is refused.
///
/// **Reads step back** behind event loops that want a processor ([#NICE_OF_READS]): only what is not in memory is read here, and it has waited for
/// a device anyway. Other work does not: nobody is served sooner by a commit that takes longer.
///
/// **Threading.** *Thread-safe: an executor, and one lock that is never held while a job runs.*
public final class IoPool implements AutoCloseable {
    /// Niceness of the threads that read. Beside 16 reads of a device at a time, another host's p99 of cached data was 4.9 times of
    /// alone with 0, 3.0 times with 5, 1.4 times with 10, 1.7 times with 19; the reads of the device were as many each time. First writes beside a
    /// host that keeps the processors busy lost a third by 5 or 10: hence only reads.
    static final int NICE_OF_READS = 10;

    // Immutable
    private final ExecutorService readers;
    private final ExecutorService others;
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

    /// Starts all threads but those that read.
    ///
    /// @param limits [Limits#ioThreads()] and [Limits#ioQueue()] are used
    public IoPool(Limits limits) {
        this.maxWaiting = limits.ioQueue();
        this.idle = limits.ioThreads();
        this.forFirstJobs = limits.ioThreads() / 4;
        // as many each: which of them work is counted by `idle`
        this.readers =
                pool(limits.ioThreads(), "cowherd-read-", () -> ThreadNiceness.set(NICE_OF_READS));
        ThreadPoolExecutor workers = pool(limits.ioThreads(), "cowherd-io-", () -> {});
        workers.prestartAllCoreThreads(); // a thread is born as nice as the one that starts it
        this.others = workers;
    }

    private static ThreadPoolExecutor pool(int size, String prefix, Runnable prologue) {
        return new ThreadPoolExecutor(
                size,
                size,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                named(prefix, prologue));
    }

    private static ThreadFactory named(String prefix, Runnable prologue) {
        AtomicInteger number = new AtomicInteger();
        return jobs -> {
            Runnable life =
                    () -> {
                        prologue.run();
                        jobs.run();
                    };
            Thread thread = new Thread(life, prefix + number.incrementAndGet());
            thread.setDaemon(true); // a hung device must not keep the process from ending
            return thread;
        };
    }

    /// What a lane's job does.
    enum Kind {
        /// It only reads.
        READ,
        /// Anything else.
        OTHER
    }

    private record Job(Runnable work, Kind kind) {}

    /// A new lane.
    Lane lane() {
        return new Lane();
    }

    /// The way of one logical unit's jobs to the threads, in order of arrival.
    final class Lane {
        // Guarded by lock
        private final ArrayDeque<Job> queue = new ArrayDeque<>();
        private int running;

        /// Takes a job in, or returns false: too many wait, or the pool is closed.
        ///
        /// @param work must not throw
        boolean tryExecute(Runnable work, Kind kind) {
            Job job = new Job(work, kind);
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
            execute(this, job);
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

    private void execute(Lane lane, Job job) {
        ExecutorService threads = job.kind() == Kind.READ ? readers : others;
        threads.execute(
                () -> {
                    try {
                        job.work().run();
                    } finally {
                        ended(lane).forEach(Runnable::run);
                    }
                });
    }

    /// Counts a job out, and takes from the waiting ones those that may start now, from each lane in turn.
    ///
    /// @return what starts them
    private List<Runnable> ended(Lane ended) {
        synchronized (lock) {
            ended.running--;
            idle++;
            unfinished--;
            if (unfinished == 0) {
                lock.notifyAll();
                if (closed) {
                    shutdown();
                }
                return List.of();
            }
            List<Runnable> starting = new ArrayList<>(1);
            for (int left = waitingLanes.size(); left > 0 && idle > 0; left--) {
                Lane lane = waitingLanes.remove();
                if (lane.mayStart()) {
                    Job job = lane.queue.remove();
                    waiting--;
                    lane.started();
                    starting.add(() -> execute(lane, job));
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
                shutdown();
            }
        }
    }

    private void shutdown() {
        readers.shutdown();
        others.shutdown();
    }
}
