package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.snapshot.SnapshotListener;
import io.cowherd.mapping.snapshot.StorePast;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Tells the volumes what the snapshot engine tells of their COW devices.
///
/// **Threading.** *Thread-safe*: a concurrent map.
final class SnapshotWatch implements SnapshotListener {
    private final Map<BlockDevice, Watched> volumes = new ConcurrentHashMap<>();

    /// @param file names the file or device under the volume's COW device
    /// @param past of its store, as the catalog has it
    private record Watched(SnapshotVolume volume, String file, StorePast past) {}

    /// From now on what happens on the volume's COW device happens to the volume.
    ///
    /// @param past [StorePast#NEW] while the volume is not in the catalog, else [StorePast#MADE]
    void watch(SnapshotVolume volume, StorePast past) {
        var store = volume.stack().store();
        if (store != null) {
            String file = store.file().file().toString();
            volumes.put(
                    store.cow(),
                    new Watched(volume, file, volume.invalid() ? StorePast.LOST : past));
        }
    }

    void forget(SnapshotVolume volume) {
        volumes.values().removeIf(watched -> watched.volume == volume);
    }

    @Override
    public StorePast past(DeviceRef cow) {
        Watched watched = volumes.get(cow.device());
        return watched == null ? SnapshotListener.super.past(cow) : watched.past;
    }

    @Override
    public String nameOf(DeviceRef cow) {
        Watched watched = volumes.get(cow.device());
        return watched == null ? SnapshotListener.super.nameOf(cow) : watched.file;
    }

    @Override
    public void invalidated(DeviceRef cow, String why) throws IOException {
        Watched watched = volumes.get(cow.device());
        if (watched != null) {
            watched.volume.family().invalidated(watched.volume, why);
        }
    }

    @Override
    public void refused(DeviceRef cow, String why) {
        Watched watched = volumes.get(cow.device());
        if (watched != null) {
            watched.volume.family().refused(watched.volume, why);
        }
    }

    @Override
    public void filling(DeviceRef cow, int percent) {
        Watched watched = volumes.get(cow.device());
        if (watched != null) {
            watched.volume.family().filling(watched.volume, percent);
        }
    }

    @Override
    public void overflowed(DeviceRef cow, String why) {
        Watched watched = volumes.get(cow.device());
        if (watched != null) {
            watched.volume.family().overflowed(watched.volume, why);
        }
    }
}
