package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileInUseException;
import io.cowherd.mapping.device.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// The directory in which all groups live, locked against whoever does not belong there: by a single server for itself, by the
/// nodes of a cluster against single servers.
///
/// ```text
/// DATA/lock                              held for as long as the directory is open; says by whom
/// DATA/token                             the API's; with .new while it is made
/// DATA/access, DATA/access.previous      rules about hosts; each with .new while it is written
/// DATA/secrets/                          CHAP secrets
/// DATA/nodes/                            the nodes of a cluster; DATA/access.lock, DATA/start.lock keep their changes apart
/// DATA/cluster.secret                    the demo's secret of all nodes
/// DATA/GROUP/catalog                     CatalogFormat
/// DATA/GROUP/catalog.lock                held by the node of a cluster that changes the catalog
/// DATA/GROUP/FAMILY-UUID/origin.img      an origin's data
/// DATA/GROUP/FAMILY-UUID/UUID.cow        a snapshot's COW store, in the kernel's format
/// DATA/GROUP/FAMILY-UUID/lock, epoch     held by its owner in a cluster; how often it has had one (FamilyHold)
/// ```
///
/// Other files in `DATA` are not touched.
///
/// Its lock is invariant I6 for a single node: nobody else writes here while it is held. In a cluster [FamilyHold] is.
///
/// **Threading.** *Immutable*, but for the lock that [#close] releases.
final class DataDirectory implements AutoCloseable {
    static final String LOCK = "lock";

    /// Files beside the groups, there or not; no group can be called so.
    private static final Set<String> RESERVED =
            Set.of(
                    LOCK,
                    "token",
                    "token.new",
                    "access",
                    "access.new",
                    "access.previous",
                    "access.previous.new",
                    "access.lock",
                    "start.lock",
                    "cluster.secret",
                    "cluster.secret.new",
                    "nodes",
                    "secrets");

    private final Path directory;
    private final LockFile lock;

    private DataDirectory(Path directory, LockFile lock) {
        this.directory = directory;
        this.lock = lock;
    }

    /// Makes the directory if need be, and locks it for a single server.
    ///
    /// @throws DataDirectoryInUseException if it is open already, here or in another process
    static DataDirectory open(Path directory) throws IOException {
        String holder = "process " + ProcessHandle.current().pid();
        return open(directory, LockFile.Mode.EXCLUSIVE, holder);
    }

    /// The same for one node of a cluster, beside others.
    ///
    /// @throws DataDirectoryInUseException if a single server has it open
    static DataDirectory openShared(Path directory) throws IOException {
        return open(directory, LockFile.Mode.SHARED, "the nodes of a cluster");
    }

    private static DataDirectory open(Path directory, LockFile.Mode mode, String holder)
            throws IOException {
        Path real = make(directory).toRealPath();
        try {
            return new DataDirectory(real, LockFile.lock(real.resolve(LOCK), mode, holder));
        } catch (FileInUseException e) {
            throw new DataDirectoryInUseException(directory, e.holder());
        }
    }

    /// One that is made here is for its owner only.
    private static Path make(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return directory;
        }
        Path absolute = directory.toAbsolutePath();
        if (Files.exists(absolute)) {
            throw new NotDirectoryException(absolute.toString());
        }
        Path parent = absolute.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        boolean posix = absolute.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? Files.createDirectory(
                        absolute,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")))
                : Files.createDirectory(absolute);
    }

    /// Where it is, links resolved.
    Path path() {
        return directory;
    }

    /// Folder of a group, there or not.
    Path group(String name) {
        return directory.resolve(name);
    }

    /// Folders that hold a volume group, by name.
    List<Path> groups() throws IOException {
        try (var paths = Files.list(directory)) {
            return paths.filter(DataDirectory::isGroup).sorted().toList();
        }
    }

    /// Deletes the folders of groups whose creation a crash has cut short: those with nothing but an unfinished catalog.
    ///
    /// @param log is told each deletion
    void recover(DurableFiles files, Consumer<String> log) throws IOException {
        List<Path> folders;
        try (var paths = Files.list(directory)) {
            folders = paths.filter(Files::isDirectory).sorted().toList();
        }
        for (Path folder : folders) {
            Path unfinished = folder.resolve(CatalogFile.NEXT);
            if (Files.exists(unfinished) && isFree(folder)) {
                files.delete(unfinished);
                if (Files.exists(folder.resolve(CatalogLock.NAME))) {
                    files.delete(folder.resolve(CatalogLock.NAME));
                }
                files.delete(folder);
                log.accept("Deleted " + folder + ": left by a creation that a crash cut short.");
            }
        }
    }

    /// True if that is the name of a file that stands beside the groups.
    static boolean isReserved(String name) {
        return RESERVED.contains(name);
    }

    /// True if that folder can become a group's: it is not there, or nothing is in it but an unfinished catalog and its lock.
    static boolean isFree(Path group) throws IOException {
        if (!Files.exists(group, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        if (!Files.isDirectory(group)) {
            return false;
        }
        try (var paths = Files.list(group)) {
            return paths.allMatch(
                    path -> path.endsWith(CatalogFile.NEXT) || path.endsWith(CatalogLock.NAME));
        }
    }

    /// A folder whose catalog has gone, but not its predecessor, is one too: opening it says what is wrong.
    private static boolean isGroup(Path path) {
        return Files.exists(path.resolve(CatalogFile.NAME), LinkOption.NOFOLLOW_LINKS)
                || Files.exists(path.resolve(CatalogFile.PREVIOUS));
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
