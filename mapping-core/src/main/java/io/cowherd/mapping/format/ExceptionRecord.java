package io.cowherd.mapping.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// One exception in a metadata area. Little-endian, 16 bytes, never across a sector boundary.
///
/// | offset | size | field         | meaning                                                     |
/// |-------:|-----:|---------------|-------------------------------------------------------------|
/// |      0 |    8 | `originChunk` | chunk number on the origin, unsigned; 0 is a legal chunk    |
/// |      8 |    8 | `storeChunk`  | chunk number in the store; 0 ends the list: the terminator  |
///
/// What follows the terminator in its area is not read, but comes alive when the list grows over it: a writer keeps
/// it zero (spec 1.6, vector 36). Read and written by the kernel as well (spec 1.3, vectors 14, 17). Pinned byte for byte by `ExceptionRecordLayoutTest`.
///
/// @param originChunk 0 to 2^64 - 1, as an unsigned number
/// @param storeChunk 0 to 2^64 - 1, as an unsigned number; 0 in a terminator only
public record ExceptionRecord(long originChunk, long storeChunk) {
    /// Bytes of a record.
    public static final int BYTES = 16;

    static final int ORIGIN_CHUNK_OFFSET = 0;
    static final int STORE_CHUNK_OFFSET = 8;

    /// Reads record `index` of the records in `bytes`, whose position stays.
    public static ExceptionRecord decode(ByteBuffer bytes, int index) {
        var fields = at(bytes, index);
        return new ExceptionRecord(
                fields.getLong(ORIGIN_CHUNK_OFFSET), fields.getLong(STORE_CHUNK_OFFSET));
    }

    /// Writes this as record `index` of the records in `bytes`, whose position stays.
    public void encode(ByteBuffer bytes, int index) {
        at(bytes, index)
                .putLong(ORIGIN_CHUNK_OFFSET, originChunk)
                .putLong(STORE_CHUNK_OFFSET, storeChunk);
    }

    /// True if the list ends here.
    public boolean isTerminator() {
        return storeChunk == 0;
    }

    private static ByteBuffer at(ByteBuffer bytes, int index) {
        return bytes.slice(bytes.position() + index * BYTES, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }
}
