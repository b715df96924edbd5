package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.ErrorDevice;
import java.util.List;

/// Fails every request: `error`, as the kernel's. Whatever arguments follow are ignored, as there.
///
/// **Threading.** *Thread-safe*: immutable.
public final class ErrorTarget extends ForwardingTarget {
    /// Constructs error targets.
    public static final TargetType TYPE = new Type();

    /// @param lengthSectors sectors in the target
    public ErrorTarget(long lengthSectors) {
        long sizeBytes = lengthSectors << BlockDevice.SECTOR_SHIFT;
        super(new ErrorDevice(sizeBytes), 0, sizeBytes);
    }

    @Override
    public String type() {
        return TYPE.name();
    }

    @Override
    public String tableArguments() {
        return "";
    }

    private static final class Type implements TargetType {
        @Override
        public String name() {
            return "error";
        }

        @Override
        public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices) {
            return new ErrorTarget(lengthSectors);
        }
    }
}
