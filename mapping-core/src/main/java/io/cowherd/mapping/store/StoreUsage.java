package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;

/// How full a store is, as the status line prints it (spec 1.11).
///
/// @param allocatedSectors in use, header and metadata included
/// @param totalSectors size of the COW device, not rounded to chunks
/// @param metadataSectors header and metadata areas
public record StoreUsage(long allocatedSectors, long totalSectors, long metadataSectors) {
    static StoreUsage ofBytes(long allocated, long total, long metadata) {
        return new StoreUsage(
                allocated >> BlockDevice.SECTOR_SHIFT,
                total >> BlockDevice.SECTOR_SHIFT,
                metadata >> BlockDevice.SECTOR_SHIFT);
    }

    /// `allocated/total metadata`.
    @Override
    public String toString() {
        return allocatedSectors + "/" + totalSectors + " " + metadataSectors;
    }
}
