package io.cowherd.scsi.lu;

import java.nio.ByteBuffer;

/// VPD page B0, block limits (SBC-3 6.6.4), in logical blocks: what is promised here is what is enforced. Big-endian.
///
/// | offset | size | field                                  | value                                        |
/// |-------:|-----:|----------------------------------------|----------------------------------------------|
/// |      4 |    1 | WSNZ                                   | 1: WRITE SAME of 0 blocks is refused          |
/// |      5 |    1 | MAXIMUM COMPARE AND WRITE LENGTH       | 1                                            |
/// |      6 |    2 | OPTIMAL TRANSFER LENGTH GRANULARITY    | 4 KiB                                        |
/// |      8 |    4 | MAXIMUM TRANSFER LENGTH                | as configured                                |
/// |     12 |    4 | OPTIMAL TRANSFER LENGTH                | 1 MiB, or the maximum if that is less        |
/// |     20 |    4 | MAXIMUM UNMAP LBA COUNT                | 512 MiB, of one command                      |
/// |     24 |    4 | MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT   | 256                                          |
/// |     28 |    4 | OPTIMAL UNMAP GRANULARITY              | 1 MiB; ESXi gives space back by itself up to it |
/// |     32 |    4 | UGAVALID, UNMAP GRANULARITY ALIGNMENT  | valid, 0                                     |
/// |     36 |    8 | MAXIMUM WRITE SAME LENGTH              | 16 MiB, less than 65536 blocks                  |
///
/// 512 MiB, because each chunk of it may have to be copied for a snapshot first, within a host's 30 s. 16 MiB, because all of
/// it may have to be written; and libiscsi's WriteSame16.Unmap takes 65536 or more for leave to WRITE as much at once.
///
/// **Threading.** *Immutable.*
///
/// @param blockBytes bytes of a logical block
/// @param maxTransferBlocks most blocks of one READ, WRITE, VERIFY, WRITE AND VERIFY or ORWRITE
record BlockLimits(int blockBytes, long maxTransferBlocks) {
    /// Blocks of one COMPARE AND WRITE: one, which a power cut cannot tear.
    static final int MAX_COMPARE_AND_WRITE_BLOCKS = 1;

    /// Ranges in one UNMAP.
    static final int MAX_UNMAP_DESCRIPTORS = 256;

    private static final int MAX_UNMAP_BYTES = 512 << 20;
    private static final int MAX_WRITE_SAME_BYTES = 16 << 20;
    private static final int OPTIMAL_BYTES = 1 << 20;
    private static final int GRANULARITY_BYTES = 4096;

    /// Most blocks that one UNMAP may name, in all its ranges.
    long maxUnmapBlocks() {
        return MAX_UNMAP_BYTES / blockBytes;
    }

    /// Most blocks of one WRITE SAME.
    long maxWriteSameBlocks() {
        return MAX_WRITE_SAME_BYTES / blockBytes;
    }

    /// Fills the page behind its header.
    ByteBuffer encode(ByteBuffer page) {
        int optimal = OPTIMAL_BYTES / blockBytes;
        page.put(4, (byte) 1);
        page.put(5, (byte) MAX_COMPARE_AND_WRITE_BLOCKS);
        page.putShort(6, (short) Math.max(1, GRANULARITY_BYTES / blockBytes));
        page.putInt(8, (int) maxTransferBlocks);
        page.putInt(12, (int) Math.min(optimal, maxTransferBlocks));
        page.putInt(20, (int) maxUnmapBlocks());
        page.putInt(24, MAX_UNMAP_DESCRIPTORS);
        page.putInt(28, optimal);
        page.putInt(32, 0x8000_0000);
        page.putLong(36, maxWriteSameBlocks());
        return page;
    }
}
