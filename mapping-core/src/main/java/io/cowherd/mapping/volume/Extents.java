package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;

/// Sizes in extents, and how large a COW store has to be (spec 3.1). Pure arithmetic.
///
/// **Threading.** *Immutable.*
final class Extents {
    /// Bytes in an extent, LVM2's default.
    static final long EXTENT_BYTES = 4L << 20;

    /// Extents in one volume or COW store, at most: 256 TiB.
    static final long MAX_EXTENTS = 1L << 26;

    /// Bytes in one volume or COW store, at most.
    static final long MAX_BYTES = MAX_EXTENTS * EXTENT_BYTES;

    /// Chunks in a COW store, at least: the header, one metadata area, one data chunk.
    static final int MIN_COW_CHUNKS = 3;

    /// Smallest and largest chunk size in bytes of a new store, as LVM2 has it.
    static final int MIN_CHUNK_BYTES = 4 << 10;

    static final int MAX_CHUNK_BYTES = 512 << 10;

    /// Bytes of one exception record: a chunk of metadata holds `chunkBytes / 16` of them.
    private static final int RECORD_BYTES = 16;

    private Extents() {}

    /// `sizeBytes` rounded up to extents. At most [#MAX_BYTES] may be asked.
    static long roundUp(long sizeBytes) {
        return roundUp(sizeBytes, EXTENT_BYTES);
    }

    /// Largest size in bytes of a COW store of which anything could ever be used; a store of that size cannot overflow.
    static long maxUsefulCowBytes(long originBytes, int chunkBytes) {
        return maxUsefulCowBytes(originBytes, chunkBytes, EXTENT_BYTES);
    }

    /// LVM2's formula: header, one chunk for each of the origin's, and the metadata areas with one more as terminator.
    static long maxUsefulCowBytes(long originBytes, int chunkBytes, long extentBytes) {
        long originChunks = Math.ceilDiv(originBytes, chunkBytes);
        long perArea = chunkBytes / RECORD_BYTES;
        long metadataChunks = (originChunks + perArea) / perArea;
        return roundUp((1 + originChunks + metadataChunks) * chunkBytes, extentBytes);
    }

    /// True for a power of two from [#MIN_CHUNK_BYTES] to [#MAX_CHUNK_BYTES].
    static boolean isChunkSize(int chunkBytes) {
        return chunkBytes >= MIN_CHUNK_BYTES
                && chunkBytes <= MAX_CHUNK_BYTES
                && Integer.bitCount(chunkBytes) == 1;
    }

    /// `sizeBytes`, a multiple of 512, in sectors.
    static long sectors(long sizeBytes) {
        return sizeBytes >> BlockDevice.SECTOR_SHIFT;
    }

    private static long roundUp(long value, long unit) {
        return Math.ceilDiv(value, unit) * unit;
    }
}
