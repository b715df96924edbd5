package io.cowherd.scsi.cdb;

import java.nio.ByteBuffer;

/// The 16 bytes of a CDB as two big-endian words, so that nothing borrowed is kept. Shorter CDBs are padded.
///
/// **Threading.** *Immutable.*
///
/// @param head bytes 0 to 7
/// @param tail bytes 8 to 15
record CdbBytes(long head, long tail) {
    /// Reads at the buffer's position, without moving it.
    static CdbBytes of(ByteBuffer cdb) {
        int at = cdb.position();
        return new CdbBytes(cdb.getLong(at), cdb.getLong(at + 8));
    }

    /// One byte, 0 to 255.
    int u8(int index) {
        return index < 8
                ? (int) (head >>> (56 - 8 * index)) & 0xFF
                : (int) (tail >>> (120 - 8 * index)) & 0xFF;
    }

    int u16(int index) {
        return u8(index) << 8 | u8(index + 1);
    }

    long u32(int index) {
        return (long) u16(index) << 16 | u16(index + 2);
    }

    long u64(int index) {
        return u32(index) << 32 | u32(index + 4);
    }

    boolean bit(int index, int bit) {
        return (u8(index) >> bit & 1) != 0;
    }
}
