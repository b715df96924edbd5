package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.snapshot.SnapshotListener;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Tells the volumes what the snapshot engine tells of their COW devices.
///
/// **Threading.** *Thread-safe*: a concurrent map.
final class SnapshotWatch implements SnapshotListener {
    private final Map<BlockDevice, SnapshotVolume> volumes = new ConcurrentHashMap<>();

    /// From now on what happens on the volume's COW device happens to the volume.
    void watch(SnapshotVolume volume) {
        var store = volume.stack().store();
        if (store != null) {
            volumes.put(store.cow(), volume);
        }
    }

    void forget(SnapshotVolume volume) {
        volumes.values().remove(volume);
    }

    @Override
    public boolean knownInvalid(DeviceRef cow) {
        SnapshotVolume volume = volumes.get(cow.device());
        return volume != null && volume.invalid();
    }

    @Override
    public void invalidated(DeviceRef cow, String why) throws IOException {
        SnapshotVolume volume = volumes.get(cow.device());
        if (volume != null) {
            volume.family().invalidated(volume, why);
        }
    }

    @Override
    public void overflowed(DeviceRef cow, String why) {
        SnapshotVolume volume = volumes.get(cow.device());
        if (volume != null) {
            volume.family().overflowed(volume, why);
        }
    }
}
