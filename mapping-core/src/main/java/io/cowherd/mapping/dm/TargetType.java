package io.cowherd.mapping.dm;

import java.io.IOException;
import java.util.List;

/// A kind of target that a device-mapper can construct from a table line.
public interface TargetType {
    /// The name that stands in a table line: `linear`, `snapshot`.
    String name();

    /// Constructs a target from its arguments. Nothing is in force before the target's resume.
    ///
    /// @param lengthSectors length of the table line
    /// @param arguments what follows the type in the line
    /// @param devices finds a device by `major:minor` or by name; throws [TableRefusedException] if there is none
    /// @throws TableRefusedException if an argument is wrong; the message is the kernel's where it has one
    /// @throws IOException if metadata cannot be read or is refused
    Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
            throws TableRefusedException, IOException;

    /// Finds devices for a table line.
    interface DeviceLookup {
        /// The device of that number (`253:1`) or name (`volumeGroup-base-real`).
        DeviceRef find(String numberOrName) throws TableRefusedException;
    }
}
