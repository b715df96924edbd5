package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

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
/// - one loop at a time, and none for a while after one has stalled: see [LoopTurn]. With its resting a loop loses at most
///   a twentieth of its time to the dirty limit, which holds writers up for as long as 0.2 s. A thread that was only
///   preempted has not slept: going by time alone, a busy machine sent four of five writes to the pool for nothing.
///
/// Measured on ext4, 4 KiB overwrites of a cached gigabyte: p50 15 µs, p99 34 µs, worst 0.4 ms alone; with another
/// thread in fdatasync all the time p50 15 µs, p99.9 0.2 ms, p99.99 2 ms, worst 4.6 ms, 39 of 400 000 over 2 ms.
/// A hand-over to a pool costs 60–70 µs of latency each time. `docs/decisions/0003` weighs it all.
///
/// **Threading.** *Thread-safe*: the fields are advice that may be lost or late.
final class LoopIo {
    /// Whether a plain page-cache write may stand in where `RWF_NOWAIT` is unknown. The class comment has the reasons.
    private static final boolean PLAIN_WRITES = true;

    /// Longer writes copy for too long on a loop: 256 KiB take about 30 µs, no more than to hand them to another thread.
    static final int LONGEST_WRITE_BYTES = 256 * 1024;

    /// Whole pages of this size need no read. A larger page or file system block only makes the odd write slower.
    static final int PAGE_BYTES = 4096;

    /// What it asks of Linux: [LinuxFile] has the meanings. A seam for tests of storage that hangs.
    interface Calls {
        long readNowait(long offsetBytes, ByteBuffer target);

        long writeNowait(long offsetBytes, ByteBuffer source);

        long write(long offsetBytes, ByteBuffer source);

        long timesSlept();
    }

    // Immutable
    private final Path path;
    private final long storage;
    private final Calls file;
    private final FileSpace space;
    private final LoopTurn turn;

    // Any thread
    private volatile boolean readsNowait = true;
    private volatile boolean writesNowait = true;

    /// @param storage device number of the file system, or of the block device itself
    LoopIo(Path path, long storage, Calls file, FileSpace space, LoopTurn turn) {
        this.path = path;
        this.storage = storage;
        this.file = file;
        this.space = space;
        this.turn = turn;
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

    /// Writes all that remains in the source without waiting, as far as that can be foreseen; or leaves its position alone
    /// and returns false.
    ///
    /// @throws IOException if a part has been written and the rest cannot be
    boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        int length = source.remaining();
        boolean foreseeable =
                source.isDirect()
                        && length <= LONGEST_WRITE_BYTES
                        && ((offsetBytes | length) & (PAGE_BYTES - 1)) == 0
                        && space.isAllocated(offsetBytes, length)
                        && (writesNowait || PLAIN_WRITES);
        if (!foreseeable) {
            return false;
        }
        if (!turn.tryEnter(path, storage)) {
            return false;
        }
        long slept = file.timesSlept();
        try {
            return writeInTurn(offsetBytes, source);
        } finally {
            turn.leave(turn.hasTakenLong() && file.timesSlept() != slept);
        }
    }

    private boolean writeInTurn(long offsetBytes, ByteBuffer source) throws IOException {
        int start = source.position();
        long result = writesNowait ? file.writeNowait(offsetBytes, source) : -LinuxFile.EOPNOTSUPP;
        if (result == -LinuxFile.EOPNOTSUPP && PLAIN_WRITES) {
            writesNowait = false;
            result = file.write(offsetBytes, source);
        }
        if (result <= 0) {
            return false; // an error that the blocking form will name
        }
        source.position(start + (int) result);
        while (source.hasRemaining()) { // rare: to stop half-way would be seen by readers
            long at = offsetBytes + source.position() - start;
            long more = file.write(at, source);
            if (more <= 0 && more != -LinuxFile.EINTR) {
                int errno = more == 0 ? LinuxFile.EIO : (int) -more;
                throw FileFault.of("write", at, source.remaining(), path, errno);
            }
            source.position(source.position() + (int) Math.max(0, more));
        }
        return true;
    }
}
