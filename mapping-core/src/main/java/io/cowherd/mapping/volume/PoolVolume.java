package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.MappedDevice;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What origins and snapshots have in common.
///
/// **Threading.** *Thread-safe*: each answer reads volatile fields; written under the pool's change lock, but for
/// [#open(boolean)].
abstract sealed class PoolVolume implements Volume permits OriginVolume, SnapshotVolume {
    // Immutable
    private final Family family;
    private final UUID uuid;
    private final int number;
    private final MappedDevice device;

    // Any thread
    private volatile VolumeName name;
    private volatile boolean open;
    private volatile @Nullable String broken;

    PoolVolume(Family family, UUID uuid, int number, VolumeName name, MappedDevice device) {
        this.family = family;
        this.uuid = uuid;
        this.number = number;
        this.name = name;
        this.device = device;
    }

    final Family family() {
        return family;
    }

    final MappedDevice mapped() {
        return device;
    }

    /// The data cannot be reached: from now on the device serves errors.
    ///
    /// @param why sentences for people
    final void markBroken(String why) {
        broken = why;
    }

    final boolean broken() {
        return broken != null;
    }

    final void renamed(VolumeName to) {
        name = to;
    }

    @Override
    public final UUID uuid() {
        return uuid;
    }

    @Override
    public final VolumeName name() {
        return name;
    }

    @Override
    public final int number() {
        return number;
    }

    @Override
    public final BlockDevice device() {
        return device;
    }

    @Override
    public final ReservationStore reservations() {
        return family.reservations().of(uuid);
    }

    @Override
    public final long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public final int physicalBlockSizeBytes() {
        return Math.max(blockSizeBytes(), family.blocks().physicalBytes());
    }

    @Override
    public final String attributes() {
        return new Attributes(kind(), access(), attributeState(), open).toString();
    }

    abstract Attributes.Kind kind();

    abstract Attributes.Access access();

    private Attributes.State attributeState() {
        if (invalid()) {
            return isSuspended() ? Attributes.State.INVALID_SUSPENDED : Attributes.State.INVALID;
        }
        if (broken()) {
            return Attributes.State.BROKEN;
        }
        return isSuspended() ? Attributes.State.SUSPENDED : Attributes.State.ACTIVE;
    }

    private boolean isSuspended() {
        return device.info().isSuspended();
    }

    @Override
    public VolumeState state() {
        if (broken()) {
            return VolumeState.UNREACHABLE;
        }
        return isSuspended() ? VolumeState.SUSPENDED : VolumeState.ACTIVE;
    }

    @Override
    public String stateReason() {
        String why = broken;
        return why == null ? "" : why;
    }

    @Override
    public final boolean erasing() {
        return family.folder().isErasing(uuid);
    }

    @Override
    public final void erasing(boolean begun) throws IOException {
        if (begun) {
            family.folder().beginErasing(uuid);
        } else {
            family.folder().endErasing(uuid);
        }
    }

    @Override
    public final void open(boolean inUse) {
        open = inUse;
    }

    @Override
    public @Nullable Volume origin() {
        return null;
    }

    @Override
    public final String toString() {
        return name.toString();
    }
}
