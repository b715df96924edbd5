package io.cowherd.scsi.lu;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Parameter list of SANITIZE with OVERWRITE (SBC-4 5.34.3). Big-endian.
///
/// | offset | size | field                          | meaning                                                     |
/// |-------:|-----:|--------------------------------|-------------------------------------------------------------|
/// |      0 |    1 | INVERT, TEST, OVERWRITE COUNT  | bit 7: each second pass inverted; bits 6 and 5: must be 0; 1 to 31 |
/// |      2 |    2 | INITIALIZATION PATTERN LENGTH  | 1 to the bytes of a logical block                           |
/// |      4 |      | initialization pattern         | repeated to fill a block                                    |
///
/// **Threading.** *Immutable*: the buffer is only looked at by the one who made it.
///
/// @param passes how often everything is written
/// @param inverts each second pass is inverted
/// @param block one logical block of the pattern
record OverwriteList(int passes, boolean inverts, ByteBuffer block) {
    static final int HEADER_BYTES = 4;

    /// Decodes a list, or returns null if it is wrong.
    static @Nullable OverwriteList decode(ByteBuffer list, int blockBytes) {
        int at = list.position();
        if (list.remaining() <= HEADER_BYTES) {
            return null;
        }
        int flags = list.get(at) & 0xFF;
        int patternBytes = list.getShort(at + 2) & 0xFFFF;
        boolean test = (flags & 0x60) != 0;
        int passes = flags & 0x1F;
        boolean fits = patternBytes > 0 && patternBytes <= blockBytes;
        if (test || passes == 0 || !fits || patternBytes > list.remaining() - HEADER_BYTES) {
            return null;
        }
        ByteBuffer block = ByteBuffer.allocate(blockBytes);
        for (int i = 0; i < blockBytes; i++) {
            block.put(i, list.get(at + HEADER_BYTES + i % patternBytes));
        }
        return new OverwriteList(passes, (flags & 0x80) != 0, block);
    }

    /// Fills a buffer with whole blocks as a pass writes them.
    void fill(ByteBuffer piece, int pass) {
        int invert = inverts && pass % 2 == 1 ? 0xFF : 0;
        for (int i = 0; i < piece.capacity(); i++) {
            piece.put(i, (byte) (block.get(i % block.capacity()) ^ invert));
        }
    }
}
