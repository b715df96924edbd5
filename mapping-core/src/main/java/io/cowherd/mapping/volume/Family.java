package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.CONFLICT;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXHAUSTED;

import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.snapshot.StorePast;
import io.cowherd.mapping.volume.Catalog.Backing;
import io.cowherd.mapping.volume.DeviceOpener.Opened;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An origin with its snapshots: what is changed together, in the catalog, in the files and in the mapped devices.
///
/// The order of a change, so that a crash leaves it done or not done:
///
/// | change | 1 | 2 | 3 | 4 |
/// |--------|---|---|---|---|
/// | snapshot | file `x.cow.new`, durable | devices, header of the store durable; origin suspended | catalog | origin resumed; file named `x.cow` |
/// | remove | files named `x.removed` | catalog | devices | files deleted |
/// | extend | file longer, durable | catalog | table | |
/// | rename | catalog | devices | | |
///
/// **Threading.** *Confined to whoever holds the pool's change lock*, but for [#origin], [#snapshots], [#held] and
/// [#reservations], which any thread may ask, and [#invalidated], [#refused], [#overflowed] and [#filling], which come from the
/// I/O path.
final class Family {
    /// Number of the first snapshot; the origin is 0.
    static final int FIRST_NUMBER = 1;

    // Immutable
    private final VolumeGroup group;
    private final PoolContext context;
    private final FamilyFolder folder;
    private final FamilyStack stack;
    private final BlockSize blocks;
    private final OriginVolume origin;

    // Any thread; written under the pool's change lock
    private volatile List<SnapshotVolume> snapshots = List.of();
    private volatile boolean held;
    private volatile ReservationsFile reservations;

    private Family(VolumeGroup group, PoolContext context, Catalog.Origin record)
            throws IOException {
        this.group = group;
        this.context = context;
        this.folder = group.folder(record.uuid(), context.files());
        this.blocks = record.blocks();
        this.reservations = folder.freshReservations(record.uuid());
        var name = new VolumeName(group.name(), record.name());
        this.stack = new FamilyStack(context, group.uuid(), record.uuid(), name);
        this.origin = new OriginVolume(this, record, name, stack.base());
    }

    /// A family without snapshots, on an open device, which it owns once this has returned.
    static Family start(
            VolumeGroup group, PoolContext context, Catalog.Origin record, Opened opened)
            throws IOException {
        var family = new Family(group, context, record);
        try {
            family.stack.standOn(opened);
            family.stack.serve(record.sizeBytes());
            return family;
        } catch (IOException | RuntimeException e) {
            Undo.attempt(context.log(), "close " + record.name(), family.stack::abandon);
            throw e;
        }
    }

    /// Brings a family back from the catalog. What cannot be reached is logged, and its device serves errors.
    static Family open(VolumeGroup group, PoolContext context, Catalog.Family record)
            throws IOException {
        var family = new Family(group, context, record.origin());
        new FamilyOpener(family, context).open(record);
        return family;
    }

    /// What was asked for as block sizes when it came to be.
    BlockSize blocks() {
        return blocks;
    }

    OriginVolume origin() {
        return origin;
    }

    List<SnapshotVolume> snapshots() {
        return snapshots;
    }

    /// True while the origin must not be written, because a snapshot is out of reach that is not known to be lost.
    boolean held() {
        return held;
    }

    /// Why [#held], in a sentence.
    String whyHeld() {
        List<SnapshotVolume> missing =
                snapshots.stream().filter(SnapshotVolume::needsOriginUnchanged).toList();
        return origin + " is read-only while snapshots of it are out of reach: " + missing + ".";
    }

    FamilyStack stack() {
        return stack;
    }

    FamilyFolder folder() {
        return folder;
    }

    VolumeGroup group() {
        return group;
    }

    /// The reservations of its volumes.
    ReservationsFile reservations() {
        return reservations;
    }

    // --- snapshot

    /// What becomes a snapshot's COW store.
    ///
    /// @param opened the device, open
    /// @param backing where it is
    /// @param sizeBytes its size
    /// @param chunkSizeBytes chunk size in force
    private record Cow(Opened opened, Backing backing, long sizeBytes, int chunkSizeBytes) {}

    /// Makes a snapshot of this instant.
    ///
    /// @param adopted a COW store that is there already, or null to make one
    SnapshotVolume snapshot(VolumeName name, SnapshotRequest request, @Nullable Path adopted)
            throws VolumeRefusedException, IOException {
        requireReachable(origin);
        requireWritable();
        int number = nextNumber();
        UUID uuid = UUID.randomUUID();
        try (var undo = new Undo(context.log())) {
            Cow cow = adopted == null ? make(uuid, request, undo) : adopt(adopted, request, undo);
            Sizes.checkChunkHoldsBlocks(cow.chunkSizeBytes(), origin.blockSizeBytes());
            var record =
                    new Catalog.Snapshot(
                            uuid,
                            name.volume(),
                            number,
                            origin.sizeBytes(),
                            request.store(),
                            cow.chunkSizeBytes(),
                            cow.backing(),
                            cow.sizeBytes(),
                            request.readOnly(),
                            context.clock().instant(),
                            null);
            SnapshotVolume volume = attach(record, cow.opened(), undo);
            stack.switchIn(volume.stack(), undo, () -> commit(record, undo));
            undo.keep();
            snapshots = with(volume);
            settle(cow.backing());
            return volume;
        }
    }

    private void commit(Catalog.Snapshot record, Undo undo) throws IOException {
        group.catalog()
                .update(context.files(), all -> all.with(uuid(), family -> family.plus(record)));
        undo.push("take " + record.name() + " out of the catalog", () -> uncommit(record.uuid()));
    }

    /// The family's identity: its origin's.
    UUID uuid() {
        return origin.uuid();
    }

    private int nextNumber() throws VolumeRefusedException {
        int next = group.catalog().present().family(uuid()).orElseThrow().nextNumber();
        if (next > context.largestNumber()) {
            throw new VolumeRefusedException(
                    EXHAUSTED,
                    origin.name()
                            + " has had "
                            + (next - 1)
                            + " snapshots, and no number is used twice.",
                    "Copy it to a new volume.");
        }
        return next;
    }

    private Cow make(UUID uuid, SnapshotRequest request, Undo undo)
            throws VolumeRefusedException, IOException {
        int chunk = request.chunkSizeBytes();
        Sizes.checkChunk(chunk);
        long size = Sizes.cow(request.cowSizeBytes(), origin.sizeBytes(), chunk, context.log());
        String file = FamilyFolder.cowFile(uuid);
        undo.push(
                "delete " + folder.path(file),
                () -> {
                    group.catalog().reassert(context.files());
                    folder.discard(file);
                });
        Opened opened = context.devices().open(folder.prepare(file, size));
        undo.push("close " + folder.path(file), opened.file()::close);
        return new Cow(opened, new Backing.Own(file), size, chunk);
    }

    private Cow adopt(Path path, SnapshotRequest request, Undo undo)
            throws VolumeRefusedException, IOException {
        Opened opened = Adoption.open(path, context.devices());
        undo.push("close " + path, opened.file()::close);
        undo.push("write the catalog again", this::reassert);
        int chunk = Adoption.checkCow(path, opened.device(), request);
        long size = opened.device().sizeBytes();
        return new Cow(opened, new Backing.Adopted(path), size, chunk);
    }

    private SnapshotVolume attach(Catalog.Snapshot record, Opened cow, Undo undo)
            throws VolumeRefusedException, IOException {
        try {
            return loaded(record, cow, StorePast.NEW, undo);
        } catch (CorruptStoreException e) {
            throw Adoption.refusal(cow.device().toString(), e);
        }
    }

    /// A volume whose table is loaded but not in force: its store has been read, or made.
    ///
    /// @param past [StorePast#NEW] or [StorePast#MADE]: only before it is in the catalog may its store be made
    SnapshotVolume loaded(Catalog.Snapshot record, Opened cow, StorePast past, Undo undo)
            throws IOException {
        stack.needReal(record.sizeBytes(), undo);
        var name = new VolumeName(group.name(), record.name());
        var devices =
                SnapshotStack.over(
                        cow, record, context.mapper(), group.uuid(), DeviceNames.of(name), undo);
        var volume = new SnapshotVolume(this, record, name, devices);
        context.watch().watch(volume, past);
        undo.push("forget " + volume, () -> context.watch().forget(volume));
        stack.load(devices, record);
        return volume;
    }

    /// A volume that serves errors.
    ///
    /// @param why sentences for people
    SnapshotVolume broken(Catalog.Snapshot record, String why, Undo undo) throws IOException {
        var name = new VolumeName(group.name(), record.name());
        var devices =
                SnapshotStack.broken(
                        record, context.mapper(), group.uuid(), DeviceNames.of(name), undo);
        var volume = new SnapshotVolume(this, record, name, devices);
        volume.markBroken(why);
        return volume;
    }

    private List<SnapshotVolume> with(SnapshotVolume volume) {
        var more = new ArrayList<>(snapshots);
        more.add(volume);
        return List.copyOf(more);
    }

    private void settle(Backing backing) {
        switch (backing) {
            case Backing.Own(String file) ->
                    Undo.attempt(
                            context.log(),
                            "rename " + folder.path(file),
                            () -> folder.settle(file));
            case Backing.Adopted _ -> {}
        }
    }

    // --- opening

    /// Brings back what hosts have reserved.
    void openReservations(Catalog.Family record) throws IOException {
        var uuids = new HashSet<UUID>(Set.of(uuid()));
        record.snapshots().forEach(snapshot -> uuids.add(snapshot.uuid()));
        try {
            reservations = folder.openReservations(uuid(), uuids);
        } catch (IOException e) {
            reservations = folder.unbelievableReservations(uuid(), e);
            throw e;
        }
    }

    /// What [FamilyOpener] found.
    void opened(List<SnapshotVolume> found, boolean originReached) {
        snapshots = List.copyOf(found);
        held = originReached && found.stream().anyMatch(SnapshotVolume::needsOriginUnchanged);
    }

    // --- extend and rename

    /// Makes a COW store larger, online.
    void extend(SnapshotVolume snapshot, long askedBytes)
            throws VolumeRefusedException, IOException {
        requireValid(snapshot);
        requireReachable(snapshot);
        long size = Sizes.extended(snapshot, askedBytes, context.log());
        grow(snapshot, size);
        group.catalog()
                .update(
                        context.files(),
                        all ->
                                all.with(
                                        uuid(),
                                        f -> f.with(snapshot.uuid(), s -> s.extended(size))));
        snapshot.stack().extend(size);
        snapshot.extended(size);
    }

    private void grow(SnapshotVolume snapshot, long size)
            throws VolumeRefusedException, IOException {
        var store = snapshot.stack().store();
        if (store != null && store.file().device().sizeBytes() < size) {
            requireGrowable(snapshot);
            context.fence().check();
            store.file().file().grow(size);
        }
    }

    private void requireGrowable(SnapshotVolume snapshot) throws VolumeRefusedException {
        Backing backing = record(snapshot).cow();
        if (backing instanceof Backing.Adopted(Path path) && !Files.isRegularFile(path)) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    "The COW store of " + snapshot + " is the block device " + path + ".",
                    "Make the device larger, restart the server, and extend again.");
        }
    }

    private Catalog.Snapshot record(SnapshotVolume snapshot) {
        return group.catalog().present().family(uuid()).orElseThrow().snapshots().stream()
                .filter(s -> s.uuid().equals(snapshot.uuid()))
                .findFirst()
                .orElseThrow();
    }

    /// Gives a volume of this family another name in its group.
    void rename(PoolVolume volume, VolumeName to) throws IOException {
        String name = to.volume();
        group.catalog()
                .update(
                        context.files(),
                        all ->
                                all.with(
                                        uuid(),
                                        f ->
                                                volume == origin
                                                        ? f.withOrigin(f.origin().renamed(name))
                                                        : f.with(
                                                                volume.uuid(),
                                                                s -> s.renamed(name))));
        Undo.attempt(
                context.log(), "rename the devices of " + volume, () -> renameDevices(volume, to));
        volume.renamed(to);
    }

    private void renameDevices(PoolVolume volume, VolumeName to) throws IOException {
        var names = DeviceNames.of(to);
        switch (volume) {
            case OriginVolume _ -> stack.rename(names);
            case SnapshotVolume snapshot -> snapshot.stack().rename(names);
        }
    }

    private static void requireValid(SnapshotVolume snapshot) throws VolumeRefusedException {
        if (snapshot.invalid()) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    snapshot
                            + " is lost, and more space does not bring it back: "
                            + snapshot.stateReason(),
                    "Remove it, and take another snapshot with a larger store.");
        }
    }

    /// A new snapshot would stand on what is about to change.
    private void requireWritable() throws VolumeRefusedException {
        if (held) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    origin + " is read-only while a snapshot of it is out of reach.",
                    "Bring that snapshot back and restart the server, or remove it.");
        }
    }

    private void requireReachable(PoolVolume volume) throws VolumeRefusedException {
        if (volume.broken()) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    "The data of " + volume + " is out of reach: " + volume.stateReason(),
                    "Bring it back and restart the server, or remove " + volume + ".");
        }
    }

    // --- remove

    /// Removes a volume; the origin together with its snapshots.
    void remove(PoolVolume volume) throws IOException {
        var removal = new Removal(folder, context.log());
        try (var undo = new Undo(context.log())) {
            undo.push("write the catalog again", this::reassert);
            undo.push("keep the files", removal::restore);
            switch (volume) {
                case OriginVolume _ -> removeAll(removal, undo);
                case SnapshotVolume snapshot -> removeOne(snapshot, removal, undo);
            }
        }
        removal.purge();
        if (volume == origin) {
            Undo.attempt(context.log(), "delete " + folder, folder::dissolve);
            Undo.attempt(context.log(), "let " + folder + " go", () -> group.ended(uuid()));
        }
    }

    private void reassert() throws IOException {
        group.catalog().reassert(context.files());
    }

    private void removeAll(Removal removal, Undo undo) throws IOException {
        Catalog.Family record = group.catalog().present().family(uuid()).orElseThrow();
        for (Catalog.Snapshot snapshot : record.snapshots()) {
            removal.retire(snapshot.cow());
        }
        removal.retire(record.origin().backing());
        group.catalog().updateWithReserve(context.files(), all -> all.minus(uuid()));
        undo.keep();
        Undo.attempt(context.log(), "close " + origin, this::close);
        group.forget(this);
    }

    private void removeOne(SnapshotVolume snapshot, Removal removal, Undo undo) throws IOException {
        removal.retire(record(snapshot).cow());
        var others = snapshots.stream().filter(each -> each != snapshot).toList();
        boolean last = others.stream().allMatch(SnapshotVolume::broken);
        stack.switchOut(snapshot.stack(), last, undo, () -> uncommit(snapshot.uuid()));
        context.watch().forget(snapshot);
        snapshots = others;
        Undo.attempt(
                context.log(),
                "forget the reservations of " + snapshot,
                () -> reservations.forget(snapshot.uuid()));
        Undo.attempt(
                context.log(),
                "forget that " + snapshot + " was being erased",
                () -> folder.endErasing(snapshot.uuid()));
        if (held && others.stream().noneMatch(SnapshotVolume::needsOriginUnchanged)) {
            held = false;
            Undo.attempt(
                    context.log(),
                    "make " + origin + " writable",
                    () -> stack.release(origin.sizeBytes()));
        }
    }

    private void uncommit(UUID snapshot) throws IOException {
        group.catalog()
                .updateWithReserve(
                        context.files(), all -> all.with(uuid(), family -> family.minus(snapshot)));
    }

    // --- from the I/O path

    /// A snapshot is lost. When this returns, no restart brings it back as valid.
    void invalidated(SnapshotVolume snapshot, String why) throws IOException {
        boolean first = snapshot.markInvalid(why);
        try {
            group.catalog()
                    .updateWithReserve(
                            context.files(),
                            all ->
                                    all.with(
                                            uuid(),
                                            f -> f.with(snapshot.uuid(), s -> s.invalidated(why))));
        } finally {
            if (first) {
                failed(snapshot, why);
            }
        }
    }

    /// There was no room for a write that a snapshot needs room for.
    void refused(SnapshotVolume snapshot, String why) {
        failed(snapshot, why);
    }

    /// A snapshot refuses writes from now on.
    void overflowed(SnapshotVolume snapshot, String why) {
        failed(snapshot, why);
    }

    /// A snapshot's store is running full.
    void filling(SnapshotVolume snapshot, int percent) {
        long useful = Extents.maxUsefulCowBytes(snapshot.sizeBytes(), snapshot.chunkSizeBytes());
        if (snapshot.cowSizeBytes() < useful) {
            context.announce(listener -> listener.filling(snapshot, percent));
        }
    }

    private void failed(SnapshotVolume snapshot, String why) {
        context.log().accept(snapshot + ": " + why);
        context.announce(listener -> listener.failed(snapshot, why));
    }

    // --- closing

    /// Holds new requests back and waits for those that are in flight, so that [#close] waits for none.
    ///
    /// @throws IOException if some have not ended in time: then requests go on
    void quiesce(Duration limit) throws IOException {
        try (var undo = new Undo(context.log())) {
            for (PoolVolume volume : volumes()) {
                undo.push("resume " + volume, volume.mapped()::resume);
                volume.mapped().suspend(limit);
            }
            undo.keep();
        }
    }

    /// Snapshots, last first, then the origin.
    List<PoolVolume> volumes() {
        var all = new ArrayList<PoolVolume>(snapshots.reversed());
        all.add(origin);
        return all;
    }

    /// Flushes and closes everything; the files stay.
    void close() throws IOException {
        stack.close(snapshots.stream().map(SnapshotVolume::stack).toList());
    }
}
