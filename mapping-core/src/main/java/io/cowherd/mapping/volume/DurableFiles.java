package io.cowherd.mapping.volume;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/// The steps of which every change of files in a data directory is made: the seam at which tests cut the power.
///
/// No step is durable by itself: content is after [#sync], names are after [#syncDirectory].
///
/// **Threading.** *Thread-safe*: no state of its own.
interface DurableFiles {
    /// What fills a file that has no content, at a time.
    int PIECE_BYTES = 64 << 10;

    /// Makes a directory, unless it is there.
    void createDirectory(Path directory) throws IOException;

    /// Makes the file, or empties it, and fills it with `content`.
    void write(Path file, byte[] content) throws IOException;

    /// Makes the file, or empties it, and fills it with `sizeBytes` bytes that take storage, whatever they are.
    void occupy(Path file, int sizeBytes) throws IOException;

    /// Makes a file of `sizeBytes` zeros without storage behind them. It must not be there.
    void createSparse(Path file, long sizeBytes) throws IOException;

    /// Makes the content and length of a file durable.
    void sync(Path file) throws IOException;

    /// Renames, replacing `to` if it is there; both in one directory.
    void rename(Path from, Path to) throws IOException;

    /// Deletes a file or an empty directory.
    void delete(Path path) throws IOException;

    /// Makes the names in a directory durable.
    void syncDirectory(Path directory) throws IOException;

    /// The real ones.
    DurableFiles LOCAL =
            new DurableFiles() {
                @Override
                public void createDirectory(Path directory) throws IOException {
                    if (!Files.isDirectory(directory)) {
                        Files.createDirectory(directory);
                    }
                }

                @Override
                public void write(Path file, byte[] content) throws IOException {
                    Files.write(file, content);
                }

                @Override
                public void occupy(Path file, int sizeBytes) throws IOException {
                    byte[] piece = new byte[Math.min(PIECE_BYTES, sizeBytes)];
                    new Random(sizeBytes).nextBytes(piece); // zeros might get no storage
                    try (OutputStream out = Files.newOutputStream(file)) {
                        for (int left = sizeBytes; left > 0; left -= piece.length) {
                            out.write(piece, 0, Math.min(left, piece.length));
                        }
                    }
                }

                @Override
                public void createSparse(Path file, long sizeBytes) throws IOException {
                    if (Files.exists(file)) {
                        throw new FileAlreadyExistsException(file.toString());
                    }
                    try (var made = new RandomAccessFile(file.toFile(), "rw")) {
                        made.setLength(sizeBytes);
                    }
                }

                @Override
                public void sync(Path file) throws IOException {
                    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.force(true);
                    }
                }

                @Override
                public void rename(Path from, Path to) throws IOException {
                    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                }

                @Override
                public void delete(Path path) throws IOException {
                    Files.delete(path);
                }

                @Override
                public void syncDirectory(Path directory) throws IOException {
                    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                        channel.force(true);
                    }
                }
            };
}
