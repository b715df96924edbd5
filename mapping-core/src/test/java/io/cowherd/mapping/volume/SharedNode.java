package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FencedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/// One node over a shared directory, with a fence that a test can fell, and what its listeners have heard.
final class SharedNode implements AutoCloseable, FamilyListener, VolumeListener {
    final SharedVolumePool pool;
    final List<String> log = Collections.synchronizedList(new ArrayList<>());
    final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    /// Stands until a test fells it.
    volatile boolean stands = true;

    SharedNode(Path data, String name) throws IOException {
        this(data, name, DurableFiles.LOCAL, DeviceOpener.FILES);
    }

    SharedNode(Path data, String name, DurableFiles files, DeviceOpener devices)
            throws IOException {
        pool =
                SharedVolumePool.open(
                        data,
                        name,
                        _ -> this::check,
                        log::add,
                        () -> PoolFixture.START,
                        VolumePool.DEFAULT_LARGEST_NUMBER,
                        files,
                        devices);
        pool.addListener(this);
        pool.volumes().addListener(this);
    }

    void check() throws FencedException {
        if (!stands) {
            throw new FencedException("the lease has run out");
        }
    }

    Volume create(String name, long sizeBytes) throws Exception {
        return pool.volumes().create(VolumeName.parse(name), sizeBytes);
    }

    Volume snapshot(String origin, String name) throws Exception {
        return pool.volumes()
                .snapshot(
                        VolumeName.parse(origin),
                        name,
                        PoolFixture.request(4 * PoolFixture.MIB, 4096));
    }

    Volume get(String name) throws VolumeRefusedException {
        return pool.volumes().get(VolumeName.parse(name));
    }

    /// All steps to an open family.
    FamilyEpoch take(UUID family) throws Exception {
        pool.lock(family);
        FamilyEpoch epoch = pool.raiseEpoch(family);
        pool.open(family, this::check);
        return epoch;
    }

    /// All steps to a family that is free.
    void give(UUID family) throws Exception {
        pool.close(family);
        pool.unlock(family);
    }

    List<String> names() {
        return pool.volumes().list().stream().map(volume -> volume.name().toString()).toList();
    }

    @Override
    public void appeared(FamilyRecord family) {
        heard.add("appeared " + family.origin().name());
    }

    @Override
    public void changed(FamilyRecord before, FamilyRecord now) {
        heard.add(
                "changed "
                        + now.origin().name()
                        + " "
                        + now.volumes().map(each -> each.name().volume()).toList());
    }

    @Override
    public void vanished(FamilyRecord family) {
        heard.add("vanished " + family.origin().name());
    }

    @Override
    public void created(Volume volume) {
        heard.add("created " + volume.name());
    }

    @Override
    public void removing(Volume volume) {
        heard.add("removing " + volume.name());
    }

    @Override
    public void close() throws IOException {
        pool.close();
    }
}
