package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.store.CowStore;
import io.cowherd.mapping.store.GroupCommit;
import io.cowherd.mapping.store.PendingException;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// One snapshot of an origin: a store, the exceptions on their way to it, and a state.
///
/// It outlives its targets: when a table is reloaded, the new target takes it over from the old one (spec 2.11).
///
/// **Invalidation.** First the state in memory ([SnapshotState#INVALIDATING]): from then on reads and writes of the snapshot
/// fail. Then it is recorded: header, durably, and the listener. Only then [SnapshotState#INVALID], and only then does
/// any origin write pass it by. So there is no instant at which a power cut leaves a snapshot that looks valid and
/// lacks a chunk. If neither header nor listener could record it, the origin write fails, and the next one tries again.
///
/// **A fence that has fallen** ([FencedException]) loses no snapshot: another node has it whole. What is here of it is done with;
/// all that reads it, writes it or needs it to preserve a chunk fails with the fence.
///
/// **Threading.** *Thread-safe*: lookups are lock-free; the state changes under a lock.
final class Snapshot implements GroupCommit.Guard, CowStore.OldChunkReader {
    // Immutable
    private final BlockDevice origin;
    private final DeviceRef cow;
    private final CowStore store;
    private final ChunkSize chunkSize;
    private final GroupCommit commits;
    private final SnapshotListener listener;
    private final FillLevel fill;
    private final ReentrantLock transition = new ReentrantLock();

    // Any thread; written under the lock
    private volatile SnapshotState state;
    private volatile String lostBy = "Its header or the catalog says so.";

    // Any thread; written once
    private volatile @Nullable String fencedBy;

    // Any thread; written while the mapped device is suspended
    private volatile long lengthBytes;
    private volatile OverflowPolicy overflowPolicy;
    private volatile Runnable raiseEvent = () -> {};

    Snapshot(
            BlockDevice origin,
            DeviceRef cow,
            CowStore store,
            SnapshotListener listener,
            long lengthBytes,
            OverflowPolicy overflowPolicy) {
        this.origin = origin;
        this.cow = cow;
        this.store = store;
        this.chunkSize = store.chunkSize();
        this.listener = listener;
        this.lengthBytes = lengthBytes;
        this.overflowPolicy = overflowPolicy;
        this.fill = new FillLevel(store.usage());
        this.commits = new GroupCommit(store, this, this);
        this.state = store.valid() ? SnapshotState.LOADED : SnapshotState.INVALID;
    }

    BlockDevice origin() {
        return origin;
    }

    CowStore store() {
        return store;
    }

    ChunkSize chunkSize() {
        return chunkSize;
    }

    GroupCommit commits() {
        return commits;
    }

    SnapshotState state() {
        return state;
    }

    /// How much of a range of the origin the snapshot covers; not positive if nothing. What lies beyond its length needs no
    /// preserving (spec 2.8, vector 55).
    long covered(long offsetBytes, long rangeBytes) {
        return Math.min(rangeBytes, lengthBytes - offsetBytes);
    }

    /// Another target has taken over: its length and its overflow policy hold from now on (spec 2.11).
    void takenOver(long newLengthBytes, OverflowPolicy newPolicy) {
        lengthBytes = newLengthBytes;
        overflowPolicy = newPolicy;
    }

    /// Its target has been resumed: events are raised so from now on.
    void raiseEventsWith(Runnable raise) {
        raiseEvent = raise;
    }

    // --- lookups: lock-free, allocation-free

    /// The store chunk of that chunk, or [ExceptionTable#ABSENT].
    long lookup(long chunk) {
        return store.lookup(chunk);
    }

    /// How many of `wanted` bytes at `offsetBytes` lie together: all on the origin if `storeChunk` is
    /// [ExceptionTable#ABSENT], else in consecutive store chunks from `storeChunk` on. `storeChunk` is the answer of
    /// [#lookup] for the first chunk.
    int run(long offsetBytes, int wanted, long storeChunk) {
        long chunk = chunkSize.chunkOf(offsetBytes);
        long length = (long) chunkSize.bytes() - chunkSize.offsetWithin(offsetBytes);
        long expected = storeChunk;
        while (length < wanted) {
            chunk++;
            if (storeChunk != ExceptionTable.ABSENT) {
                expected++;
            }
            if (lookup(chunk) != expected) {
                break;
            }
            length += chunkSize.bytes();
        }
        return (int) Math.min(length, wanted);
    }

    /// True if every chunk of the range has left the origin.
    boolean hasAll(long offsetBytes, long length) {
        long last = chunkSize.chunkOf(offsetBytes + length - 1);
        for (long chunk = chunkSize.chunkOf(offsetBytes); chunk <= last; chunk++) {
            if (lookup(chunk) == ExceptionTable.ABSENT) {
                return false;
            }
        }
        return true;
    }

    /// Where on the COW device a byte of the snapshot lies, given the store chunk of its chunk.
    long cowOffset(long storeChunk, long offsetBytes) {
        return store.offsetOf(storeChunk) + chunkSize.offsetWithin(offsetBytes);
    }

    BlockDevice cow() {
        return cow.device();
    }

    // --- state

    /// Fails unless the snapshot may be read.
    void requireReadable() throws SnapshotInvalidException, FencedException {
        requireNotFenced();
        switch (state) {
            case LOADED, ACTIVE, OVERFLOWED -> {}
            case INVALIDATING, INVALID -> throw new SnapshotInvalidException(toString(), lostBy);
        }
    }

    private void requireNotFenced() throws FencedException {
        String why = fencedBy;
        if (why != null) {
            throw new FencedException(why);
        }
    }

    /// Fails unless the snapshot may be written.
    void requireWritable()
            throws SnapshotInvalidException, SnapshotOverflowException, FencedException {
        requireReadable();
        if (state == SnapshotState.OVERFLOWED) {
            throw new SnapshotOverflowException(toString());
        }
    }

    /// True if origin writes have to preserve chunks for this snapshot. Waits for an invalidation to be recorded.
    boolean needsPreserving() throws IOException {
        requireNotFenced();
        return switch (state) {
            case ACTIVE, OVERFLOWED -> true;
            case LOADED, INVALID -> false;
            case INVALIDATING -> {
                invalidate("Error recording an earlier failure.");
                yield false;
            }
        };
    }

    /// From now on origin writes preserve chunks for this snapshot. At resume, with the origin suspended.
    void activate() {
        transition.lock();
        try {
            if (state == SnapshotState.LOADED) {
                become(SnapshotState.ACTIVE);
            }
        } finally {
            transition.unlock();
        }
    }

    /// Loses the snapshot for ever. Returns when that is recorded; does nothing if it is already.
    ///
    /// @throws IOException if it could be recorded nowhere; the state stays [SnapshotState#INVALIDATING]
    void invalidate(String why) throws IOException {
        transition.lock();
        try {
            if (state == SnapshotState.INVALID) {
                return;
            }
            if (state != SnapshotState.INVALIDATING) {
                lostBy = why;
                become(SnapshotState.INVALIDATING);
            }
            record("Invalidating snapshot: " + why);
            become(SnapshotState.INVALID);
            raiseEvent.run();
        } finally {
            transition.unlock();
        }
    }

    private void record(String why) throws IOException {
        IOException unmarked = null;
        try {
            store.markInvalid();
        } catch (IOException e) {
            unmarked = e;
        }
        try {
            listener.invalidated(cow, why);
        } catch (IOException e) {
            if (unmarked != null) {
                e.addSuppressed(unmarked);
                throw e;
            }
            // The header says it: nothing more is needed, and the listener knows its own failure.
        }
    }

    private void become(SnapshotState next) {
        if (!state.mayBecome(next)) {
            throw new AssertionError("snapshot on " + cow + ": " + state + " to " + next);
        }
        state = next;
    }

    // --- what the committer asks

    @Override
    public boolean mayCommit() {
        return switch (state) {
            case LOADED, ACTIVE, OVERFLOWED -> fencedBy == null;
            case INVALIDATING, INVALID -> false;
        };
    }

    @Override
    public boolean grow() {
        return listener.grow(cow);
    }

    @Override
    public void outOfSpace(PendingException exception) {
        boolean refuse =
                exception.cause() == PendingException.Cause.SNAPSHOT_WRITE
                        && overflowPolicy == OverflowPolicy.REFUSE_WRITES;
        if (refuse) {
            overflow();
        } else {
            tryInvalidate("Unable to allocate exception.");
        }
    }

    @Override
    public void committed() {
        int percent = fill.reached(store.usage());
        if (percent > 0 && state.compareTo(SnapshotState.INVALIDATING) < 0) { // else it is too late
            listener.filling(cow, percent);
        }
    }

    @Override
    public void refused(NoSpaceException cause) {
        listener.refused(cow, refusal(cause));
    }

    /// What is said of a write that was refused for want of room in a file system.
    static String refusal(NoSpaceException cause) {
        return "Write refused, nothing is lost: no room to keep a chunk. Make room or remove a snapshot, then write again. ("
                + cause.getMessage()
                + ")";
    }

    @Override
    public void failed(Throwable cause) {
        var fence = FencedException.behind(cause);
        if (fence != null) {
            fencedBy = String.valueOf(fence.getMessage());
            return;
        }
        tryInvalidate("Error reading/writing. (" + cause.getMessage() + ")");
    }

    private void overflow() {
        transition.lock();
        try {
            if (state != SnapshotState.ACTIVE) {
                return;
            }
            become(SnapshotState.OVERFLOWED);
            listener.overflowed(cow, "Snapshot overflowed: Unable to allocate exception.");
        } finally {
            transition.unlock();
        }
    }

    /// As [#invalidate], but leaves it to the next origin write to report that it could be recorded nowhere.
    private void tryInvalidate(String why) {
        try {
            invalidate(why);
        } catch (IOException e) {
            if (state != SnapshotState.INVALIDATING) {
                throw new AssertionError("unrecorded, yet " + state, e);
            }
        }
    }

    // --- old content

    @Override
    public long bytesOf(long originChunk) {
        long start = chunkSize.offsetOf(originChunk);
        return Math.min(chunkSize.bytes(), origin.sizeBytes() - start);
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        origin.read(offsetBytes, target);
    }

    @Override
    public String toString() {
        return named(cow);
    }

    /// How messages call the snapshot on that COW device.
    static String named(DeviceRef cow) {
        return "the snapshot on COW device " + cow.device();
    }
}
