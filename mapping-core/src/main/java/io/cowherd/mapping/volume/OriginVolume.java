package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileDevice;
import io.cowherd.mapping.dm.MappedDevice;
import java.io.IOException;

/// An origin, or a volume of which there is no snapshot yet.
///
/// **Threading.** *Thread-safe*: see [PoolVolume].
final class OriginVolume extends PoolVolume {
    private static final int NUMBER = 0;

    OriginVolume(Family family, Catalog.Origin record, VolumeName name, MappedDevice device) {
        super(family, record.uuid(), NUMBER, name, device);
    }

    @Override
    Attributes.Kind kind() {
        return family().snapshots().isEmpty() ? Attributes.Kind.PLAIN : Attributes.Kind.ORIGIN;
    }

    @Override
    Attributes.Access access() {
        return readOnly() ? Attributes.Access.HELD_READ_ONLY : Attributes.Access.WRITABLE;
    }

    /// True while a snapshot of it cannot be reached: a write could destroy that snapshot unseen.
    @Override
    public boolean readOnly() {
        return family().held();
    }

    @Override
    public String stateReason() {
        return readOnly() ? family().whyHeld() : super.stateReason();
    }

    @Override
    public int chunkSizeBytes() {
        return 0;
    }

    @Override
    public long cowSizeBytes() {
        return 0;
    }

    /// Of a device that was adopted, everything is taken already.
    @Override
    public SpaceUsage space() throws IOException {
        FileDevice file = family().stack().file();
        if (file == null) {
            return new SpaceUsage(SpaceUsage.UNKNOWN, SpaceUsage.UNKNOWN, false);
        }
        return file.isBlockDevice()
                ? new SpaceUsage(sizeBytes(), 0, false)
                : new SpaceUsage(SpaceUsage.UNKNOWN, file.usableBytes(), true);
    }

    @Override
    public String dataPercent() {
        return "";
    }

    @Override
    public boolean invalid() {
        return false;
    }
}
