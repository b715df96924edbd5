package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.format.ExceptionRecord;
import io.cowherd.mapping.geometry.StoreLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// The list of exception records in the metadata areas: where it ends, and how it grows.
///
/// A batch of records is appended so (spec 1.5, but for the size of step 3):
///
/// 1. if the batch fills the area, the next area is zeroed ([#readyNextArea]);
/// 2. **flush**: the data that was placed, and the zeroed area, become durable (invariant I2);
/// 3. the blocks of the area that hold the new records are written durably ([#append], as step 2).
///
/// Step 1 may find the file system full, and then nothing has happened. Steps 2 and 3 must not: see [GroupCommit].
///
/// A batch never crosses the end of an area, so a record is durable only when all before it are: the list is a
/// complete prefix after any crash. Step 3 writes whole blocks and not the whole area, as the kernel does: the bytes
/// end up the same, because all behind the terminator is zero already, and a chunk of 512 KiB costs a block.
///
/// **The tail.** What lies behind the terminator would come alive when the list grows over it (spec 1.6). This class
/// never leaves anything but zeros there, with one exception that no writer can avoid: if power fails within step 3, a later
/// block may have reached the disk and an earlier one not. So a tail that is found not to be zero when loading is
/// cleared before the first append ([#readyArea]), and durably so by its step 2.
///
/// **Threading.** *Confined* to the committer; [#metadataChunks()] any thread.
final class RecordLog {
    /// Records are written in blocks of this many bytes, or a chunk or a device's block: what a disk writes at once anyway.
    static final int BLOCK_BYTES = 4096;

    /// A chunk up to this size is zeroed by an ordinary write, so that preallocated space stays allocated.
    private static final int ZERO_WRITE_BYTES = 1 << 20;

    // Immutable
    private final BlockDevice cow;
    private final StoreLayout layout;
    private final int blockBytes;

    // Owned by the committer
    private int committed;
    private byte[] block;
    private boolean staleTail;
    private boolean allocated;

    // Written by the committer, read by any thread
    private volatile long area;

    /// A list that ends before record `committed` of `area`.
    ///
    /// @param staleTail true if anything but zeros follows the terminator in its area
    RecordLog(BlockDevice cow, StoreLayout layout, long area, int committed, boolean staleTail)
            throws IOException {
        this.cow = cow;
        this.layout = layout;
        this.area = area;
        this.committed = committed;
        this.staleTail = staleTail;
        this.blockBytes =
                Math.min(
                        layout.chunkSize().bytes(), Math.max(BLOCK_BYTES, cow.logicalBlockBytes()));
        this.block = new byte[blockBytes];
        int used = committed * ExceptionRecord.BYTES % blockBytes;
        if (used > 0) {
            cow.read(layout.recordOffset(area, committed) - used, ByteBuffer.wrap(block));
            java.util.Arrays.fill(block, used, blockBytes, (byte) 0);
        }
    }

    /// Writes an empty list on a fresh device: a zeroed first area.
    static void create(BlockDevice cow, StoreLayout layout) throws IOException {
        zeroArea(cow, layout, 0);
    }

    /// Records that the present area still takes; at least 1.
    int room() {
        return layout.exceptionsPerArea() - committed;
    }

    /// Records that the present area takes on a device of that many whole chunks: one less where the next area, which has
    /// to be zeroed before this one is filled, has no place.
    int room(long wholeChunks) {
        return layout.areaChunk(area + 1) < wholeChunks ? room() : room() - 1;
    }

    /// Metadata chunks in use, the header included.
    long metadataChunks() {
        return area + 2;
    }

    /// The chunk of the area behind the present one.
    long nextAreaChunk() {
        return layout.areaChunk(area + 1);
    }

    /// Readies the present area for more records: its tail is zero, and it has storage. That may be missing after loading,
    /// where a copy of the file has left zeros out, and behind [#zero].
    void readyArea() throws IOException {
        if (staleTail) {
            clearTail();
            staleTail = false;
        }
        if (!allocated) {
            cow.ensureAllocated(layout.recordOffset(area, 0), layout.chunkSize().bytes());
            allocated = true;
        }
    }

    /// Zeroes the next area if that many more records fill the present one.
    void readyNextArea(int records) throws IOException {
        if (records == room()) {
            zeroArea(cow, layout, area + 1); // 1
        }
    }

    /// Makes the records of `batch` durable, and before them all that was written to the COW device.
    ///
    /// @param batch at most [#room()]; both areas are ready for it
    void append(List<PendingException> batch) throws IOException {
        if (batch.size() > room()) {
            throw new AssertionError(batch.size() + " records for room of " + room());
        }
        boolean fills = batch.size() == room();
        cow.flush(); // 2
        writeRecords(batch); // 3
        if (fills) {
            long filled = area;
            area = filled + 1;
            committed = 0;
            allocated = layout.chunkSize().bytes() <= ZERO_WRITE_BYTES;
        } else {
            committed += batch.size();
        }
    }

    private void writeRecords(List<PendingException> batch) throws IOException {
        int used = committed * ExceptionRecord.BYTES % blockBytes;
        int end = used + batch.size() * ExceptionRecord.BYTES;
        int blocks = (end + blockBytes - 1) / blockBytes;
        byte[] bytes = java.util.Arrays.copyOf(block, blocks * blockBytes);
        var records = ByteBuffer.wrap(bytes);
        int index = used / ExceptionRecord.BYTES;
        for (var exception : batch) {
            new ExceptionRecord(exception.originChunk(), exception.storeChunk())
                    .encode(records, index++);
        }
        cow.write(layout.recordOffset(area, committed) - used, records, WriteMode.DURABLE);
        block =
                end % blockBytes == 0
                        ? new byte[blockBytes]
                        : java.util.Arrays.copyOfRange(
                                bytes, (blocks - 1) * blockBytes, blocks * blockBytes);
    }

    /// Rewrites the block of the terminator and zeroes the rest of the area.
    private void clearTail() throws IOException {
        int used = committed * ExceptionRecord.BYTES % blockBytes;
        long from = layout.recordOffset(area, committed) - used;
        long end = layout.recordOffset(area, layout.exceptionsPerArea());
        cow.write(from, ByteBuffer.wrap(block.clone()), WriteMode.CACHED);
        zero(cow, from + blockBytes, end - from - blockBytes);
    }

    private static void zeroArea(BlockDevice cow, StoreLayout layout, long area)
            throws IOException {
        long from = layout.recordOffset(area, 0);
        int bytes = layout.chunkSize().bytes();
        if (from + bytes > cow.sizeBytes()) {
            throw new IOException(
                    "metadata area "
                            + area
                            + " at byte "
                            + from
                            + " lies beyond the end of the COW device of "
                            + cow.sizeBytes()
                            + " bytes; make it larger");
        }
        zero(cow, from, bytes);
    }

    /// Writes zeros. More than [#ZERO_WRITE_BYTES] of them may be a hole.
    static void zero(BlockDevice cow, long offsetBytes, long lengthBytes) throws IOException {
        if (lengthBytes > ZERO_WRITE_BYTES) {
            cow.writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
        } else if (lengthBytes > 0) {
            cow.write(offsetBytes, ByteBuffer.allocate((int) lengthBytes), WriteMode.CACHED);
        }
    }
}
