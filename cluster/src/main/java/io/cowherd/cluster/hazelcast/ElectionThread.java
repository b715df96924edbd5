package io.cowherd.cluster.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.cp.lock.FencedLock;
import io.cowherd.cluster.Elections.Ballot;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread of one family's election lock. Hazelcast's locks belong to threads, and its calls block for minutes on a
/// minority: so nothing else runs here, and the lock is never entered twice.
///
/// **Threading.** *Confined to its own thread* but for the three methods that pass it work.
final class ElectionThread {
    static final String LOCK_PREFIX = "cowherd-family-";
    private static final Logger LOG = LoggerFactory.getLogger(ElectionThread.class);
    private static final Duration RETRY = Duration.ofMillis(500);

    private final HazelcastInstance hazelcast;
    private final UUID family;
    private final SessionWatch session;
    private final ExecutorService thread;

    ElectionThread(HazelcastInstance hazelcast, UUID family, SessionWatch session) {
        this.hazelcast = hazelcast;
        this.family = family;
        this.session = session;
        this.thread =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("election-" + family).daemon().factory());
    }

    /// @param answer called on this thread
    void elect(Consumer<Ballot> answer) {
        submit(() -> answer.accept(tryLock()), () -> answer.accept(Ballot.LOST));
    }

    /// @param done called on this thread, once the lock is given back or cannot be ours any more
    void resign(Runnable done) {
        submit(
                () -> {
                    while (!unlock() && !Thread.currentThread().isInterrupted()) {
                        LockSupport.parkNanos(RETRY.toNanos());
                    }
                    done.run();
                },
                done);
    }

    void close() {
        thread.shutdownNow();
    }

    private void submit(Runnable task, Runnable tooLate) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            tooLate.run();
        }
    }

    private Ballot tryLock() {
        try {
            FencedLock lock = hazelcast.getCPSubsystem().getLock(LOCK_PREFIX + family);
            boolean won = lock.tryLock();
            session.begin(lock.getGroupId());
            return won ? Ballot.WON : Ballot.LOST;
        } catch (RuntimeException e) {
            LOG.warn("the election of family {} has no answer", family, e);
            return Ballot.UNKNOWN;
        }
    }

    /// Whether it is certain that this thread does not have the lock.
    private boolean unlock() {
        try {
            hazelcast.getCPSubsystem().getLock(LOCK_PREFIX + family).unlock();
            return true;
        } catch (IllegalMonitorStateException | HazelcastInstanceNotActiveException e) {
            // Not ours: never was, or went with its session.
            return true;
        } catch (RuntimeException e) {
            LOG.warn("the lock of family {} could not be given back; trying again", family, e);
            return false;
        }
    }
}
