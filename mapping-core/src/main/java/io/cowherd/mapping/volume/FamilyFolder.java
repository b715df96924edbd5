package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/// The folder of one family: the files that Cowherd made for an origin and its snapshots.
///
/// A file is born and dies beside the catalog, and a crash can come between the two. So its name says how far it is:
///
/// | name | means | found at open, in the catalog | found at open, not in the catalog |
/// |------|-------|-------------------------------|-----------------------------------|
/// | `x.new` | made, not yet known to be in the catalog | renamed to `x` | deleted: its creation never finished |
/// | `x` | in use | used | kept, and said so: nothing proves that it is not needed |
/// | `x.removed` | its removal has begun | renamed to `x`: the removal did not happen | deleted: the removal did happen |
///
/// Beside them, an empty file `<volume's UUID>.erasing` says that the erasure of that volume has begun and not ended.
/// Reservations, epoch and lock have files of their own ([ReservationsFile], [EpochFile], [FamilyHold]), which go with the folder.
///
/// Creation is [#prepare], catalog, [#settle]. Removal is [#retire], catalog, [#purge].
///
/// **Threading.** *Confined to whoever holds the pool's change lock*, but for the marks of erasures: a volume's are its own.
final class FamilyFolder {
    /// File that holds an origin's data.
    static final String ORIGIN_FILE = "origin.img";

    private static final String COW_SUFFIX = ".cow";
    private static final String ERASING = ".erasing";
    private static final String NEW = ".new";
    private static final String REMOVED = ".removed";

    private final Path directory;
    private final DurableFiles files;

    /// @param group folder of the volume group
    /// @param family identity of the family
    FamilyFolder(Path group, UUID family, DurableFiles files) {
        this.directory = group.resolve(family.toString());
        this.files = files;
    }

    /// File that holds the COW store of that snapshot.
    static String cowFile(UUID snapshot) {
        return snapshot + COW_SUFFIX;
    }

    /// Makes the folder, durably.
    void create() throws IOException {
        files.createDirectory(directory);
        files.syncDirectory(parent());
    }

    /// The folder itself.
    Path path() {
        return directory;
    }

    /// Where `file` is when it is in use.
    Path path(String file) {
        return directory.resolve(file);
    }

    /// Makes `file`, sparse and durable, under its preliminary name.
    ///
    /// @return where it is until [#settle]
    Path prepare(String file, long sizeBytes) throws IOException {
        Path made = path(file + NEW);
        files.createSparse(made, sizeBytes);
        files.sync(made);
        files.syncDirectory(directory);
        return made;
    }

    /// Gives a prepared file its name, the catalog having it now.
    void settle(String file) throws IOException {
        rename(file + NEW, file);
    }

    /// Deletes a prepared file of which nothing became.
    void discard(String file) throws IOException {
        if (Files.exists(path(file + NEW))) {
            files.delete(path(file + NEW));
        }
    }

    /// Marks a file as one that is being removed.
    ///
    /// @return false if it is not there: then there is nothing to remove
    boolean retire(String file) throws IOException {
        for (String name : List.of(file, file + NEW)) {
            if (Files.exists(path(name))) {
                rename(name, file + REMOVED);
                return true;
            }
        }
        return false;
    }

    /// Takes back [#retire].
    void restore(String file) throws IOException {
        rename(file + REMOVED, file);
    }

    /// Deletes a retired file, the catalog having it no more.
    void purge(String file) throws IOException {
        files.delete(path(file + REMOVED));
    }

    /// True if the volume's erasure has begun, and not ended; or nobody can say.
    boolean isErasing(UUID volume) {
        return !Files.notExists(erasing(volume));
    }

    /// Remembers durably that the volume's erasure has begun.
    void beginErasing(UUID volume) throws IOException {
        files.write(erasing(volume), new byte[0]);
        files.sync(erasing(volume));
        files.syncDirectory(directory);
    }

    /// Takes that back, durably.
    void endErasing(UUID volume) throws IOException {
        if (isErasing(volume)) {
            files.delete(erasing(volume));
            files.syncDirectory(directory);
        }
    }

    private Path erasing(UUID volume) {
        return path(volume + ERASING);
    }

    /// The reservations of a family whose folder is new.
    ReservationsFile freshReservations(UUID family) {
        return ReservationsFile.fresh(directory, family, files);
    }

    /// The reservations in the folder.
    ///
    /// @param volumes the family's, as the catalog has them
    ReservationsFile openReservations(UUID family, Set<UUID> volumes) throws IOException {
        return ReservationsFile.open(directory, family, volumes, files);
    }

    /// Reservations in the folder that are not believed.
    ReservationsFile unbelievableReservations(UUID family, IOException why) {
        return ReservationsFile.unbelievable(directory, family, files, why);
    }

    /// Deletes the folder, if nothing is left in it but reservations, marks of erasures, epoch and lock: without their volumes
    /// they mean nothing.
    ///
    /// @return false if something is left
    boolean dissolve() throws IOException {
        List<Path> left = content();
        if (left.stream().allMatch(FamilyFolder::isNote)) {
            for (Path path : left) {
                if (!isLock(path)) {
                    files.delete(path);
                }
            }
            for (Path path : left) {
                if (isLock(path)) {
                    files.delete(path); // last: until then nobody else thinks that it is free
                }
            }
        }
        try {
            files.delete(directory);
            return true;
        } catch (DirectoryNotEmptyException | NoSuchFileException _) {
            return false;
        }
    }

    /// Finishes or undoes what a crash has left, as the table above says.
    ///
    /// @param referenced files that the catalog has
    /// @param log is told each deletion and each file that is of no use
    void recover(Set<String> referenced, Consumer<String> log) throws IOException {
        for (Path path : content()) {
            String name = path.getFileName().toString();
            String file = name.replaceFirst("(\\.new|\\.removed)$", "");
            boolean inUse = name.equals(file);
            if (inUse && isOurs(file) && !referenced.contains(file)) {
                log.accept(path + " belongs to no volume in the catalog; it is left as it is.");
            } else if (!inUse && isOurs(file)) {
                recover(path, file, referenced.contains(file), log);
            }
        }
    }

    private void recover(Path leftover, String file, boolean referenced, Consumer<String> log)
            throws IOException {
        if (referenced && !Files.exists(path(file))) {
            rename(leftover.getFileName().toString(), file);
            return;
        }
        files.delete(leftover);
        log.accept(
                "Deleted "
                        + leftover
                        + ": left by "
                        + (leftover.toString().endsWith(NEW) ? "a creation" : "a removal")
                        + " that a crash cut short.");
    }

    private List<Path> content() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (var paths = Files.list(directory)) {
            return paths.sorted().toList();
        }
    }

    private static boolean isNote(Path path) {
        String file = path.getFileName().toString();
        return file.endsWith(ERASING)
                || ReservationsFile.isOurs(file)
                || EpochFile.isOurs(file)
                || isLock(path);
    }

    private static boolean isLock(Path path) {
        return path.endsWith(FamilyHold.LOCK);
    }

    private static boolean isOurs(String file) {
        return file.equals(ORIGIN_FILE) || file.endsWith(COW_SUFFIX);
    }

    private void rename(String from, String to) throws IOException {
        files.rename(path(from), path(to));
        files.syncDirectory(directory);
    }

    private Path parent() {
        return directory.resolveSibling(".").normalize();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
