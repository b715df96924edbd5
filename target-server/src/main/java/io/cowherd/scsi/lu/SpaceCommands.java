package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// UNMAP, WRITE SAME and GET LBA STATUS: giving space back, and asking where it is.
///
/// LBPRZ is 1, so that what is unmapped must read as zeros: the device is always asked to *write zeros*, which releases
/// storage where it can and preserves what a snapshot still needs.
///
/// UNMAP's parameter list (SBC-3 5.28). Big-endian.
///
/// | offset | size | field                                                                    |
/// |-------:|-----:|--------------------------------------------------------------------------|
/// |      0 |    2 | UNMAP DATA LENGTH, bytes that follow                                     |
/// |      2 |    2 | BLOCK DESCRIPTOR DATA LENGTH; a cut last descriptor is ignored           |
/// |      8 |   16 | descriptors: LBA (8), number of blocks (4), reserved (4)                 |
///
/// **Threading.** *Thread-safe: the range gate orders what must not overlap.*
final class SpaceCommands {
    /// Bytes that are zeroed in one go; between two goes, somebody else's turn comes and a stop is seen.
    private static final int ZERO_PIECE_BYTES = 16 << 20;

    /// Bytes of repeated data that are written in one go.
    private static final int PATTERN_PIECE_BYTES = 1 << 20;

    private static final int LIST_HEADER_BYTES = 8;
    private static final int DESCRIPTOR_BYTES = 16;

    /// Descriptors in one answer to GET LBA STATUS.
    private static final int MAX_STATUS_DESCRIPTORS = 256;

    /// Extents that one GET LBA STATUS looks at.
    private static final int MAX_EXTENTS = 4096;

    /// Blocks that one descriptor can count.
    private static final long MAX_RUN_BLOCKS = 0xFFFF_FFFFL;

    private static final int MAPPED = 0;
    private static final int DEALLOCATED = 1;

    // Immutable
    private final BlockDevice device;
    private final RangeGate gate;
    private final BlockLimits limits;
    private final int blockBytes;
    private final WriteMode mode;

    SpaceCommands(BlockDevice device, RangeGate gate, BlockLimits limits, WriteMode mode) {
        this.device = device;
        this.gate = gate;
        this.limits = limits;
        this.blockBytes = limits.blockBytes();
        this.mode = mode;
    }

    // -- UNMAP --

    /// Unmaps the ranges of the list; all are checked before the first is.
    Outcome unmap(ByteBuffer list, long capacity, BooleanSupplier stopped) throws IOException {
        if (list.remaining() == 0) {
            return Outcome.DONE;
        }
        if (list.remaining() < LIST_HEADER_BYTES) {
            return new Outcome.CheckCondition(Sense.PARAMETER_LIST_LENGTH);
        }
        int start = list.position();
        int said = list.getShort(start + 2) & 0xFFFF;
        int count = Math.min(said, list.remaining() - LIST_HEADER_BYTES) / DESCRIPTOR_BYTES;
        Sense wrong = wrongRanges(list, start + LIST_HEADER_BYTES, count, capacity);
        if (wrong != null) {
            return new Outcome.CheckCondition(wrong);
        }
        for (int i = 0; i < count; i++) {
            int at = start + LIST_HEADER_BYTES + i * DESCRIPTOR_BYTES;
            long blocks = list.getInt(at + 8) & 0xFFFF_FFFFL;
            zero(list.getLong(at) * blockBytes, blocks * blockBytes, stopped);
        }
        return Outcome.DONE;
    }

    private @Nullable Sense wrongRanges(ByteBuffer list, int first, int count, long capacity) {
        if (count > BlockLimits.MAX_UNMAP_DESCRIPTORS) {
            return Sense.invalidListField(2);
        }
        long total = 0;
        for (int i = 0; i < count; i++) {
            int at = first + i * DESCRIPTOR_BYTES;
            long lba = list.getLong(at);
            long blocks = list.getInt(at + 8) & 0xFFFF_FFFFL;
            if (Long.compareUnsigned(lba, capacity) > 0 || blocks > capacity - lba) {
                return Sense.LBA_OUT_OF_RANGE;
            }
            total += blocks;
            if (total > limits.maxUnmapBlocks()) {
                return Sense.invalidListField(at - first + LIST_HEADER_BYTES + 8);
            }
        }
        return null;
    }

    // -- WRITE SAME --

    /// Writes one block over and over. Zeros become unmapped space.
    Outcome writeSame(Cdb.WriteSame same, ByteBuffer dataOut, BooleanSupplier stopped)
            throws IOException {
        long offset = same.lba() * blockBytes;
        long bytes = same.blocks() * blockBytes;
        if (same.noDataOut() || isZero(dataOut)) {
            zero(offset, bytes, stopped);
        } else {
            fill(offset, bytes, dataOut, stopped);
        }
        return Outcome.DONE;
    }

    private static boolean isZero(ByteBuffer block) {
        for (int i = block.position(); i < block.limit(); i++) {
            if (block.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    private void fill(long offset, long bytes, ByteBuffer block, BooleanSupplier stopped)
            throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PATTERN_PIECE_BYTES, bytes));
        while (piece.hasRemaining()) {
            piece.put(block.duplicate());
        }
        for (long done = 0; done < bytes && !stopped.getAsBoolean(); ) {
            int length = (int) Math.min(piece.capacity(), bytes - done);
            try (var _ = gate.claim(RangeGate.Kind.SHARED, offset + done, length)) {
                device.write(offset + done, piece.clear().limit(length), mode);
            }
            done += length;
        }
    }

    private void zero(long offset, long bytes, BooleanSupplier stopped) throws IOException {
        for (long done = 0; done < bytes && !stopped.getAsBoolean(); ) {
            long length = Math.min(ZERO_PIECE_BYTES, bytes - done);
            try (var _ = gate.claim(RangeGate.Kind.SHARED, offset + done, length)) {
                device.writeZeroes(offset + done, length, mode);
            }
            done += length;
        }
    }

    // -- GET LBA STATUS --

    /// Answers with runs of blocks that are mapped, or are not; neighbours of one kind are joined.
    Outcome status(Cdb.GetLbaStatus status, long capacity, ByteBuffer dataIn) throws IOException {
        long room = (status.allocationBytes() - LIST_HEADER_BYTES) / DESCRIPTOR_BYTES;
        int most = Math.clamp(room, 1, MAX_STATUS_DESCRIPTORS);
        ByteBuffer out = ByteBuffer.allocate(LIST_HEADER_BYTES + most * DESCRIPTOR_BYTES);
        out.position(LIST_HEADER_BYTES);
        long start = status.lba();
        for (int looked = 0; start < capacity && out.hasRemaining(); ) {
            BlockDevice.Extent first = extentAt(start, capacity);
            long end = start + blocksOf(first);
            for (looked++; end < capacity && looked < MAX_EXTENTS; looked++) {
                BlockDevice.Extent next = extentAt(end, capacity);
                long joined = end - start + blocksOf(next);
                if (next.mapped() != first.mapped() || joined > MAX_RUN_BLOCKS) {
                    break;
                }
                end = start + joined;
            }
            out.putLong(start).putInt((int) (end - start));
            out.putInt((first.mapped() ? MAPPED : DEALLOCATED) << 24);
            start = looked < MAX_EXTENTS ? end : capacity;
        }
        out.flip();
        out.putInt(0, out.limit() - 4);
        return LogicalUnit.send(out, status.allocationBytes(), dataIn);
    }

    /// The extent at a block; one that ends within its first block counts as mapped.
    private BlockDevice.Extent extentAt(long lba, long capacity) throws IOException {
        long most = Math.min(capacity - lba, MAX_RUN_BLOCKS) * blockBytes;
        BlockDevice.Extent extent = device.extent(lba * blockBytes, most);
        return extent.lengthBytes() >= blockBytes
                ? extent
                : new BlockDevice.Extent(blockBytes, true);
    }

    private long blocksOf(BlockDevice.Extent extent) {
        return extent.lengthBytes() / blockBytes;
    }
}
