package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.Target;
import io.cowherd.mapping.dm.TargetType;
import java.io.IOException;
import java.util.List;

/// Constructs `snapshot <origin> <COW> <store> <chunk_size> …` (spec 2.1).
///
/// **Threading.** *Immutable.*
final class SnapshotTargetType implements TargetType {
    static final String NAME = "snapshot";

    private final SnapshotFamilies families;
    private final SnapshotListener listener;

    SnapshotTargetType(SnapshotFamilies families, SnapshotListener listener) {
        this.families = families;
        this.listener = listener;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Target construct(long lengthSectors, List<String> arguments, DeviceLookup devices)
            throws TableRefusedException, IOException {
        var parsed = SnapshotArguments.parse(arguments, devices);
        long lengthBytes = lengthSectors << BlockDevice.SECTOR_SHIFT;
        if (lengthBytes > parsed.origin().device().sizeBytes()) {
            throw new TableRefusedException("device " + parsed.origin() + " too small for target");
        }
        return SnapshotTarget.construct(families, parsed, lengthBytes, listener);
    }
}
