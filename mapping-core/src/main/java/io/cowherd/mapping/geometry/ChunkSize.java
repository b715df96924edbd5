package io.cowherd.mapping.geometry;

import org.jspecify.annotations.Nullable;

/// The size of a chunk, and the arithmetic of chunk numbers and byte offsets.
///
/// Chunk `c` of any device covers bytes `c * bytes()` up to `(c + 1) * bytes()`, so chunks of different sizes on one
/// origin nest.
///
/// @param sectors a power of two, 1 to [#MAX_SECTORS] (spec 1.7)
public record ChunkSize(int sectors) {
    /// Largest legal size: 1 GiB (spec 1.7).
    public static final int MAX_SECTORS = 1 << 21;

    /// What the kernel compares a size with before it looks at the power of two (`INT_MAX >> 9`).
    private static final long KERNEL_BOUND_SECTORS = Integer.MAX_VALUE >> 9;

    private static final int SECTOR_SHIFT = 9;

    /// Checks the invariant.
    public ChunkSize {
        if (sectors < 1 || sectors > MAX_SECTORS || Integer.bitCount(sectors) != 1) {
            throw new IllegalArgumentException("chunk size of " + sectors + " sectors");
        }
    }

    /// What is wrong with a chunk size, in the kernel's words, or null if it is legal (spec 1.7).
    ///
    /// @param sectors the size in question, as an unsigned number
    /// @param originBlockBytes logical block size of the origin
    /// @param cowBlockBytes logical block size of the COW device
    public static @Nullable String fault(long sectors, int originBlockBytes, int cowBlockBytes) {
        if (Long.bitCount(sectors) != 1) {
            return "Chunk size is not a power of 2";
        }
        if (sectors % (originBlockBytes >> SECTOR_SHIFT) != 0
                || sectors % (cowBlockBytes >> SECTOR_SHIFT) != 0) {
            return "Chunk size is not a multiple of device blocksize";
        }
        return Long.compareUnsigned(sectors, KERNEL_BOUND_SECTORS) > 0
                ? "Chunk size is too high"
                : null;
    }

    /// Bytes in a chunk, at most 2^30.
    public int bytes() {
        return sectors << SECTOR_SHIFT;
    }

    /// log2 of [#bytes()].
    public int shift() {
        return SECTOR_SHIFT + Integer.numberOfTrailingZeros(sectors);
    }

    /// The chunk that the byte is in.
    public long chunkOf(long offsetBytes) {
        return offsetBytes >>> shift();
    }

    /// Where a chunk begins.
    public long offsetOf(long chunk) {
        return chunk << shift();
    }

    /// How far into its chunk the byte is.
    public int offsetWithin(long offsetBytes) {
        return (int) offsetBytes & (bytes() - 1);
    }

    /// Whole chunks on a device of that size; a partial one at the end does not count (spec 1.1).
    public long wholeChunks(long sizeBytes) {
        return sizeBytes >>> shift();
    }

    /// Chunks that a device of that size has, the partial one at the end included.
    public long chunksCovering(long sizeBytes) {
        return (sizeBytes + bytes() - 1) >>> shift();
    }
}
