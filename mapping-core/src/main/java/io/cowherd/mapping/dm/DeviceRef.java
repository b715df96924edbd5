package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;

/// A device together with the number that tables print for it, as `dmsetup table` does: `253:1`.
///
/// Mapped devices are numbered 253:0, 253:1, … and backing devices 7:0, 7:1, … (the kernel's loop major).
///
/// @param major device class
/// @param minor number within the class
/// @param device the device itself; not owned
public record DeviceRef(int major, int minor, BlockDevice device) {
    /// `major:minor`.
    @Override
    public String toString() {
        return major + ":" + minor;
    }
}
