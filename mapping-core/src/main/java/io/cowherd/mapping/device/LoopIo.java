package io.cowherd.mapping.device;

import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/// The I/O on a file that an event loop may do itself, because it does not wait: the `try…` twins of [FileDevice].
///
/// **Reads** are preadv2(2) with `RWF_NOWAIT`: exactly what is wanted, wherever the file system knows it (tmpfs does
/// not).
///
/// **Writes** are pwritev2(2) with `RWF_NOWAIT` where the file system knows that for the page cache (xfs, btrfs). ext4
/// does not, so there a plain write goes to the page cache if nothing foreseeable makes it wait:
///
/// - whole pages, so that no page has to be read first: 512-byte overwrites of cold pages took 44 µs in the median and
///   5 ms at worst, page-sized ones 2 µs and 0.2 ms;
/// - at most [#LONGEST_WRITE_BYTES], and only where storage is known to be there: no allocation, no journal;
/// - unless such a write has lately slept for longer than [#STALL_NANOS]: then the dirty limit or a flush is holding
///   writers back, and for [#BACK_OFF_FACTOR] times as long all writes go to threads that may wait. So a loop loses at
///   most a twentieth of its time, however long the stalls are (up to 0.2 s each at the dirty limit). A thread that was
///   only preempted has not slept: going by time alone, a busy machine sent four of five writes to the pool for nothing.
///
/// Measured on ext4, 4 KiB overwrites of a cached gigabyte: p50 15 µs, p99 34 µs, worst 0.4 ms alone; with another
/// thread in fdatasync all the time p50 15 µs, p99.9 0.2 ms, p99.99 2 ms, worst 4.6 ms, 39 of 400 000 over 2 ms.
/// A hand-over to a pool costs 60–70 µs of latency each time.
///
/// **Threading.** *Thread-safe*: the fields are advice that may be lost or late.
final class LoopIo {
    /// Whether a plain page-cache write may stand in where `RWF_NOWAIT` is unknown. The class comment has the reasons.
    private static final boolean PLAIN_WRITES = true;

    /// Longer writes copy for too long on a loop: 64 KiB take 8 µs.
    static final int LONGEST_WRITE_BYTES = 64 * 1024;

    /// Whole pages of this size need no read. A larger page or file system block only makes the odd write slower.
    static final int PAGE_BYTES = 4096;

    /// A write that has slept and took this long has stalled its loop.
    static final long STALL_NANOS = 1_000_000;

    /// How many times as long as a stall writes keep off the loops after it.
    static final long BACK_OFF_FACTOR = 20;

    private final LinuxFile file;
    private final FileSpace space;
    private final LongSupplier nanoClock;
    private final LongSupplier timesSlept;

    // Any thread
    private volatile boolean readsNowait = true;
    private volatile boolean writesNowait = true;
    private volatile long plainAgainAtNanos;

    LoopIo(LinuxFile file, FileSpace space) {
        this(file, space, System::nanoTime, file::timesSlept);
    }

    /// @param nanoClock monotonic
    /// @param timesSlept of the calling thread
    LoopIo(LinuxFile file, FileSpace space, LongSupplier nanoClock, LongSupplier timesSlept) {
        this.file = file;
        this.space = space;
        this.nanoClock = nanoClock;
        this.timesSlept = timesSlept;
        this.plainAgainAtNanos = nanoClock.getAsLong();
    }

    /// Reads all that remains in the target, or leaves its position alone and returns false.
    boolean tryRead(long offsetBytes, ByteBuffer target) {
        if (!readsNowait || !target.isDirect()) {
            return false;
        }
        long result = file.readNowait(offsetBytes, target);
        if (result != target.remaining()) {
            readsNowait = result != -LinuxFile.EOPNOTSUPP;
            return false; // a short read, or an error that the blocking form will name
        }
        target.position(target.limit());
        return true;
    }

    /// Writes what remains in the source, or a first part of it, without waiting; moves its position by as much.
    ///
    /// @return false if nothing was written. If true and something remains, the caller has to write that at once
    boolean tryWrite(long offsetBytes, ByteBuffer source) {
        int length = source.remaining();
        boolean foreseeable =
                source.isDirect()
                        && length <= LONGEST_WRITE_BYTES
                        && ((offsetBytes | length) & (PAGE_BYTES - 1)) == 0
                        && space.isAllocated(offsetBytes, length);
        if (!foreseeable) {
            return false;
        }
        long result =
                writesNowait
                        ? file.writeNowait(offsetBytes, source)
                        : plainWrite(offsetBytes, source);
        if (result == -LinuxFile.EOPNOTSUPP) {
            writesNowait = false;
            result = plainWrite(offsetBytes, source);
        }
        if (result <= 0) {
            return false;
        }
        source.position(source.position() + (int) result);
        return true;
    }

    private long plainWrite(long offsetBytes, ByteBuffer source) {
        long start = nanoClock.getAsLong();
        if (!PLAIN_WRITES || start - plainAgainAtNanos < 0) {
            return -LinuxFile.EAGAIN;
        }
        long slept = timesSlept.getAsLong();
        long result = file.write(offsetBytes, source);
        long end = nanoClock.getAsLong();
        if (end - start > STALL_NANOS && timesSlept.getAsLong() != slept) {
            plainAgainAtNanos = end + BACK_OFF_FACTOR * (end - start);
        }
        return result;
    }
}
