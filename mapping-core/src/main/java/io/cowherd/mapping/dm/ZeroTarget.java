package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.ZeroDevice;
import java.util.List;

/// Reads as zeros and forgets writes: `zero`, as the kernel's dm-zero.
///
/// **Threading.** *Thread-safe*: immutable.
public final class ZeroTarget extends ForwardingTarget {
    /// Constructs zero targets.
    public static final TargetType TYPE = new Type();

    /// @param lengthSectors sectors in the target
    public ZeroTarget(long lengthSectors) {
        long sizeBytes = lengthSectors << BlockDevice.SECTOR_SHIFT;
        super(new ZeroDevice(sizeBytes), 0, sizeBytes);
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
            return "zero";
        }

        @Override
        public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
                throws TableRefusedException {
            if (!arguments.isEmpty()) {
                throw new TableRefusedException("No arguments required");
            }
            return new ZeroTarget(lengthSectors);
        }
    }
}
