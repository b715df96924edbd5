package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// The directory in which all groups live, locked against a second process.
///
/// ```text
/// DATA/lock                              held for as long as the directory is open; has the holder's process id
/// DATA/token                             the API's; with .new while it is made
/// DATA/access, DATA/access.previous      rules about hosts; each with .new while it is written
/// DATA/secrets/                          CHAP secrets
/// DATA/GROUP/catalog                     CatalogFormat
/// DATA/GROUP/FAMILY-UUID/origin.img      an origin's data
/// DATA/GROUP/FAMILY-UUID/UUID.cow        a snapshot's COW store, in the kernel's format
/// ```
///
/// Other files in `DATA` are not touched.
///
/// Its lock is invariant I6 for a single node: nobody else writes here while it is held.
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
                    "secrets");

    private static final int MAX_PID_CHARS = 20;

    /// What this process has open. Asked before the lock file is touched: a process that closes a file loses its locks on it,
    /// however it came by them (POSIX record locks), so a second attempt must not even open it.
    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel lockFile;

    private DataDirectory(Path directory, FileChannel lockFile) {
        this.directory = directory;
        this.lockFile = lockFile;
    }

    /// Makes the directory if need be, and locks it.
    ///
    /// @throws DataDirectoryInUseException if it is open already, here or in another process
    static DataDirectory open(Path directory) throws IOException {
        Path real = make(directory).toRealPath();
        if (!OPEN_HERE.add(real)) {
            throw new DataDirectoryInUseException(
                    directory, "process " + ProcessHandle.current().pid() + " (this one)");
        }
        boolean open = false;
        try {
            var opened = new DataDirectory(real, lock(directory, real.resolve(LOCK)));
            open = true;
            return opened;
        } finally {
            if (!open) {
                OPEN_HERE.remove(real);
            }
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

    private static FileChannel lock(Path directory, Path file) throws IOException {
        var lockFile =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        try {
            if (lockFile.tryLock() == null) {
                throw new DataDirectoryInUseException(directory, holder(lockFile));
            }
            byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8);
            lockFile.truncate(0);
            lockFile.write(ByteBuffer.wrap(pid), 0);
            return lockFile;
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
    }

    private static String holder(FileChannel lockFile) throws IOException {
        var text = ByteBuffer.allocate(MAX_PID_CHARS);
        lockFile.read(text, 0);
        String pid = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
        return pid.isEmpty() ? "another process" : "process " + pid;
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
                files.delete(folder);
                log.accept("Deleted " + folder + ": left by a creation that a crash cut short.");
            }
        }
    }

    /// True if that is the name of a file that stands beside the groups.
    static boolean isReserved(String name) {
        return RESERVED.contains(name);
    }

    /// True if that folder can become a group's: it is not there, or nothing is in it but an unfinished catalog.
    static boolean isFree(Path group) throws IOException {
        if (!Files.exists(group, LinkOption.NOFOLLOW_LINKS)) {
            return true;
        }
        if (!Files.isDirectory(group)) {
            return false;
        }
        try (var paths = Files.list(group)) {
            return paths.allMatch(path -> path.endsWith(CatalogFile.NEXT));
        }
    }

    /// A folder whose catalog has gone, but not its predecessor, is one too: opening it says what is wrong.
    private static boolean isGroup(Path path) {
        return Files.exists(path.resolve(CatalogFile.NAME), LinkOption.NOFOLLOW_LINKS)
                || Files.exists(path.resolve(CatalogFile.PREVIOUS));
    }

    @Override
    public void close() throws IOException {
        if (lockFile.isOpen()) {
            lockFile.close();
            OPEN_HERE.remove(directory);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
