package io.cowherd.mapping.volume;

import io.cowherd.mapping.dm.DeviceMapper;
import io.cowherd.mapping.dm.MappedDevice;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The mapped devices of one snapshot: the visible one, and `-cow` over its COW store.
///
/// One that is broken has the visible device only, and that serves errors.
///
/// **Threading.** *Confined to whoever holds the pool's change lock*, but for [#visible].
final class SnapshotStack {
    /// What a snapshot that is not broken has beneath it.
    ///
    /// @param file the COW store's file or device, owned
    /// @param cow the mapped device over it
    record Store(Opened file, MappedDevice cow) {}

    private final DeviceMapper mapper;
    private final MappedDevice visible;
    private final @Nullable Store store;

    private SnapshotStack(DeviceMapper mapper, MappedDevice visible, @Nullable Store store) {
        this.mapper = mapper;
        this.visible = visible;
        this.store = store;
    }

    /// Devices over a COW store. The visible one has no table yet.
    ///
    /// @param file owned by the stack once the change is made, by the caller if it fails
    static SnapshotStack over(
            Opened file,
            Catalog.Snapshot record,
            DeviceMapper mapper,
            UUID group,
            DeviceNames names,
            Undo undo)
            throws IOException {
        var number = mapper.attach(file.device());
        undo.push("forget " + file.device(), () -> mapper.detach(file.device()));
        MappedDevice cow = mapper.create(names.cow(), DeviceNames.cowUuid(group, record.uuid()));
        undo.push("remove " + names.cow(), cow::close);
        Tables.replace(cow, Tables.linear(record.cowSizeBytes(), number));
        MappedDevice visible = visible(record, mapper, group, names, undo);
        return new SnapshotStack(mapper, visible, new Store(file, cow));
    }

    /// One device, which serves errors.
    static SnapshotStack broken(
            Catalog.Snapshot record, DeviceMapper mapper, UUID group, DeviceNames names, Undo undo)
            throws IOException {
        MappedDevice visible = visible(record, mapper, group, names, undo);
        Tables.replace(visible, Tables.error(record.sizeBytes()));
        return new SnapshotStack(mapper, visible, null);
    }

    private static MappedDevice visible(
            Catalog.Snapshot record, DeviceMapper mapper, UUID group, DeviceNames names, Undo undo)
            throws IOException {
        MappedDevice visible =
                mapper.create(names.visible(), DeviceNames.uuid(group, record.uuid()));
        undo.push("remove " + names.visible(), visible::close);
        return visible;
    }

    /// What hosts see.
    MappedDevice visible() {
        return visible;
    }

    /// What is beneath; null if it is broken.
    @Nullable Store store() {
        return store;
    }

    /// Gives the devices other names.
    void rename(DeviceNames to) throws IOException {
        mapper.rename(visible.name(), to.visible());
        if (store != null) {
            mapper.rename(store.cow().name(), to.cow());
        }
    }

    /// Shows the snapshot a larger COW store.
    ///
    /// @param sizeBytes at most the file's size
    void extend(long sizeBytes) throws IOException {
        if (store != null) {
            Tables.replace(
                    store.cow(), Tables.linear(sizeBytes, mapper.attach(store.file().device())));
        }
    }

    /// Takes the visible device away. With the origin suspended.
    void removeVisible() throws IOException {
        visible.close();
    }

    /// Closes what [#removeVisible] has left, as far as it goes.
    void close() throws IOException {
        if (store != null) {
            try (var all = new ClosingAll()) {
                all.then(store.file().file()::close);
                all.then(() -> mapper.detach(store.file().device()));
                all.then(store.cow()::close);
                all.then(store.cow()::flush);
            }
        }
    }
}
