package io.cowherd.mapping.device;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Lets one thread at a time write to a file on an event loop, in the whole process.
///
/// Nothing can foresee that a write stops: a frozen file system (`fsfreeze`, as backups do), a journal that has no room, the
/// dirty limit. `RWF_NOWAIT` does not help against the first. So a write may stop its event loop, but never a second one:
///
/// - who finds the turn taken waits for [#SPIN_NANOS] at most, and then leaves the write to a thread that may wait;
/// - nobody waits for a write that has been going on for longer than that;
/// - after a write that has stalled, the whole file system rests: for [#REST_FACTOR] times as long no loop writes to it.
///
/// A write makes no garbage here.
///
/// **Threading.** *Thread-safe*: one atomic reference, whose holder alone writes the fields beside it; one concurrent map.
public final class LoopTurn {
    /// That of this process.
    private static final LoopTurn OF_PROCESS = new LoopTurn(System::nanoTime);

    /// A 4 KiB write to cached pages takes 2 to 15 µs, a hand-over to another thread 60 to 70 µs.
    static final long SPIN_NANOS = 10_000;

    /// A write that has slept and took this long has stalled its loop.
    static final long STALL_NANOS = 1_000_000;

    /// How many times as long as a stall writes to the same file system keep off the loops after it.
    static final long REST_FACTOR = 20;

    private final LongSupplier nanoClock;

    // Any thread
    private final AtomicReference<@Nullable Thread> holder = new AtomicReference<>();

    /// Storage that rests, and until when. As many entries as file systems have stalled and not been written to since.
    private final Map<Long, Long> rests = new ConcurrentHashMap<>();

    // Written by the holder, read by any thread: the file is there only while the others belong to
    // it
    private volatile long sinceNanos;
    private volatile long storage;
    private volatile @Nullable Path file;

    /// @param nanoClock monotonic
    LoopTurn(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    static LoopTurn ofProcess() {
        return OF_PROCESS;
    }

    /// A write that has stopped an event loop.
    ///
    /// @param file what is written to
    /// @param thread the loop's
    /// @param nanos how long it has been going on
    /// @param sinceNanos when it began, which tells it from others
    public record Stall(Path file, Thread thread, long nanos, long sinceNanos) {}

    /// The write, if there is one, that an event loop of this process has been inside for more than a millisecond.
    public static @Nullable Stall stall() {
        return OF_PROCESS.presentStall();
    }

    @Nullable Stall presentStall() {
        Path path = file;
        Thread thread = holder.get();
        long since = sinceNanos;
        if (path == null || thread == null || !path.equals(file) || !thread.equals(holder.get())) {
            return null; // none, or one that has just ended
        }
        long nanos = nanoClock.getAsLong() - since;
        return nanos > STALL_NANOS ? new Stall(path, thread, nanos, since) : null;
    }

    /// Takes the turn for a write by the calling thread.
    ///
    /// @param path what is written to
    /// @param storageNumber device number of its file system, or of itself
    /// @return false if the turn cannot be had soon, or the storage rests; if true, [#leave] must follow
    boolean tryEnter(Path path, long storageNumber) {
        long now = nanoClock.getAsLong();
        if (rests(storageNumber, now)) {
            return false;
        }
        long giveUp = now + SPIN_NANOS;
        while (!holder.compareAndSet(null, Thread.currentThread())) {
            long spun = nanoClock.getAsLong();
            boolean isLong = file != null && spun - sinceNanos > SPIN_NANOS;
            if (isLong || spun - giveUp > 0) {
                return false;
            }
            Thread.onSpinWait();
        }
        sinceNanos = nanoClock.getAsLong(); // what was waited is not part of the write
        storage = storageNumber;
        file = path; // the last: see the fields
        return true;
    }

    private boolean rests(long storageNumber, long now) {
        if (rests.isEmpty()) {
            return false;
        }
        Long until = rests.get(storageNumber);
        if (until == null) {
            return false;
        }
        if (now - until < 0) {
            return true;
        }
        rests.remove(storageNumber, until);
        return false;
    }

    /// True if the calling thread's write has taken long enough to have stalled its loop, provided that it has slept.
    boolean hasTakenLong() {
        return nanoClock.getAsLong() - sinceNanos > STALL_NANOS;
    }

    /// Gives the turn back.
    ///
    /// @param isStall whether the storage shall rest
    void leave(boolean isStall) {
        if (!Thread.currentThread().equals(holder.get())) {
            throw new AssertionError("two event loops at once: the turn is " + holder.get() + "'s");
        }
        if (isStall) {
            long end = nanoClock.getAsLong();
            rests.put(storage, end + REST_FACTOR * (end - sinceNanos));
        }
        file = null;
        holder.set(null);
    }
}
