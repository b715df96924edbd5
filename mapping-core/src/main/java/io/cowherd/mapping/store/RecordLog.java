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
/// 1. if the batch fills the area, the next area is zeroed;
/// 2. **flush**: the data that was placed, and the zeroed area, become durable (invariant I2);
/// 3. the blocks of the area that hold the new records are written durably.
///
/// A batch never crosses the end of an area, so a record is durable only when all before it are: the list is a
/// complete prefix after any crash. Step 3 writes whole blocks and not the whole area, as the kernel does: the bytes
/// end up the same, because all behind the terminator is zero already, and a chunk of 512 KiB costs a block.
///
/// **The tail.** What lies behind the terminator would come alive when the list grows over it (spec 1.6). This class
/// never leaves anything but zeros there, with one exception that no writer can avoid: if power fails within step 3, a later
/// block may have reached the disk and an earlier one not. So a tail that is found not to be zero when loading is
/// cleared, durably, before the first append.
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

    /// Makes the records of `batch` durable, and before them all that was written to the COW device.
    ///
    /// @param batch at most [#room()]
    void append(List<PendingException> batch) throws IOException {
        if (batch.size() > room()) {
            throw new AssertionError(batch.size() + " records for room of " + room());
        }
        if (staleTail) {
            clearTail();
        }
        boolean fills = batch.size() == room();
        if (fills) {
            zeroArea(cow, layout, area + 1); // 1
        }
        cow.flush(); // 2
        writeRecords(batch); // 3
        if (fills) {
            long filled = area;
            area = filled + 1;
            committed = 0;
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
        cow.flush();
        staleTail = false;
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

    /// Writes zeros.
    static void zero(BlockDevice cow, long offsetBytes, long lengthBytes) throws IOException {
        if (lengthBytes > ZERO_WRITE_BYTES) {
            cow.writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
        } else if (lengthBytes > 0) {
            cow.write(offsetBytes, ByteBuffer.allocate((int) lengthBytes), WriteMode.CACHED);
        }
    }
}
