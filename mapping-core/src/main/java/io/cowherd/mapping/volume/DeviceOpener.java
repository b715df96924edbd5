package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileDevice;
import java.io.IOException;
import java.nio.file.Path;

/// Opens the files and block devices beneath a pool: the seam at which tests put failing devices.
///
/// **Threading.** *Thread-safe*: no state of its own.
interface DeviceOpener {
    /// Opens it for this pool alone.
    Opened open(Path path) throws IOException;

    /// The real ones.
    DeviceOpener FILES =
            path -> {
                var file = FileDevice.open(path, FileDevice.Option.EXCLUSIVE);
                return new Opened(file, file);
            };

    /// A backing device.
    ///
    /// @param file what can be grown, and is to be closed
    /// @param device what requests go to: the same, but in tests
    record Opened(FileDevice file, BlockDevice device) {}
}
