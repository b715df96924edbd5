package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.VolumeRefusedException.Reason;

/// The block sizes that a new origin shows to hosts, and its snapshots with it.
///
/// | logical | physical | called | |
/// |--------:|---------:|--------|---|
/// |     512 |      512 | 512n   | the default |
/// |     512 |     4096 | 512e   | the same, and the advice to write aligned to 4 KiB |
/// |    4096 |     4096 | 4Kn    | nothing smaller can be written |
///
/// **Threading.** *Immutable.*
///
/// @param logicalBytes 512 or 4096; 0 for that of the device, which is 512 for a file
/// @param physicalBytes 512 or 4096, not less than the logical; 0 for the same
public record BlockSize(int logicalBytes, int physicalBytes) {
    /// As the device has it.
    public static final BlockSize OF_DEVICE = new BlockSize(0, 0);

    /// The smaller of the two sizes that there are.
    static final int SMALL = 512;

    /// The larger one.
    static final int LARGE = 4096;

    /// Refuses other sizes.
    void check() throws VolumeRefusedException {
        if (!isSize(logicalBytes) || !isSize(physicalBytes)) {
            throw new VolumeRefusedException(
                    Reason.INVALID,
                    "Blocks of %d bytes are not possible."
                            .formatted(isSize(logicalBytes) ? physicalBytes : logicalBytes),
                    "Logical and physical blocks have 512 or 4096 bytes.");
        }
        if (physicalBytes != 0 && physicalBytes < logicalBytes) {
            throw new VolumeRefusedException(
                    Reason.INVALID,
                    "Physical blocks of %d bytes are smaller than logical blocks of %d."
                            .formatted(physicalBytes, logicalBytes),
                    "Leave the physical block size out: it is 4096 then.");
        }
    }

    /// Refuses a device that cannot show these blocks.
    ///
    /// @param what its name
    void checkFits(String what, int deviceBlockBytes, long sizeBytes)
            throws VolumeRefusedException {
        if (logicalBytes != 0 && logicalBytes < deviceBlockBytes) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    "%s has blocks of %d bytes and cannot show blocks of %d."
                            .formatted(what, deviceBlockBytes, logicalBytes),
                    "Leave the block size out, or ask for " + deviceBlockBytes + ".");
        }
        if (sizeBytes % Math.max(SMALL, logicalBytes) != 0) {
            throw new VolumeRefusedException(
                    Reason.INVALID,
                    "%s has %d bytes, which are not whole blocks of %d."
                            .formatted(what, sizeBytes, logicalBytes),
                    "Lengthen it first, or leave the block size out.");
        }
    }

    /// True if there is something to remember.
    boolean isGiven() {
        return logicalBytes != 0 || physicalBytes != 0;
    }

    static boolean isSize(long bytes) {
        return bytes == 0 || bytes == SMALL || bytes == LARGE;
    }
}
