package io.cowherd.drill;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// What a block of the drill looks like: eight sectors that each say whose they are. Big-endian.
///
/// | offset | size | field in each sector of 512 bytes                            |
/// |-------:|-----:|--------------------------------------------------------------|
/// |      0 |    8 | seed of the drill                                            |
/// |      8 |    8 | block index                                                  |
/// |     16 |    8 | sequence number of the write, from 1                         |
/// |     24 |    4 | index of the sector in its block                             |
/// |     28 |    4 | CRC-32C of the sector without these four bytes               |
/// |     32 |  480 | a pattern that follows from the fields above                 |
///
/// **Threading.** *Immutable.*
///
/// @param seed of the drill, so that what an earlier one left is not taken for its own
record BlockPattern(long seed) {
    /// Bytes of a block.
    static final int BLOCK_BYTES = 4096;

    static final int SECTOR_BYTES = 512;
    static final int SECTORS = BLOCK_BYTES / SECTOR_BYTES;

    private static final int BLOCK_AT = 8;
    private static final int SEQUENCE_AT = 16;
    private static final int SECTOR_AT = 24;
    private static final int CRC_AT = 28;
    private static final int PATTERN_AT = 32;
    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    /// What a sector says of itself.
    sealed interface Sector {
        /// Nothing but zeros: never written.
        record Blank() implements Sector {}

        /// A sector of a write of this drill.
        record Written(long block, long sequence, int index) implements Sector {}

        /// Bytes that this drill has not written.
        record Unknown() implements Sector {}
    }

    /// The content of a write; a new buffer.
    ByteBuffer content(long block, long sequence) {
        ByteBuffer content = ByteBuffer.allocate(BLOCK_BYTES);
        for (int i = 0; i < SECTORS; i++) {
            ByteBuffer sector = content.slice(i * SECTOR_BYTES, SECTOR_BYTES);
            sector.putLong(0, seed).putLong(BLOCK_AT, block).putLong(SEQUENCE_AT, sequence);
            sector.putInt(SECTOR_AT, i);
            long state = mix(mix(mix(seed) + block) + sequence) + i;
            for (int at = PATTERN_AT; at < SECTOR_BYTES; at += Long.BYTES) {
                state += GOLDEN;
                sector.putLong(at, mix(state));
            }
            sector.putInt(CRC_AT, checksum(sector));
        }
        return content;
    }

    /// The finalizer of SplitMix64.
    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return mixed ^ (mixed >>> 31);
    }

    private static int checksum(ByteBuffer sector) {
        var crc = new CRC32C();
        crc.update(sector.slice(0, CRC_AT));
        crc.update(sector.slice(PATTERN_AT, SECTOR_BYTES - PATTERN_AT));
        return (int) crc.getValue();
    }

    /// What a sector of a block that was read says of itself.
    ///
    /// @param index which one, 0 to 7
    Sector sector(ByteBuffer block, int index) {
        ByteBuffer sector = block.slice(index * SECTOR_BYTES, SECTOR_BYTES);
        if (sector.getLong(0) == seed && sector.getInt(CRC_AT) == checksum(sector)) {
            return new Sector.Written(
                    sector.getLong(BLOCK_AT),
                    sector.getLong(SEQUENCE_AT),
                    sector.getInt(SECTOR_AT));
        }
        return sector.mismatch(ByteBuffer.allocate(SECTOR_BYTES)) < 0
                ? new Sector.Blank()
                : new Sector.Unknown();
    }
}
