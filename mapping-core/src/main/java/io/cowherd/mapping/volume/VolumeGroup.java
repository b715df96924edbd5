package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXHAUSTED;

import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/// One volume group: its catalog and its families.
///
/// A new origin comes to be in this order, so that a crash leaves it whole or not at all: its file under a preliminary name,
/// durable; its mapped device; its line in the catalog; its file's name.
///
/// Among several nodes only the families that this node holds are here, opened one by one ([#openFamily]); the catalog has all.
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
        CatalogLock shared = context.sharing().catalogLock(folder);
        var catalog = CatalogFile.fresh(folder, empty, files, shared);
        catalog.reassert(files); // of one that another node has made meanwhile, nothing is lost
        catalog.keepReserve();
        return new VolumeGroup(context, folder, catalog);
    }

    /// Opens a group, finishes what a crash left half-done, and brings its volumes back.
    static VolumeGroup open(Path folder, PoolContext context) throws IOException {
        CatalogLock shared = context.sharing().catalogLock(folder);
        var catalog = CatalogFile.open(folder, context.files(), shared);
        var group = new VolumeGroup(context, folder, catalog);
        group.recoverFolders();
        if (shared.isShared()) {
            return group;
        }
        try {
            for (Catalog.Family family : catalog.present().families()) {
                group.families.add(group.opened(family, context));
            }
            catalog.keepReserve();
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

    /// The group's folder.
    Path folder() {
        return folder;
    }

    /// Folder of the family with that origin.
    ///
    /// @param files what changes it
    FamilyFolder folder(UUID family, DurableFiles files) {
        return new FamilyFolder(folder, family, files);
    }

    /// The family with that origin, if it is open here.
    Optional<Family> family(UUID family) {
        return families.stream().filter(each -> each.uuid().equals(family)).findFirst();
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
        String file = FamilyFolder.ORIGIN_FILE;
        try (var undo = new Undo(context.log())) {
            PoolContext own = found(uuid, undo);
            FamilyFolder files = folder(uuid, own.files());
            undo.push("delete " + files, files::dissolve);
            undo.push(
                    "delete " + files.path(file),
                    () -> {
                        catalog.reassert(own.files());
                        files.discard(file);
                    });
            Opened opened = own.devices().open(files.prepare(file, sizeBytes));
            undo.push("close " + files.path(file), opened.file()::close);
            opened.file().showBlocksOf(blocks.logicalBytes());
            var backing = new Backing.Own(file);
            var family = add(own, record(uuid, name, sizeBytes, blocks, backing), opened, undo);
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
        try (var undo = new Undo(context.log())) {
            PoolContext own = found(uuid, undo);
            FamilyFolder files = folder(uuid, own.files());
            undo.push(
                    "delete " + files,
                    () -> {
                        catalog.reassert(own.files());
                        files.dissolve();
                    });
            Opened opened = Adoption.open(path, own.devices());
            undo.push("close " + path, opened.file()::close);
            long size = opened.device().sizeBytes();
            blocks.checkFits(path.toString(), opened.device().logicalBlockBytes(), size);
            opened.file().showBlocksOf(blocks.logicalBytes());
            var backing = new Backing.Adopted(path);
            var family = add(own, record(uuid, name, size, blocks, backing), opened, undo);
            undo.keep();
            return family.origin();
        }
    }

    /// Makes the folder of a new family, which nobody else can open from then on.
    private PoolContext found(UUID uuid, Undo undo) throws IOException {
        undo.push("let " + uuid + " go", () -> ended(uuid));
        catalog.hold(uuid);
        return context.sharing().found(folder, uuid, context);
    }

    private Catalog.Origin record(
            UUID uuid, VolumeName name, long sizeBytes, BlockSize blocks, Backing backing) {
        return new Catalog.Origin(
                uuid, name.volume(), sizeBytes, blocks, backing, context.clock().instant());
    }

    private Family add(PoolContext own, Catalog.Origin origin, Opened opened, Undo undo)
            throws IOException {
        var record = new Catalog.Family(origin, Family.FIRST_NUMBER, List.of());
        var family = Family.start(this, own, origin, opened);
        undo.push("close " + origin.name(), family::close);
        catalog.update(own.files(), present -> present.plus(record));
        families.add(family);
        return family;
    }

    /// A family that is not open here any more.
    void forget(Family family) {
        families.remove(family);
    }

    /// A family that this node does not hold any more, whatever has become of it.
    void ended(UUID family) throws IOException {
        catalog.letGo(family);
        context.sharing().end(family);
    }

    void close() throws IOException {
        IOException failure = null;
        for (Family family : families) {
            try (var all = new ClosingAll()) {
                all.then(() -> ended(family.uuid()));
                all.then(family::close);
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

    /// Opens a family that this node holds: finishes what a crash of its former owner left half-done, and brings its volumes
    /// back.
    ///
    /// @param own what things of the family are to be done with
    /// @return the family, or nothing if the catalog has it not
    Optional<Family> openFamily(UUID uuid, PoolContext own) throws IOException {
        Optional<Family> opened = Optional.empty();
        try {
            var record = catalog.hold(uuid).family(uuid);
            if (record.isPresent()) {
                folder(uuid, own.files()).recover(ownFiles(record.get()), own.log());
                opened = Optional.of(opened(record.get(), own));
            }
            return opened;
        } finally {
            if (opened.isEmpty()) {
                catalog.letGo(uuid);
            }
        }
    }

    /// Brings a family here that has been opened.
    void add(Family family) {
        families.add(family);
    }

    private Family opened(Catalog.Family record, PoolContext own) throws IOException {
        UUID uuid = record.uuid();
        for (Catalog.Snapshot snapshot : record.snapshots()) {
            if (snapshot.store() == StoreKind.N) {
                drop(uuid, snapshot, own);
            }
        }
        return Family.open(this, own, catalog.present().family(uuid).orElseThrow());
    }

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
        FamilyFolder files = folder(uuid, context.files());
        if (context.sharing().isShared()) {
            sweep(uuid, files);
            return;
        }
        var family = catalog.present().family(uuid);
        files.recover(family.map(VolumeGroup::ownFiles).orElse(Set.of()), context.log());
        if (family.isEmpty()) {
            files.dissolve();
        }
    }

    /// Deletes what a crash has left of a family that is in no catalog; not what another node is making or removing right now.
    private void sweep(UUID uuid, FamilyFolder files) throws IOException {
        if (catalog.present().family(uuid).isPresent()) {
            return; // its owner's
        }
        try (var _ = FamilyHold.sweeper(files.path(), uuid)) {
            if (catalog.refresh().family(uuid).isEmpty()) {
                files.recover(Set.of(), context.log());
                files.dissolve();
            }
        } catch (FamilyInUseException | NoSuchFileException _) {
            // somebody is at it
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

    /// Transient snapshots end with the process (spec 2.14), and with their family's owner.
    private void drop(UUID family, Catalog.Snapshot snapshot, PoolContext own) throws IOException {
        var removal = new Removal(folder(family, own.files()), own.log());
        removal.retire(snapshot.cow());
        catalog.updateWithReserve(
                own.files(), present -> present.with(family, f -> f.minus(snapshot.uuid())));
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
