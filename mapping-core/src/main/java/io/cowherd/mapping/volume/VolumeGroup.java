package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXHAUSTED;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/// One volume group: its catalog and its families.
///
/// A new origin comes to be in this order, so that a crash leaves it whole or not at all: its file under a preliminary name,
/// durable; its mapped device; its line in the catalog; its file's name.
///
/// **Threading.** *Confined to whoever holds the pool's change lock*; [#catalog()] to nobody.
final class VolumeGroup {
    /// Groups in one pool, at most.
    static final int MAX_GROUPS = 256;

    private final PoolContext context;
    private final Path folder;
    private final CatalogFile catalog;
    private final List<Family> families = new ArrayList<>();

    private VolumeGroup(PoolContext context, Path folder, CatalogFile catalog) {
        this.context = context;
        this.folder = folder;
        this.catalog = catalog;
    }

    /// Makes an empty group, durably.
    static VolumeGroup create(Path folder, PoolContext context) throws IOException {
        String name = String.valueOf(folder.getFileName());
        DurableFiles files = context.files();
        files.createDirectory(folder);
        files.syncDirectory(folder.resolve("..").normalize());
        var empty = new Catalog(name, UUID.randomUUID(), List.of());
        var catalog = CatalogFile.fresh(folder, empty, files);
        catalog.reassert();
        catalog.keepReserve();
        return new VolumeGroup(context, folder, catalog);
    }

    /// Opens a group, finishes what a crash left half-done, and brings its volumes back.
    static VolumeGroup open(Path folder, PoolContext context) throws IOException {
        var group = new VolumeGroup(context, folder, CatalogFile.open(folder, context.files()));
        group.recoverFolders();
        group.dropTransients();
        try {
            for (Catalog.Family family : group.catalog.present().families()) {
                group.families.add(Family.open(group, context, family));
            }
            group.catalog.keepReserve();
            return group;
        } catch (IOException | RuntimeException e) {
            Undo.attempt(context.log(), "close " + folder, group::close);
            throw e;
        }
    }

    String name() {
        return catalog.present().group();
    }

    UUID uuid() {
        return catalog.present().uuid();
    }

    CatalogFile catalog() {
        return catalog;
    }

    Stream<PoolVolume> volumes() {
        return families.stream()
                .flatMap(
                        family ->
                                Stream.concat(
                                        Stream.of(family.origin()), family.snapshots().stream()));
    }

    /// Folder of the family with that origin.
    FamilyFolder folder(UUID family) {
        return new FamilyFolder(folder, family, context.files());
    }

    /// Refuses one more volume if there are too many.
    void checkRoom() throws VolumeRefusedException {
        int count = catalog.present().volumeCount();
        if (count >= CatalogFormat.MAX_VOLUMES) {
            throw new VolumeRefusedException(
                    EXHAUSTED,
                    "The volume group " + name() + " has " + count + " volumes already.",
                    "Use another volume group.");
        }
    }

    /// Makes an origin of zeros.
    PoolVolume create(VolumeName name, long sizeBytes, BlockSize blocks) throws IOException {
        UUID uuid = UUID.randomUUID();
        FamilyFolder files = folder(uuid);
        String file = FamilyFolder.ORIGIN_FILE;
        try (var undo = new Undo(context.log())) {
            undo.push("delete " + files, files::dissolve);
            files.create();
            undo.push(
                    "delete " + files.path(file),
                    () -> {
                        catalog.reassert();
                        files.discard(file);
                    });
            Opened opened = context.devices().open(files.prepare(file, sizeBytes));
            undo.push("close " + files.path(file), opened.file()::close);
            opened.file().showBlocksOf(blocks.logicalBytes());
            var backing = new Backing.Own(file);
            var family = add(record(uuid, name, sizeBytes, blocks, backing), opened, undo);
            undo.keep();
            Undo.attempt(context.log(), "rename " + file, () -> files.settle(file));
            return family.origin();
        }
    }

    /// Makes an origin of what is there already.
    ///
    /// @param path as [Adoption#check] has returned it
    PoolVolume adopt(VolumeName name, Path path, BlockSize blocks)
            throws VolumeRefusedException, IOException {
        UUID uuid = UUID.randomUUID();
        FamilyFolder files = folder(uuid);
        try (var undo = new Undo(context.log())) {
            Opened opened = Adoption.open(path, context.devices());
            undo.push("close " + path, opened.file()::close);
            long size = opened.device().sizeBytes();
            blocks.checkFits(path.toString(), opened.device().logicalBlockBytes(), size);
            opened.file().showBlocksOf(blocks.logicalBytes());
            undo.push(
                    "delete " + files,
                    () -> {
                        catalog.reassert();
                        files.dissolve();
                    });
            files.create();
            var backing = new Backing.Adopted(path);
            var family = add(record(uuid, name, size, blocks, backing), opened, undo);
            undo.keep();
            return family.origin();
        }
    }

    private Catalog.Origin record(
            UUID uuid, VolumeName name, long sizeBytes, BlockSize blocks, Backing backing) {
        return new Catalog.Origin(
                uuid, name.volume(), sizeBytes, blocks, backing, context.clock().instant());
    }

    private Family add(Catalog.Origin origin, Opened opened, Undo undo) throws IOException {
        var record = new Catalog.Family(origin, Family.FIRST_NUMBER, List.of());
        var family = Family.start(this, context, origin, opened);
        undo.push("close " + origin.name(), family::close);
        catalog.update(present -> present.plus(record));
        families.add(family);
        return family;
    }

    /// A family that has gone from the catalog.
    void forget(Family family) {
        families.remove(family);
    }

    void close() throws IOException {
        IOException failure = null;
        for (Family family : families) {
            try {
                family.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        families.clear();
        if (failure != null) {
            throw failure;
        }
    }

    // --- opening

    private void recoverFolders() throws IOException {
        List<Path> content;
        try (var paths = Files.list(folder)) {
            content = paths.filter(Files::isDirectory).sorted().toList();
        }
        for (Path path : content) {
            String name = String.valueOf(path.getFileName());
            if (isUuid(name)) {
                var uuid = UUID.fromString(name);
                Undo.attempt(context.log(), "clean up " + path, () -> recover(uuid));
            }
        }
    }

    private static boolean isUuid(String name) {
        return name.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    }

    private void recover(UUID uuid) throws IOException {
        FamilyFolder files = folder(uuid);
        var family = catalog.present().family(uuid);
        files.recover(family.map(VolumeGroup::ownFiles).orElse(Set.of()), context.log());
        if (family.isEmpty()) {
            files.dissolve();
        }
    }

    private static Set<String> ownFiles(Catalog.Family family) {
        var files = new HashSet<String>();
        addOwn(files, family.origin().backing());
        family.snapshots().forEach(snapshot -> addOwn(files, snapshot.cow()));
        return files;
    }

    private static void addOwn(Set<String> files, Backing backing) {
        switch (backing) {
            case Backing.Own(String file) -> files.add(file);
            case Backing.Adopted _ -> {}
        }
    }

    /// Transient snapshots end with the process (spec 2.14).
    private void dropTransients() throws IOException {
        for (Catalog.Family family : catalog.present().families()) {
            for (Catalog.Snapshot snapshot : family.snapshots()) {
                if (snapshot.store() == StoreKind.N) {
                    drop(family.uuid(), snapshot);
                }
            }
        }
    }

    private void drop(UUID family, Catalog.Snapshot snapshot) throws IOException {
        var removal = new Removal(folder(family), context.log());
        removal.retire(snapshot.cow());
        catalog.updateWithReserve(present -> present.with(family, f -> f.minus(snapshot.uuid())));
        removal.purge();
        context.log()
                .accept(
                        "The transient snapshot "
                                + name()
                                + "/"
                                + snapshot.name()
                                + " is gone: its store (N) does not outlive a restart.");
    }
}
