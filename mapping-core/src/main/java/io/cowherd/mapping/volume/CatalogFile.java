package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.device.NoSpaceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/// The catalog of one group in its file, replaced as a whole, atomically and durably.
///
/// 1. **Write** the new generation to `catalog.new`, and make it durable.
/// 2. **Keep** the present generation as `catalog.old`.
/// 3. **Rename** `catalog.new` to `catalog`: from here on the new generation is what will be found.
/// 4. **Make the names durable.**
///
/// A crash leaves the old or the new generation in `catalog`, and perhaps a `catalog.new`, which the next open deletes.
/// If step 4 fails, nobody knows which of the two a crash would leave until the next change gets through: whoever undoes what
/// belongs to a failed change makes an empty one first ([#reassert]).
///
/// On a full file system changes fail and leave everything as it was, but for those that make room or undo something: they
/// have a [CatalogReserve].
///
/// **Threading.** *Thread-safe*: changes are serialised by a lock that is held for these steps alone, so that an
/// invalidation can be recorded in the midst of any other change.
final class CatalogFile {
    static final String NAME = "catalog";
    static final String NEXT = "catalog.new";
    static final String PREVIOUS = "catalog.old";

    private final Path directory;
    private final DurableFiles files;
    private final ReentrantLock changes = new ReentrantLock();

    // Guarded by changes, read by any thread
    private volatile Catalog present;
    private boolean onDisk;
    private int presentBytes;
    private final CatalogReserve reserve;

    private CatalogFile(Path directory, DurableFiles files, Catalog present, int presentBytes) {
        this.directory = directory;
        this.files = files;
        this.present = present;
        this.presentBytes = presentBytes;
        this.onDisk = presentBytes > 0;
        this.reserve = new CatalogReserve(directory, files);
    }

    /// The catalog of a new group. Its file comes with its first change, the directory must be there.
    static CatalogFile fresh(Path directory, Catalog empty, DurableFiles files) {
        return new CatalogFile(directory, files, empty, 0);
    }

    /// Opens the catalog in `directory`, which is called as the group.
    static CatalogFile open(Path directory, DurableFiles files) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            throw new CorruptCatalogException(file, "the file", "none", "a catalog");
        }
        if (Files.size(file) > CatalogFormat.MAX_BYTES) {
            throw new CorruptCatalogException(
                    file,
                    "its length",
                    Files.size(file) + " bytes",
                    "at most " + CatalogFormat.MAX_BYTES);
        }
        byte[] content = Files.readAllBytes(file);
        Catalog catalog = CatalogFormat.decode(content, file);
        String name = String.valueOf(directory.getFileName());
        if (!catalog.group().equals(name)) {
            throw new CorruptCatalogException(
                    file,
                    "line 2, name",
                    "\"" + catalog.group() + "\"",
                    "\"" + name + "\", as its folder is called");
        }
        if (Files.deleteIfExists(directory.resolve(NEXT))) {
            files.syncDirectory(directory);
        }
        return new CatalogFile(directory, files, catalog, content.length);
    }

    /// The present generation.
    Catalog present() {
        return present;
    }

    /// Changes the present generation. When it returns the change is durable; when it throws, it has not happened.
    ///
    /// @param change a function of the generation that is present when its turn comes
    Catalog update(UnaryOperator<Catalog> change) throws IOException {
        changes.lock();
        try {
            Catalog next = change.apply(present);
            replace(CatalogFormat.encode(next));
            present = next;
            return next;
        } finally {
            changes.unlock();
        }
    }

    /// As [#update], and with the reserve if there is no room: for a change that makes room, or that must not be lost.
    Catalog updateWithReserve(UnaryOperator<Catalog> change) throws IOException {
        changes.lock();
        try {
            return update(change);
        } catch (IOException e) {
            if (!FileFault.isNoSpace(e) || !reserve.giveUp()) {
                throw e;
            }
            return update(change);
        } finally {
            changes.unlock();
        }
    }

    /// Makes sure of the reserve, as far as there is room: after changes.
    void keepReserve() {
        changes.lock();
        try {
            reserve.keep(presentBytes);
        } finally {
            changes.unlock();
        }
    }

    /// Writes the present generation once more, so that it is what a crash leaves.
    void reassert() throws IOException {
        updateWithReserve(catalog -> catalog);
    }

    private void replace(byte[] next) throws IOException {
        if (next.length > CatalogFormat.MAX_BYTES) {
            throw new IOException(
                    "The catalog of " + directory + " would be larger than it may be.");
        }
        try {
            replaceBy(next);
        } catch (IOException e) {
            if (FileFault.isNoSpace(e)) {
                throw new NoSpaceException(
                        "cannot replace " + directory.resolve(NAME) + ": " + FileFault.describe(e),
                        e);
            }
            throw e;
        }
    }

    private void replaceBy(byte[] next) throws IOException {
        Path temporary = directory.resolve(NEXT);
        files.write(temporary, next); // 1
        files.sync(temporary);
        if (onDisk) {
            Path previous = directory.resolve(PREVIOUS);
            files.write(previous, CatalogFormat.encode(present)); // 2
            files.sync(previous);
        }
        files.rename(temporary, directory.resolve(NAME)); // 3
        files.syncDirectory(directory); // 4
        onDisk = true;
        presentBytes = next.length;
    }
}
