package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import java.util.List;

/// Maps a range of a device: `linear <device> <start sector>`, as the kernel's dm-linear.
///
/// **Threading.** *Thread-safe*: immutable.
public final class LinearTarget extends ForwardingTarget {
    /// Constructs linear targets.
    public static final TargetType TYPE = new Type();

    private final DeviceRef device;
    private final long startSector;

    /// @param device where the range is; not owned
    /// @param startSector first sector of the range
    /// @param lengthSectors sectors in the range
    /// @throws TableRefusedException if the device is too small
    public LinearTarget(DeviceRef device, long startSector, long lengthSectors)
            throws TableRefusedException {
        this.device = device;
        this.startSector = startSector;
        long deviceSectors = device.device().sizeBytes() >> BlockDevice.SECTOR_SHIFT;
        if (startSector < 0 || lengthSectors < 0 || startSector > deviceSectors - lengthSectors) {
            throw new TableRefusedException(
                    "%s too small for target: start=%d, len=%d, dev_size=%d"
                            .formatted(device, startSector, lengthSectors, deviceSectors));
        }
        super(
                device.device(),
                startSector << BlockDevice.SECTOR_SHIFT,
                lengthSectors << BlockDevice.SECTOR_SHIFT);
    }

    @Override
    public String type() {
        return TYPE.name();
    }

    @Override
    public String tableArguments() {
        return device + " " + startSector;
    }

    private static final class Type implements TargetType {
        @Override
        public String name() {
            return "linear";
        }

        @Override
        public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
                throws TableRefusedException {
            if (arguments.size() != 2) {
                throw new TableRefusedException("Invalid argument count");
            }
            long startSector = TableLine.sectors(arguments.get(1), "Invalid device sector");
            return new LinearTarget(device(arguments, devices), startSector, lengthSectors);
        }

        private static DeviceRef device(List<String> arguments, DeviceLookup devices)
                throws TableRefusedException {
            try {
                return devices.find(arguments.getFirst());
            } catch (TableRefusedException e) {
                throw new TableRefusedException("Device lookup failed: " + e.getMessage());
            }
        }
    }
}
