package io.cowherd.mapping.store;

import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.store.PendingException.Outcome;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// The pending exceptions of one store, and how all that wait share one flush and one record write.
///
/// **Flat combining.** There is no commit thread. Who waits for an exception and finds no commit running becomes the
/// committer: takes what is queued, oldest first, as one batch, and leads it through prepare, place, commit and publish. All
/// others sleep. When the batch is through, everybody whose exception was in it goes; of the rest, one becomes the
/// next committer. So a lone writer waits for nothing, and while one batch is being flushed the next one gathers: 32
/// concurrent first writes cost about two flushes. A committer leads no more batches than it needs for its own
/// exception; then it hands the role on.
///
/// **Order.** Exceptions are queued in the order in which their chunks are to lie in the store, batches are taken from the
/// head, and one batch is finished before the next is prepared. So store chunks, data writes and records all ascend
/// together and a crash leaves no hole (spec 1.5).
///
/// **One exception per chunk (I1).** [#joinOrCreate] puts at most one pending exception per chunk into the map, and
/// looks at the table only *after* that. A committed exception is published before it leaves the map, so a second one
/// for the same chunk either finds the first in the map or sees it in the table and is withdrawn.
///
/// **No deadlock.** A writer may need exceptions in several stores. It queues all of them before it waits for any, and
/// whoever waits for a queued exception can commit it; so nobody waits for a thread that waits for him.
///
/// **No room in the file system** is found before anything has been written, or while data is placed in chunks that nothing
/// refers to yet. The batch is withdrawn, whoever waits for it is told ([Outcome#REFUSED]), and the store is as it was. Not so
/// if a flush or a write of records says that there is no room (where storage cannot be allocated ahead): after a failed
/// flush nobody knows what has been lost, and of the records some may be on disk. That is a failure like any other.
///
/// **Bounds.** A batch: [#MAX_BATCH_EXCEPTIONS] and [#MAX_BATCH_BYTES]. The queue: the threads that may block, times
/// what one of them asks for at once.
///
/// **Threading.** *Thread-safe*: one lock, never held across I/O; the committer's role is passed on under it.
public final class GroupCommit {
    /// Most exceptions in a batch: 16 KiB of records.
    static final int MAX_BATCH_EXCEPTIONS = 1024;

    /// A batch that carries this much takes nothing more.
    static final long MAX_BATCH_BYTES = 8 << 20;

    // Immutable
    private final CowStore store;
    private final CowStore.OldChunkReader oldChunks;
    private final Guard guard;

    // Any thread
    private final ConcurrentHashMap<Long, PendingException> pending = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();

    // Guarded by the lock
    private final ArrayDeque<PendingException> queue = new ArrayDeque<>();
    private boolean committing;

    // Owned by the committer
    private boolean refusing;

    /// @param store what is committed to
    /// @param oldChunks reads what exceptions do not carry
    /// @param guard decides what a failure means
    public GroupCommit(CowStore store, CowStore.OldChunkReader oldChunks, Guard guard) {
        this.store = store;
        this.oldChunks = oldChunks;
        this.guard = guard;
    }

    /// Whoever answers for the store. Called by the committer, without the lock, before anyone learns the outcome.
    public interface Guard {
        /// False if the store must not be written any more.
        boolean mayCommit();

        /// The store is full. Returns true if it has just been made larger.
        boolean grow();

        /// A batch has been committed, and the store is fuller than before.
        void committed();

        /// There is no space for `exception`, and none can be made.
        void outOfSpace(PendingException exception);

        /// The file system beneath the store is full: a batch was withdrawn, and nothing is lost. Not said again until a batch
        /// has been committed.
        void refused(NoSpaceException cause);

        /// Reading, placing or committing failed: the store must not be written any more.
        void failed(Throwable cause);
    }

    /// Makes `fresh` the pending exception of its chunk, or finds the one that is there, which is returned then.
    ///
    /// If the chunk has left the origin already, what is returned has ended as [Outcome#WITHDRAWN]. If `fresh` is
    /// returned, the caller has to give it data and to [#enqueue] it, or to [#withdraw] it, soon: others wait.
    public PendingException joinOrCreate(PendingException fresh) {
        var there = pending.putIfAbsent(fresh.originChunk(), fresh);
        if (there != null) {
            return there;
        }
        if (store.lookup(fresh.originChunk()) != ExceptionTable.ABSENT) {
            withdraw(fresh);
        }
        return fresh;
    }

    /// Takes back an exception that was created and not enqueued. No effect if that has happened.
    public void withdraw(PendingException created) {
        lock.lock();
        try {
            if (created.outcome() == Outcome.PENDING) {
                end(created, Outcome.WITHDRAWN);
                progress.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Queues exceptions for the next commits, in order. Withdrawn ones are left out.
    public void enqueue(List<PendingException> created) {
        lock.lock();
        try {
            for (var exception : created) {
                if (exception.outcome() == Outcome.PENDING) {
                    queue.add(exception);
                }
            }
            if (!committing) {
                progress.signal(); // one of those that have joined may take the role
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits until an exception has ended, committing what is queued if nobody else does. Not interruptible: the
    /// creator must not leave while the committer reads its buffer.
    public Outcome await(PendingException exception) {
        lock.lock();
        try {
            while (exception.outcome() == Outcome.PENDING) {
                if (committing || queue.isEmpty()) {
                    progress.awaitUninterruptibly();
                } else {
                    commitNext();
                }
            }
            return exception.outcome();
        } finally {
            lock.unlock();
        }
    }

    /// Commits a batch of what is queued, unless somebody is committing: for who has no exception of his own here. Who
    /// waits for one does the same by himself.
    public void commitQueued() {
        lock.lock();
        try {
            if (!committing && !queue.isEmpty()) {
                commitNext();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Exceptions on their way. For tests and metrics.
    public int pendingCount() {
        return pending.size();
    }

    private void commitNext() {
        var batch = take();
        var outcomes = new Outcome[batch.size()];
        Arrays.fill(outcomes, Outcome.FAILED);
        committing = true;
        lock.unlock();
        try {
            commit(batch, outcomes);
        } finally {
            lock.lock();
            committing = false;
            for (int i = 0; i < outcomes.length; i++) {
                end(batch.get(i), outcomes[i]);
            }
            progress.signalAll();
        }
    }

    private List<PendingException> take() {
        int most = Math.min(MAX_BATCH_EXCEPTIONS, store.batchLimit());
        var batch = new ArrayList<PendingException>();
        long bytes = 0;
        while (!queue.isEmpty() && batch.size() < most && bytes < MAX_BATCH_BYTES) {
            var next = queue.remove();
            batch.add(next);
            bytes += next.dataBytes();
        }
        return batch;
    }

    /// The committer's way. Outcomes that it does not set stay FAILED.
    private void commit(List<PendingException> batch, Outcome[] outcomes) {
        if (!guard.mayCommit()) {
            return;
        }
        int prepared = prepare(batch);
        Arrays.fill(outcomes, prepared, outcomes.length, Outcome.NO_SPACE);
        if (prepared > 0) {
            commitPrepared(batch.subList(0, prepared), outcomes);
        }
        batch.subList(prepared, batch.size()).forEach(guard::outOfSpace);
        if (prepared > 0 && outcomes[0] == Outcome.COMMITTED) {
            guard.committed();
        }
    }

    private void commitPrepared(List<PendingException> ready, Outcome[] outcomes) {
        try {
            if (!place(ready)) {
                Arrays.fill(outcomes, 0, ready.size(), Outcome.REFUSED);
                return;
            }
            store.commit(ready);
            store.publish(ready);
            refusing = false;
            Arrays.fill(outcomes, 0, ready.size(), Outcome.COMMITTED);
        } catch (IOException e) {
            guard.failed(e);
        } catch (RuntimeException | Error e) {
            guard.failed(e);
            throw e;
        }
    }

    /// Returns false if the file system is full; the batch is withdrawn then.
    private boolean place(List<PendingException> ready) throws IOException {
        try {
            store.place(ready, oldChunks);
            return true;
        } catch (NoSpaceException e) {
            store.withdraw(ready);
            ready.forEach(exception -> exception.refuse(e));
            if (!refusing) {
                refusing = true;
                guard.refused(e);
            }
            return false;
        }
    }

    /// Prepares as many as fit, making the store larger where the guard can.
    private int prepare(List<PendingException> batch) {
        int prepared = store.prepare(batch);
        while (prepared < batch.size() && guard.grow()) {
            int more = store.prepare(batch.subList(prepared, batch.size()));
            if (more == 0) {
                break;
            }
            prepared += more;
        }
        return prepared;
    }

    private void end(PendingException exception, Outcome how) {
        exception.end(how);
        pending.remove(exception.originChunk(), exception);
    }
}
