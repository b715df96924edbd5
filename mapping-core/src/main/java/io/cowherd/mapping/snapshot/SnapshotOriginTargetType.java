package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.Target;
import io.cowherd.mapping.dm.TargetType;
import java.util.List;

/// Constructs `snapshot-origin <origin>` (spec 2.1).
///
/// **Threading.** *Immutable.*
final class SnapshotOriginTargetType implements TargetType {
    static final String NAME = "snapshot-origin";

    private final SnapshotFamilies families;

    SnapshotOriginTargetType(SnapshotFamilies families) {
        this.families = families;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
            throws TableRefusedException {
        if (arguments.size() != 1) {
            throw new TableRefusedException("origin: incorrect number of arguments");
        }
        var origin = devices.find(arguments.getFirst());
        long lengthBytes = lengthSectors << BlockDevice.SECTOR_SHIFT;
        if (lengthBytes > origin.device().sizeBytes()) {
            throw new TableRefusedException("device " + origin + " too small for target");
        }
        return new SnapshotOriginTarget(families, origin, lengthBytes);
    }
}
