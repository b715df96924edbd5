package io.cowherd.mapping.device;

import io.cowherd.mapping.device.BlockDevice.Extent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The storage behind a file or block device: holes, allocation, extents.
///
/// Each call answers false where the system cannot do it, and remembers that; the caller then does without.
///
/// **Threading.** *Thread-safe*: what it remembers only ever goes from "perhaps" to "no".
final class FileSpace {
    /// Longest range for one system call, so that none keeps the file to itself for long.
    private static final long PIECE_BYTES = 1L << 30;

    private final Path path;
    private final @Nullable LinuxFile linux;
    private final boolean isBlockDevice;
    private final AllocationMap allocation;

    // Any thread
    private volatile boolean canPunch;
    private volatile boolean canZero;
    private volatile boolean canAllocate;

    FileSpace(
            Path path, @Nullable LinuxFile linux, boolean isBlockDevice, AllocationMap allocation) {
        this.path = path;
        this.linux = linux;
        this.isBlockDevice = isBlockDevice;
        this.allocation = allocation;
        canZero = linux != null;
        canAllocate = linux != null && !isBlockDevice;
    }

    /// Finds out whether holes can be punched, without touching any content. For a writable device.
    ///
    /// @param sizeBytes the file's size; nothing that matters lies beyond
    void probe(long sizeBytes) throws IOException {
        if (linux == null) {
            canPunch = false;
        } else if (isBlockDevice) {
            canPunch = zeroesByUnmapping(path);
        } else {
            int mode = LinuxFile.FALLOC_PUNCH_HOLE | LinuxFile.FALLOC_KEEP_SIZE;
            long beyond = (sizeBytes | (LoopIo.PAGE_BYTES - 1)) + 1;
            canPunch = linux.allocate(mode, beyond, LoopIo.PAGE_BYTES) == 0;
        }
    }

    /// The kernel's own word: `write_zeroes_max_bytes` in sysfs; a partition has it in its disk's directory.
    private static boolean zeroesByUnmapping(Path path) throws IOException {
        long device = ((Number) Files.getAttribute(path, "unix:rdev")).longValue();
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
        var own = Path.of("/sys/dev/block/" + major + ":" + minor);
        if (!Files.exists(own)) {
            return false;
        }
        var directory = own.toRealPath();
        var limit = directory.resolve("queue/write_zeroes_max_bytes");
        if (!Files.exists(limit)) {
            limit = directory.resolveSibling("queue/write_zeroes_max_bytes");
        }
        return Files.exists(limit) && Long.parseLong(Files.readString(limit).strip()) > 0;
    }

    /// True if [#punch] is expected to work.
    boolean canPunch() {
        return canPunch;
    }

    /// Frees the storage of a range, which then reads as zeros.
    boolean punch(long offsetBytes, long lengthBytes) throws IOException {
        allocation.forget(offsetBytes, lengthBytes);
        int mode = LinuxFile.FALLOC_PUNCH_HOLE | LinuxFile.FALLOC_KEEP_SIZE;
        canPunch = canPunch && call("punch hole", mode, offsetBytes, lengthBytes);
        return canPunch;
    }

    /// Makes a range read as zeros without writing them. A regular file keeps the storage.
    boolean zero(long offsetBytes, long lengthBytes) throws IOException {
        allocation.forget(offsetBytes, lengthBytes);
        int mode = LinuxFile.FALLOC_ZERO_RANGE | LinuxFile.FALLOC_KEEP_SIZE;
        canZero = canZero && call("zero range", mode, offsetBytes, lengthBytes);
        return canZero;
    }

    /// Gives storage to a range; content that is there stays.
    boolean allocate(long offsetBytes, long lengthBytes) throws IOException {
        canAllocate =
                canAllocate
                        && call("allocate", LinuxFile.FALLOC_KEEP_SIZE, offsetBytes, lengthBytes);
        return canAllocate;
    }

    private boolean call(String request, int mode, long offsetBytes, long lengthBytes)
            throws IOException {
        if (linux == null) {
            return false;
        }
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end; at += PIECE_BYTES) {
            long piece = Math.min(PIECE_BYTES, end - at);
            int result = linux.allocate(mode, at, piece);
            if (result == -LinuxFile.EOPNOTSUPP) {
                return false;
            }
            if (result < 0) {
                throw fault(request, at, piece, -result);
            }
        }
        return true;
    }

    private IOException fault(String request, long offsetBytes, long lengthBytes, int errno) {
        var name = LinuxFile.nameNow(linux, path);
        return FileFault.of(request, offsetBytes, lengthBytes, name, errno);
    }

    /// True if a write into the range is known to need no allocation. Advice, see [AllocationMap].
    boolean isAllocated(long offsetBytes, long lengthBytes) {
        return isBlockDevice || allocation.covers(offsetBytes, lengthBytes);
    }

    /// Notes what a write that has returned says about the storage of its range.
    ///
    /// Where the next hole is takes long to find when it is far away (tmpfs looks at every page: 5 ms a gigabyte), so all
    /// that one search says is remembered, beyond the range as well.
    void noteWritten(long offsetBytes, long lengthBytes, long sizeBytes) {
        if (isBlockDevice || linux == null || allocation.covers(offsetBytes, lengthBytes)) {
            return;
        }
        long end = offsetBytes + lengthBytes;
        long at = offsetBytes & -AllocationMap.GRANULE_BYTES;
        while (at < end) {
            long next = Math.min(at + AllocationMap.GRANULE_BYTES, sizeBytes);
            boolean isWhole = offsetBytes <= at && next <= end;
            long hole = isWhole ? next : linux.seekHole(at);
            // What is behind the file's end counts as storage: nothing is written there.
            long known = hole < sizeBytes ? hole & -AllocationMap.GRANULE_BYTES : roundUp(hole);
            if (known > at) {
                allocation.learn(at, known - at);
            }
            at = Math.max(known, at + AllocationMap.GRANULE_BYTES);
        }
    }

    private static long roundUp(long bytes) {
        return (bytes + AllocationMap.GRANULE_BYTES - 1) & -AllocationMap.GRANULE_BYTES;
    }

    /// The extent that starts at an offset (lseek(2), `SEEK_DATA` and `SEEK_HOLE`). A sector that the file system's
    /// blocks divide counts as mapped.
    Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        if (isBlockDevice || linux == null) {
            return new Extent(lengthBytes, true);
        }
        long end = offsetBytes + lengthBytes;
        long data = linux.seekData(offsetBytes);
        if (data == -LinuxFile.ENXIO || data >= end) {
            return new Extent(lengthBytes, false);
        }
        if (data < 0) {
            throw fault("seek data", offsetBytes, lengthBytes, (int) -data);
        }
        long hole = (data & -BlockDevice.SECTOR_BYTES) - offsetBytes;
        if (hole > 0) {
            return new Extent(hole, false);
        }
        long mapped = linux.seekHole(data);
        if (mapped < 0) {
            throw fault("seek hole", offsetBytes, lengthBytes, (int) -mapped);
        }
        long whole = (mapped + BlockDevice.SECTOR_BYTES - 1) & -BlockDevice.SECTOR_BYTES;
        return new Extent(Math.min(whole, end) - offsetBytes, true);
    }
}
