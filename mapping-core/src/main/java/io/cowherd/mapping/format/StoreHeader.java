package io.cowherd.mapping.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The first bytes of chunk 0 of a persistent store. Little-endian, 16 bytes; the rest of the chunk is zero.
///
/// | offset | size | field       | meaning                                                          |
/// |-------:|-----:|-------------|------------------------------------------------------------------|
/// |      0 |    4 | `magic`     | `0x70416e53`, "SnAp"; 0 means a fresh store, whatever follows    |
/// |      4 |    4 | `valid`     | 0: invalidated for ever; anything else: usable. Written as 1 or 0 |
/// |      8 |    4 | `version`   | 1; anything else is refused                                      |
/// |     12 |    4 | `chunkSize` | in sectors, unsigned                                             |
///
/// All of it lies in one sector, so a header is never torn. Read and written by the kernel as well (spec 1.2, vectors
/// 13, 18, 19, 26 to 32). Pinned byte for byte by `StoreHeaderLayoutTest`.
///
/// @param valid false if the store has been invalidated
/// @param chunkSectors chunk size as it stands there, not yet validated: 0 to 2^32 - 1
public record StoreHeader(boolean valid, long chunkSectors) {
    /// Bytes that the fields occupy.
    public static final int BYTES = 16;

    /// The only version there is.
    public static final int VERSION = 1;

    static final int MAGIC = 0x70416e53;
    static final int MAGIC_OFFSET = 0;
    static final int VALID_OFFSET = 4;
    static final int VERSION_OFFSET = 8;

    /// Where the chunk size stands.
    public static final int CHUNK_SIZE_OFFSET = 12;

    /// Checks that the chunk size fits its field.
    public StoreHeader {
        if (chunkSectors < 0 || chunkSectors > 0xffff_ffffL) {
            throw new IllegalArgumentException("chunk size of " + chunkSectors + " sectors");
        }
    }

    /// True if these are the first bytes of a store that has never been used (spec 1.6 step 3).
    public static boolean isFresh(ByteBuffer bytes) {
        return littleEndian(bytes).getInt(MAGIC_OFFSET) == 0;
    }

    /// Reads a header from the first [#BYTES] bytes of `bytes`, whose position stays.
    ///
    /// @param where the device, for messages
    /// @throws CorruptStoreException if the magic is another
    /// @throws UnsupportedStoreVersionException if the version is another, be it valid or not
    public static StoreHeader decode(ByteBuffer bytes, String where)
            throws CorruptStoreException, UnsupportedStoreVersionException {
        var fields = littleEndian(bytes);
        int magic = fields.getInt(MAGIC_OFFSET);
        if (magic != MAGIC) {
            throw new CorruptStoreException(
                    where + " byte 0",
                    String.format("magic 0x%08x", magic),
                    String.format("0x%08x", MAGIC));
        }
        long version = Integer.toUnsignedLong(fields.getInt(VERSION_OFFSET));
        if (version != VERSION) {
            throw new UnsupportedStoreVersionException(where, version);
        }
        return new StoreHeader(
                fields.getInt(VALID_OFFSET) != 0,
                Integer.toUnsignedLong(fields.getInt(CHUNK_SIZE_OFFSET)));
    }

    /// Writes the header to the first [#BYTES] bytes of `bytes`, whose position stays.
    public void encode(ByteBuffer bytes) {
        littleEndian(bytes)
                .putInt(MAGIC_OFFSET, MAGIC)
                .putInt(VALID_OFFSET, valid ? 1 : 0)
                .putInt(VERSION_OFFSET, VERSION)
                .putInt(CHUNK_SIZE_OFFSET, (int) chunkSectors);
    }

    private static ByteBuffer littleEndian(ByteBuffer bytes) {
        return bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    }
}
