package io.cowherd.mapping.volume;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// What a new snapshot is to be.
///
/// @param cowSizeBytes size of the COW store in bytes, rounded up to extents and cut to the maximum useful size;
///     0 means the maximum useful size (a fork, which can never overflow). Ignored with `cowDevice`.
/// @param chunkSizeBytes a power of two, 4 KiB to 512 KiB
/// @param store which kind of store
/// @param readOnly true if hosts may not write to the snapshot
/// @param cowDevice an existing file or block device to be the COW store (fresh if it starts with zeros, else its
///     exceptions are loaded), or null to make one
public record SnapshotRequest(
        long cowSizeBytes,
        int chunkSizeBytes,
        StoreKind store,
        boolean readOnly,
        @Nullable Path cowDevice) {
    /// LVM2's default chunk size in bytes (spec 3.1).
    public static final int DEFAULT_CHUNK_SIZE_BYTES = 4096;

    /// Kinds of COW store, by the letters of `dmsetup` (spec 2.1).
    public enum StoreKind {
        /// Persistent.
        P,
        /// Persistent, with overflow handling (spec 2.9).
        PO,
        /// Transient: gone at restart.
        N
    }

    /// A snapshot that can never overflow.
    public static SnapshotRequest fork() {
        return new SnapshotRequest(0, DEFAULT_CHUNK_SIZE_BYTES, StoreKind.P, false, null);
    }
}
