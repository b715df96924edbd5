package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.CONFLICT;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.ELSEWHERE;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXHAUSTED;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXISTS;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.INVALID;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.NOT_FOUND;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The volume groups of one data directory, on a device-mapper of their own.
///
/// A change is checked here, carried out by its [Family], and announced here. Changes follow one another; a request on a
/// device never waits for the lock that they take, since a change waits for requests.
///
/// **Threading.** *Thread-safe*: one change at a time, under a lock; lookups read an immutable map.
public final class VolumePool implements Volumes {
    private static final Comparator<PoolVolume> ORDER =
            Comparator.<PoolVolume, String>comparing(volume -> volume.name().group())
                    .thenComparing(volume -> volume.family().origin().name().volume())
                    .thenComparingInt(PoolVolume::number);

    /// Largest number of a snapshot unless another is asked for: the largest LUN that Windows reads.
    public static final int DEFAULT_LARGEST_NUMBER = 255;

    private final PoolContext context;
    private final DataDirectory directory;
    private final KnownFamilies known = new KnownFamilies();
    private final ReentrantLock changes = new ReentrantLock();

    // Guarded by changes
    private final Map<String, VolumeGroup> groups = new HashMap<>();
    private boolean closed;

    // Written while it is being opened, read by any thread
    private final Map<String, BrokenGroup> broken = new TreeMap<>();

    // Written under changes, read by any thread
    private volatile Map<VolumeName, PoolVolume> volumes = Map.of();

    private VolumePool(DataDirectory directory, PoolContext context) {
        this.directory = directory;
        this.context = context;
    }

    /// Opens a data directory, making it if need be, and brings all its volumes back.
    ///
    /// A volume whose files are missing or damaged does not stop the others: it is listed, its device serves errors, and
    /// the log says what is wrong. A group whose catalog is damaged does not stop the others either: see [#brokenGroups].
    ///
    /// @param dataDirectory where everything is kept; belongs to this pool until [#close]
    /// @param log takes a sentence for each thing that an operator should know, from any thread; must not block
    /// @param clock tells when volumes are created
    /// @throws DataDirectoryInUseException if it is open already, here or in another process
    public static VolumePool open(Path dataDirectory, Consumer<String> log, InstantSource clock)
            throws IOException {
        return open(dataDirectory, log, clock, DEFAULT_LARGEST_NUMBER);
    }

    /// The same with another bound on the numbers of new snapshots.
    ///
    /// @param largestNumber largest number, and so LUN, that a new snapshot may get; 0 to 16383. Snapshots that have larger
    ///     ones are opened all the same
    public static VolumePool open(
            Path dataDirectory, Consumer<String> log, InstantSource clock, int largestNumber)
            throws IOException {
        if (largestNumber < 0 || largestNumber > CatalogFormat.MAX_NUMBER) {
            throw new IllegalArgumentException(
                    "largest number "
                            + largestNumber
                            + " is not within 0 to "
                            + CatalogFormat.MAX_NUMBER);
        }
        return open(
                dataDirectory,
                PoolContext.of(
                        log,
                        clock,
                        DurableFiles.LOCAL,
                        DeviceOpener.FILES,
                        largestNumber,
                        Sharing.ALONE));
    }

    /// The same over other files and devices, for tests.
    static VolumePool open(
            Path dataDirectory,
            Consumer<String> log,
            InstantSource clock,
            DurableFiles files,
            DeviceOpener devices)
            throws IOException {
        return open(
                dataDirectory,
                PoolContext.of(log, clock, files, devices, DEFAULT_LARGEST_NUMBER, Sharing.ALONE));
    }

    /// Opens a directory as `context` says; if that is shared, without any family.
    static VolumePool open(Path dataDirectory, PoolContext context) throws IOException {
        boolean isShared = context.sharing().isShared();
        var directory =
                isShared
                        ? DataDirectory.openShared(dataDirectory)
                        : DataDirectory.open(dataDirectory);
        var pool = new VolumePool(directory, context);
        try {
            if (!isShared) { // else it may be another node's work
                directory.recover(context.files(), context.log());
            }
            directory.groups().forEach(pool::openGroup);
            pool.publish();
            return pool;
        } catch (IOException | RuntimeException e) {
            pool.closeAfter(e);
            throw e;
        }
    }

    private void openGroup(Path folder) {
        String name = String.valueOf(folder.getFileName());
        try {
            groups.put(name, VolumeGroup.open(folder, context));
        } catch (IOException e) {
            var group =
                    new BrokenGroup(
                            name,
                            isOurs(e)
                                    ? String.valueOf(e.getMessage())
                                    : "The folder "
                                            + folder
                                            + " cannot be opened: "
                                            + FileFault.describe(e)
                                            + ".",
                            "Start the server again after that: until then nothing in "
                                    + name
                                    + " is served or changed.");
            broken.put(name, group);
            context.log()
                    .accept(
                            "The volume group %s is out of service. %s %s"
                                    .formatted(name, group.cause(), group.correction()));
        }
    }

    private static boolean isOurs(IOException e) {
        return e instanceof CorruptCatalogException
                || e instanceof CatalogTooNewException
                || e instanceof CatalogTooOldException;
    }

    private void closeAfter(Exception cause) {
        try {
            close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    @Override
    public void addListener(VolumeListener listener) {
        context.listeners().add(listener);
    }

    @Override
    public Volume create(VolumeName name, long sizeBytes, BlockSize blocks)
            throws VolumeRefusedException, IOException {
        long size = Sizes.origin(sizeBytes);
        blocks.check();
        return change(() -> announced(groupFor(name).create(name, size, blocks)));
    }

    @Override
    public Volume adopt(VolumeName name, Path device, BlockSize blocks)
            throws VolumeRefusedException, IOException {
        blocks.check();
        return change(
                () -> {
                    Path path = checkAdoption(device);
                    return announced(groupFor(name).adopt(name, path, blocks));
                });
    }

    @Override
    public Volume snapshot(VolumeName origin, String name, SnapshotRequest request)
            throws VolumeRefusedException, IOException {
        return change(
                () -> {
                    var volume = find(origin);
                    if (volume.origin() != null) {
                        throw new VolumeRefusedException(
                                CONFLICT,
                                "Snapshots of snapshots are not supported.",
                                "Make a snapshot of " + volume.family().origin().name() + ".");
                    }
                    var snapshotName = new VolumeName(origin.group(), name);
                    groupFor(snapshotName);
                    Path cow = request.cowDevice();
                    Path adopted = cow == null ? null : checkAdoption(cow);
                    return announced(volume.family().snapshot(snapshotName, request, adopted));
                });
    }

    /// What a group that is out of service has adopted is not known: it must not get a second owner.
    private Path checkAdoption(Path device) throws VolumeRefusedException, IOException {
        for (BrokenGroup group : broken.values()) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    device
                            + " may belong to the volume group "
                            + group.name()
                            + ", which is out of service.",
                    "Repair that group first. " + group.cause());
        }
        Path path = Adoption.check(device, directory);
        for (VolumeGroup group : groups.values()) {
            String user = group.catalog().present().userOf(path);
            if (context.sharing().isShared() && user != null) {
                throw new VolumeRefusedException(
                        CONFLICT,
                        path + " belongs to " + group.name() + "/" + user + " already.",
                        "Use another device.");
            }
        }
        return path;
    }

    private void checkFree(VolumeName name) throws VolumeRefusedException {
        NameRules.check(name);
        if (volumes.containsKey(name) || known.get(name) != null) {
            throw new VolumeRefusedException(
                    EXISTS, "A volume " + name + " exists already.", "Choose another name.");
        }
    }

    /// Checks the name of a new volume and finds its group, which comes to be if it is new.
    private VolumeGroup groupFor(VolumeName name) throws VolumeRefusedException, IOException {
        checkFree(name);
        VolumeGroup present = groups.get(name.group());
        if (present != null) {
            present.checkRoom();
            return present;
        }
        refuseBroken(name);
        if (refresh() && groups.containsKey(name.group())) {
            return groupFor(name); // another node has made it
        }
        if (groups.size() + broken.size() >= VolumeGroup.MAX_GROUPS) {
            throw new VolumeRefusedException(
                    EXHAUSTED,
                    "There are " + groups.size() + " volume groups already.",
                    "Use one of them.");
        }
        Path folder = directory.group(name.group());
        if (DataDirectory.isReserved(name.group()) || !DataDirectory.isFree(folder)) {
            throw new VolumeRefusedException(
                    INVALID,
                    "The volume group cannot be called \""
                            + name.group()
                            + "\": "
                            + folder
                            + " is something else, or will be.",
                    "Choose another name for the volume group.");
        }
        var made = VolumeGroup.create(folder, context);
        groups.put(made.name(), made);
        return made;
    }

    private Volume announced(PoolVolume volume) {
        publish();
        context.announce(listener -> listener.created(volume));
        return volume;
    }

    @Override
    public Volume extend(VolumeName snapshot, long cowSizeBytes)
            throws VolumeRefusedException, IOException {
        return change(
                () -> {
                    PoolVolume volume = find(snapshot);
                    if (!(volume instanceof SnapshotVolume target)) {
                        throw new VolumeRefusedException(
                                CONFLICT,
                                snapshot + " is not a snapshot and has no COW store.",
                                "Extend one of its snapshots.");
                    }
                    target.family().extend(target, cowSizeBytes);
                    context.announce(listener -> listener.extended(target));
                    return target;
                });
    }

    @Override
    public Volume rename(VolumeName from, VolumeName to)
            throws VolumeRefusedException, IOException {
        return change(
                () -> {
                    PoolVolume volume = find(from);
                    if (!from.group().equals(to.group())) {
                        throw new VolumeRefusedException(
                                INVALID,
                                from + " cannot be renamed to " + to + ": that is another group.",
                                "Rename it within " + from.group() + ".");
                    }
                    checkFree(to);
                    volume.family().rename(volume, to);
                    publish();
                    context.announce(listener -> listener.renamed(volume, from));
                    return volume;
                });
    }

    @Override
    public void remove(VolumeName name, boolean withSnapshots)
            throws VolumeRefusedException, IOException {
        change(
                () -> {
                    PoolVolume volume = find(name);
                    Family family = volume.family();
                    List<PoolVolume> doomed = new ArrayList<>();
                    if (volume instanceof OriginVolume) {
                        doomed.addAll(family.snapshots());
                        if (!doomed.isEmpty() && !withSnapshots) {
                            throw new VolumeRefusedException(
                                    CONFLICT,
                                    name + " has " + doomed.size() + " snapshots.",
                                    "Remove them first, or together with it (--with-snapshots).");
                        }
                    }
                    doomed.add(volume);
                    doomed.forEach(v -> context.announce(listener -> listener.removing(v)));
                    removeAnnounced(family, volume, doomed);
                    return volume;
                });
    }

    /// If it fails, nothing has gone, and those who have stopped using the volumes are told that they may again.
    private void removeAnnounced(Family family, PoolVolume volume, List<PoolVolume> doomed)
            throws IOException {
        boolean gone = false;
        try {
            family.remove(volume);
            gone = true;
        } finally {
            publish();
            if (!gone) {
                doomed.reversed().forEach(v -> context.announce(listener -> listener.created(v)));
            }
        }
    }

    @Override
    public Volume get(VolumeName name) throws VolumeRefusedException {
        return find(name);
    }

    private PoolVolume find(VolumeName name) throws VolumeRefusedException {
        PoolVolume volume = volumes.get(name);
        if (volume == null) {
            refuseBroken(name);
            refuseElsewhere(name);
            throw new VolumeRefusedException(
                    NOT_FOUND, "There is no volume " + name + ".", "List them: cowherd ls.");
        }
        return volume;
    }

    private void refuseElsewhere(VolumeName name) throws VolumeRefusedException {
        if (known.get(name) != null) {
            throw new VolumeRefusedException(
                    ELSEWHERE,
                    name + " is not served by this node.",
                    "Ask the node that owns it: cowherd ls.");
        }
    }

    private void refuseBroken(VolumeName name) throws VolumeRefusedException {
        BrokenGroup group = broken.get(name.group());
        if (group != null) {
            throw new VolumeRefusedException(
                    CONFLICT,
                    "The volume group " + name.group() + " is out of service. " + group.cause(),
                    group.correction());
        }
    }

    @Override
    public List<BrokenGroup> brokenGroups() {
        return List.copyOf(broken.values());
    }

    @Override
    public List<Volume> list() {
        return volumes.values().stream().sorted(ORDER).<Volume>map(volume -> volume).toList();
    }

    @Override
    public List<String> table() {
        return context.mapper().table();
    }

    @Override
    public List<String> status() {
        return context.mapper().status();
    }

    @Override
    public void close() throws IOException {
        changes.lock();
        try (directory) {
            if (!closed) {
                closed = true;
                closeGroups();
            }
        } finally {
            changes.unlock();
        }
    }

    private void closeGroups() throws IOException {
        @Nullable IOException failure = null;
        for (VolumeGroup group : groups.values()) {
            try {
                group.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /// Makes known what is open here, and what the catalogs say. Under the change lock.
    void publish() {
        var present = new HashMap<VolumeName, PoolVolume>();
        groups.values().stream()
                .flatMap(VolumeGroup::volumes)
                .forEach(volume -> present.put(volume.name(), volume));
        volumes = Map.copyOf(present);
        if (context.sharing().isShared()) {
            known.update(groups.values().stream().map(group -> group.catalog().present()));
        }
    }

    // --- among several nodes: SharedVolumePool's

    /// All families of the directory.
    KnownFamilies known() {
        return known;
    }

    PoolContext context() {
        return context;
    }

    /// Folder of a family's group.
    Path groupFolder(FamilyRecord family) {
        return directory.group(family.origin().name().group());
    }

    /// Looks at what other nodes have done.
    ///
    /// @return false if there are no others
    boolean refresh() throws IOException {
        if (!context.sharing().isShared()) {
            return false;
        }
        changes.lock();
        try {
            requireOpen();
            for (VolumeGroup group : groups.values()) {
                Undo.attempt(context.log(), "read " + group.folder(), group.catalog()::refresh);
            }
            for (Path folder : directory.groups()) {
                String name = String.valueOf(folder.getFileName());
                if (!groups.containsKey(name) && !broken.containsKey(name)) {
                    openGroup(folder);
                }
            }
            publish();
            return true;
        } finally {
            changes.unlock();
        }
    }

    /// Takes a step while nothing else changes.
    void alone(Undo.Step step) throws IOException {
        changes.lock();
        try {
            requireOpen();
            step.run();
        } finally {
            changes.unlock();
        }
    }

    /// A family's group.
    ///
    /// @throws IOException if it is out of service
    VolumeGroup groupOf(FamilyRecord family) throws IOException {
        changes.lock();
        try {
            VolumeGroup group = groups.get(family.origin().name().group());
            if (group == null) {
                throw new IOException(
                        "The volume group of " + family.origin().name() + " is out of service");
            }
            return group;
        } finally {
            changes.unlock();
        }
    }

    private void requireOpen() throws IOException {
        if (closed) {
            throw new IOException("The pool in " + directory + " is closed.");
        }
    }

    /// Something that changes volumes.
    private interface Change {
        Volume make() throws VolumeRefusedException, IOException;
    }

    private Volume change(Change change) throws VolumeRefusedException, IOException {
        changes.lock();
        try {
            requireOpen();
            return change.make();
        } catch (CatalogConflictException e) {
            throw e.refusal();
        } catch (IOException e) {
            if (FileFault.isNoSpace(e)) {
                throw new VolumeRefusedException(
                        EXHAUSTED,
                        "The file system is full: " + FileFault.describe(e) + ".",
                        "Make room on it (volumes are in "
                                + directory
                                + "), for example with cowherd rm, and try again.");
            }
            if (FileFault.isTooLarge(e)) {
                throw new VolumeRefusedException(
                        INVALID,
                        "The file system has no files of that size: " + FileFault.describe(e) + ".",
                        "Ask for a smaller size.");
            }
            throw e;
        } finally {
            groups.values().forEach(group -> group.catalog().keepReserve());
            changes.unlock();
        }
    }
}
