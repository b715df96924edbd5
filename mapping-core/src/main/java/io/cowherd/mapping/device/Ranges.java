package io.cowherd.mapping.device;

/// The first check of every request.
///
/// **Threading.** *Immutable.*
public final class Ranges {
    private Ranges() {}

    /// Accepts a range of whole sectors that lies within the device.
    ///
    /// @param offsetBytes start of the range
    /// @param lengthBytes length of the range; 0 is legal
    /// @throws IllegalArgumentException if the range is misaligned or reaches beyond the end: the caller is wrong
    public static void check(BlockDevice device, long offsetBytes, long lengthBytes) {
        boolean isWholeSectors =
                ((offsetBytes | lengthBytes) & (BlockDevice.SECTOR_BYTES - 1)) == 0;
        if (!isWholeSectors
                || offsetBytes < 0
                || lengthBytes < 0
                || offsetBytes > device.sizeBytes() - lengthBytes) {
            throw new IllegalArgumentException(
                    (isWholeSectors ? "range beyond the end: " : "not whole sectors: ")
                            + lengthBytes
                            + " bytes at "
                            + offsetBytes
                            + " of "
                            + device
                            + ", size "
                            + device.sizeBytes());
        }
    }
}
