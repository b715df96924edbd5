package io.cowherd.mapping.volume;

import io.cowherd.mapping.dm.DeviceMapper;
import io.cowherd.mapping.snapshot.SnapshotFamilies;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// What all groups of one pool share.
///
/// @param log takes a sentence for each thing that an operator should know
/// @param clock tells when volumes are created
/// @param files the steps by which files change
/// @param devices opens backing devices
/// @param watch hears of snapshots that are lost
/// @param mapper holds the mapped devices
/// @param listeners hear what happens to volumes
/// @param largestNumber largest number of a new snapshot in its family
/// @param sharing with whom the directory is shared
/// @param fence stands for as long as things may be written
record PoolContext(
        Consumer<String> log,
        InstantSource clock,
        DurableFiles files,
        DeviceOpener devices,
        SnapshotWatch watch,
        DeviceMapper mapper,
        List<VolumeListener> listeners,
        int largestNumber,
        Sharing sharing,
        WriteFence fence) {
    static PoolContext of(
            Consumer<String> log,
            InstantSource clock,
            DurableFiles files,
            DeviceOpener devices,
            int largestNumber,
            Sharing sharing) {
        var watch = new SnapshotWatch();
        return new PoolContext(
                log,
                clock,
                files,
                devices,
                watch,
                new DeviceMapper(new SnapshotFamilies().targetTypes(watch)),
                new CopyOnWriteArrayList<>(),
                largestNumber,
                sharing,
                WriteFence.STANDS);
    }

    /// The same for one family that this node holds: everything asks its fence.
    PoolContext behind(FamilyHold hold) {
        LatchedFence stands = hold.fence();
        return new PoolContext(
                log,
                clock,
                new FencedFiles(files, hold::checkStored),
                path -> {
                    stands.check();
                    var opened = devices.open(path);
                    var fenced = new FencedDevice(opened.device(), stands);
                    return new DeviceOpener.Opened(opened.file(), fenced);
                },
                watch,
                mapper,
                listeners,
                largestNumber,
                sharing,
                stands);
    }

    /// Tells all listeners.
    void announce(Consumer<VolumeListener> event) {
        listeners.forEach(event);
    }
}
