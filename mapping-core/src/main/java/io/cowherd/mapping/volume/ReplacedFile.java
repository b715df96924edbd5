package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.device.NoSpaceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A small file that is replaced as a whole, atomically and durably.
///
/// 1. **Write** the new generation to `x.new`, and make it durable.
/// 2. **Keep** the present generation as `x.old`.
/// 3. **Rename** `x.new` to `x`: from here on the new generation is what will be found.
/// 4. **Make the names durable.**
///
/// A crash leaves the old or the new generation in `x`, and perhaps an `x.new`, which the next open deletes.
/// If step 4 fails, nobody knows which of the two a crash would leave until the next change gets through, or [#putBack] does.
///
/// **Threading.** *Confined to whoever holds its owner's lock.*
final class ReplacedFile {
    private static final String NEXT = ".new";
    private static final String PREVIOUS = ".old";

    private final Path directory;
    private final String name;
    private final DurableFiles files;

    /// @param directory there when the file is first replaced
    /// @param name the file's in it
    ReplacedFile(Path directory, String name, DurableFiles files) {
        this.directory = directory;
        this.name = name;
        this.files = files;
    }

    /// Every name that a file called `name` may leave in its directory, the file's own last.
    static List<String> names(String name) {
        return List.of(name + NEXT, name + PREVIOUS, name);
    }

    /// Where it is.
    Path path() {
        return directory.resolve(name);
    }

    /// True if there is anything of that name, a link that leads nowhere as well: that must not pass for no file.
    boolean exists() {
        return Files.exists(path(), LinkOption.NOFOLLOW_LINKS);
    }

    /// Reads the present generation. It must be there.
    ///
    /// @param maxBytes nothing larger is read, whatever its length is said to be
    /// @param refusals what is thrown at a larger file, and at what is no file
    byte[] read(int maxBytes, SealedText.Refusals refusals) throws IOException {
        if (!Files.isRegularFile(path())) {
            throw refusals.corrupt(path(), "the file", "something else", "a regular file");
        }
        try (InputStream in = Files.newInputStream(path())) {
            byte[] bytes = in.readNBytes(maxBytes);
            if (in.read() >= 0) {
                throw refusals.corrupt(path(), "its length", "more", "at most " + maxBytes);
            }
            return bytes;
        }
    }

    /// Deletes what a crash may have left. Only once the present generation has been read and believed.
    void cleanUp() throws IOException {
        Path left = directory.resolve(name + NEXT);
        if (Files.exists(left, LinkOption.NOFOLLOW_LINKS)) {
            files.delete(left);
            files.syncDirectory(directory);
        }
    }

    /// Replaces it. When this returns the next generation is durable.
    ///
    /// @param present the present generation; null if there is none
    void replace(byte[] next, byte @Nullable [] present) throws IOException {
        try {
            replaceBy(next, present);
        } catch (IOException e) {
            if (FileFault.isNoSpace(e)) {
                throw new NoSpaceException(
                        "cannot replace " + path() + ": " + FileFault.describe(e), e);
            }
            throw e;
        }
    }

    /// After a change that failed: makes sure of the generation before, if there was one, or that there is none.
    ///
    /// @param present the generation before; null if there was none
    void putBack(byte @Nullable [] present) throws IOException {
        if (present != null) {
            replace(present, null);
        } else if (exists()) {
            files.delete(path());
            files.syncDirectory(directory);
        }
    }

    private void replaceBy(byte[] next, byte @Nullable [] present) throws IOException {
        Path temporary = directory.resolve(name + NEXT);
        files.write(temporary, next); // 1
        files.sync(temporary);
        if (present != null) {
            Path previous = directory.resolve(name + PREVIOUS);
            files.write(previous, present); // 2
            files.sync(previous);
        }
        files.rename(temporary, path()); // 3
        files.syncDirectory(directory); // 4
    }
}
