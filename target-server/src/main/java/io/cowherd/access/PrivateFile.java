package io.cowherd.access;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Files that only their owner may read, replaced whole and durably.
///
/// **Threading.** *Immutable*: no state of its own. Two threads must not replace one file at once.
public final class PrivateFile {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");

    private static final Set<PosixFilePermission> OWNERS_FOLDER =
            PosixFilePermissions.fromString("rwx------");

    private PrivateFile() {}

    /// Puts the content in the place of the file, if there is one: after a power cut there is the old one or the new one.
    public static void replace(Path file, byte[] content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(unfinished); // left by somebody who was killed here
        FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
        try (FileChannel channel =
                FileChannel.open(
                        unfinished,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        mode)) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        syncFolderOf(file);
    }

    /// Makes a folder that only its owner may look into, unless it is there.
    static void makeFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNERS_FOLDER));
            syncFolderOf(folder);
        }
    }

    /// Makes the name of a file durable.
    private static void syncFolderOf(Path file) throws IOException {
        Path folder = file.toAbsolutePath().resolveSibling(".");
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Reads a file of bounded size.
    ///
    /// @param cure what to do if it cannot be used; a phrase
    /// @throws FileSystemException naming the file, if it is none, is longer, or others than its owner may read or write it
    public static byte[] read(Path file, int maxBytes, String cure) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > maxBytes) {
            throw unusable(file, "is no file of at most " + maxBytes + " bytes", cure);
        }
        if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
            throw unusable(
                    file, "may be read or written by others than its owner (want mode 600)", cure);
        }
        return Files.readAllBytes(file);
    }

    /// The failure of a file that cannot be used.
    public static FileSystemException unusable(Path file, String why, String cure) {
        return new FileSystemException(file.toString(), null, why + ". " + cure);
    }
}
