package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/// The catalog of one group in its file, a [ReplacedFile].
///
/// If a change fails, nobody knows which generation a crash would leave until the next change gets through: whoever undoes
/// what belongs to a failed change makes an empty one first ([#reassert]).
///
/// On a full file system changes fail and leave everything as it was, but for those that make room or undo something: they
/// have a [RoomReserve].
///
/// **Threading.** *Thread-safe*: changes are serialised by a lock that is held for these steps alone, so that an
/// invalidation can be recorded in the midst of any other change.
final class CatalogFile {
    static final String NAME = "catalog";
    static final String NEXT = "catalog.new";
    static final String PREVIOUS = "catalog.old";
    static final String RESERVE = "catalog.reserve";

    private final Path directory;
    private final ReplacedFile file;
    private final ReentrantLock changes = new ReentrantLock();

    // Guarded by changes, read by any thread
    private volatile Catalog present;
    private boolean onDisk;
    private int presentBytes;
    private final RoomReserve reserve;

    private CatalogFile(Path directory, DurableFiles files, Catalog present, int presentBytes) {
        this.directory = directory;
        this.file = new ReplacedFile(directory, NAME, files);
        this.present = present;
        this.presentBytes = presentBytes;
        this.onDisk = presentBytes > 0;
        this.reserve = new RoomReserve(directory, RESERVE, files);
    }

    /// The catalog of a new group. Its file comes with its first change, the directory must be there.
    static CatalogFile fresh(Path directory, Catalog empty, DurableFiles files) {
        return new CatalogFile(directory, files, empty, 0);
    }

    /// Opens the catalog in `directory`, which is called as the group.
    static CatalogFile open(Path directory, DurableFiles files) throws IOException {
        var replaced = new ReplacedFile(directory, NAME, files);
        Path file = replaced.path();
        if (!replaced.exists()) {
            throw new CorruptCatalogException(file, "the file", "none", "a catalog");
        }
        byte[] content = replaced.read(CatalogFormat.MAX_BYTES, CatalogFormat.REFUSALS);
        Catalog catalog = CatalogFormat.decode(content, file);
        String name = String.valueOf(directory.getFileName());
        if (!catalog.group().equals(name)) {
            throw new CorruptCatalogException(
                    file,
                    "line 2, name",
                    "\"" + catalog.group() + "\"",
                    "\"" + name + "\", as its folder is called");
        }
        replaced.cleanUp();
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
        file.replace(next, onDisk ? CatalogFormat.encode(present) : null);
        onDisk = true;
        presentBytes = next.length;
    }
}
