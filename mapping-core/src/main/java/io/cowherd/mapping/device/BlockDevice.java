package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/// A random-access device of fixed-size sectors: a file, a raw device, a mapped device, a snapshot.
///
/// Contract (each implementation passes `BlockDeviceContract`):
///
/// - Positions and lengths are in **bytes** and multiples of [#SECTOR_BYTES]. A misaligned request is a
///   programming error ([IllegalArgumentException]); one beyond [#sizeBytes()] as well. Callers check first.
/// - Every buffer is **borrowed**: valid until the call returns, and the callee keeps nothing. A call
///   transfers exactly `remaining()` bytes and leaves `position == limit`; after an exception the content
///   and the position of the buffer are undefined.
/// - A read that starts after a write has returned sees that write. Overlapping requests in flight at the
///   same time may take effect in either order, sector by sector.
/// - [#write] returning means that later reads see the data and that it survives the death of the process
///   (it is in the page cache at the least). It is on stable storage only after [#flush()] has returned,
///   or if the write was [WriteMode#DURABLE].
/// - [#flush()] makes every write that **returned** before the flush began durable.
/// - The `try…` twins never block on storage: they either do all of the request at once and return true, or
///   return false, having had no effect that a reader could see. False is always a legal answer; the caller then
///   uses the blocking form on a thread that may block. They may throw what the blocking form throws.
///
/// **Threading.** *Thread-safe*: any number of requests may be in flight from any threads.
public interface BlockDevice extends AutoCloseable {
    /// Bytes in a sector, everywhere.
    int SECTOR_BYTES = 512;

    /// log2 of [#SECTOR_BYTES].
    int SECTOR_SHIFT = 9;

    /// Present size in bytes, a multiple of [#SECTOR_BYTES]. May grow while the device is in use.
    long sizeBytes();

    /// Smallest unit in bytes that this device can write at once: a power of two, at least 512.
    default int logicalBlockBytes() {
        return SECTOR_BYTES;
    }

    /// Reads `target.remaining()` bytes at `offsetBytes`. May block.
    void read(long offsetBytes, ByteBuffer target) throws IOException;

    /// Reads without ever waiting for storage, or returns false. For event loops.
    default boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        return false;
    }

    /// Writes `source.remaining()` bytes at `offsetBytes`. May block.
    void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException;

    /// Writes, if that needs no copy, no metadata, no durability and cannot stall; or returns false.
    default boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        return false;
    }

    /// Makes all writes that have returned durable. May block.
    void flush() throws IOException;

    /// Makes the range read as zeros, releasing its storage where the device can. May block.
    ///
    /// Unlike the kernel's hint this is a promise: after it returned, the range reads as zeros.
    void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException;

    /// True if [#discard] does anything here.
    default boolean supportsDiscard() {
        return false;
    }

    /// Says that the content of the range is no longer needed. Here the range reads as zeros afterwards
    /// wherever [#supportsDiscard()] is true. Fails with [UnsupportedOperationException] where it is false.
    default void discard(long offsetBytes, long lengthBytes) throws IOException {
        throw new UnsupportedOperationException("discard is not supported by " + this);
    }

    /// Gives storage to a range ahead of its use, so that later writes there do not find the file system full. Content
    /// stays. May block.
    ///
    /// @return true if the range has storage now; false if the device cannot tell: such a write may find no room then
    /// @throws NoSpaceException if there is not enough; part of the range may have storage then
    default boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        return false;
    }

    /// Returns the extent that starts at `offsetBytes`: its length (at most `lengthBytes`, at least one sector) and
    /// whether it has storage behind it. A device that cannot tell answers *mapped* for all of it.
    default Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        return new Extent(lengthBytes, true);
    }

    /// Closes what this device owns. Idempotent. Requests in flight must have ended.
    @Override
    void close() throws IOException;

    /// A run of bytes that is mapped (has storage) throughout, or not at all.
    ///
    /// @param lengthBytes bytes in the run, a positive multiple of 512
    /// @param mapped false if the run has no storage and reads as zeros
    record Extent(long lengthBytes, boolean mapped) {}
}
