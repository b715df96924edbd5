package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXHAUSTED;
import static io.cowherd.mapping.volume.VolumeRefusedException.Reason.EXISTS;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
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
/// **Among several nodes** each change takes the [CatalogLock], reads what is there now, and is made of that: but for the families
/// that this node holds ([#hold]), which nobody else changes and of which memory is right. So a change that failed half-way is
/// taken back by the next one, as on a single node.
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
    private final CatalogLock shared;
    private final Set<UUID> held = ConcurrentHashMap.newKeySet();
    private final ReentrantLock changes = new ReentrantLock();

    // Guarded by changes, read by any thread
    private volatile Catalog present;
    private boolean onDisk;
    private int presentBytes;
    private final RoomReserve reserve;

    private CatalogFile(
            Path directory,
            DurableFiles files,
            CatalogLock shared,
            Catalog present,
            int presentBytes) {
        this.directory = directory;
        this.shared = shared;
        this.file = new ReplacedFile(directory, NAME, files);
        this.present = present;
        this.presentBytes = presentBytes;
        this.onDisk = presentBytes > 0;
        this.reserve = new RoomReserve(directory, RESERVE, files);
    }

    /// The catalog of a new group. Its file comes with its first change, the directory must be there.
    ///
    /// @param shared keeps its changes and those of other nodes apart
    static CatalogFile fresh(
            Path directory, Catalog empty, DurableFiles files, CatalogLock shared) {
        return new CatalogFile(directory, files, shared, empty, 0);
    }

    /// Opens the catalog in `directory`, which is called as the group.
    static CatalogFile open(Path directory, DurableFiles files, CatalogLock shared)
            throws IOException {
        try (var _ = shared.take()) { // what is deleted may be another's work
            var replaced = new ReplacedFile(directory, NAME, files);
            if (!replaced.exists()) {
                throw new CorruptCatalogException(replaced.path(), "the file", "none", "a catalog");
            }
            byte[] content = replaced.read(CatalogFormat.MAX_BYTES, CatalogFormat.REFUSALS);
            Catalog catalog = decode(content, directory, replaced.path());
            replaced.cleanUp();
            return new CatalogFile(directory, files, shared, catalog, content.length);
        }
    }

    private static Catalog decode(byte[] content, Path directory, Path file) throws IOException {
        Catalog catalog = CatalogFormat.decode(content, file);
        String name = String.valueOf(directory.getFileName());
        if (!catalog.group().equals(name)) {
            throw new CorruptCatalogException(
                    file,
                    "line 2, name",
                    "\"" + catalog.group() + "\"",
                    "\"" + name + "\", as its folder is called");
        }
        return catalog;
    }

    // --- among several nodes

    /// Reads what other nodes have made of it, if there are any.
    ///
    /// @return the present generation
    Catalog refresh() throws IOException {
        changes.lock();
        try {
            if (shared.isShared() && file.exists()) {
                byte[] content = file.read(CatalogFormat.MAX_BYTES, CatalogFormat.REFUSALS);
                present = decode(content, directory, file.path()).withHeld(held, present);
                presentBytes = content.length;
                onDisk = true;
            }
            return present;
        } finally {
            changes.unlock();
        }
    }

    /// This node holds a family from now on: no other changes it.
    ///
    /// @return the present generation, which has that family as its former holder has left it
    Catalog hold(UUID family) throws IOException {
        changes.lock();
        try {
            Catalog left = refresh();
            held.add(family);
            return left;
        } finally {
            changes.unlock();
        }
    }

    /// This node does not hold the family any more.
    void letGo(UUID family) {
        held.remove(family);
    }

    // --- changes

    /// The present generation.
    Catalog present() {
        return present;
    }

    /// Changes the present generation. When it returns the change is durable; when it throws, it has not happened.
    ///
    /// @param by takes the steps: of a family that has a fence, [FencedFiles]
    /// @param change a function of the generation that is present when its turn comes
    Catalog update(DurableFiles by, UnaryOperator<Catalog> change) throws IOException {
        changes.lock();
        try (var _ = shared.take()) {
            Catalog next = change.apply(refresh());
            checkPossible(next);
            replace(by, CatalogFormat.encode(next));
            present = next;
            return next;
        } finally {
            changes.unlock();
        }
    }

    /// As [#update], and with the reserve if there is no room: for a change that makes room, or that must not be lost.
    Catalog updateWithReserve(DurableFiles by, UnaryOperator<Catalog> change) throws IOException {
        changes.lock();
        try {
            return update(by, change);
        } catch (IOException e) {
            if (!FileFault.isNoSpace(e) || !reserve.giveUp()) {
                throw e;
            }
            return update(by, change);
        } finally {
            changes.unlock();
        }
    }

    /// Only another node's change can have come between what was checked before and this.
    private static void checkPossible(Catalog next) throws IOException {
        var names = new HashSet<String>();
        for (String name : next.names().toList()) {
            if (!names.add(name)) {
                throw new CatalogConflictException(
                        EXISTS,
                        "A volume " + next.group() + "/" + name + " exists already.",
                        "Choose another name.");
            }
        }
        if (names.size() > CatalogFormat.MAX_VOLUMES) {
            throw new CatalogConflictException(
                    EXHAUSTED,
                    "The volume group " + next.group() + " has too many volumes already.",
                    "Use another volume group.");
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
    ///
    /// @param by as for [#update]
    void reassert(DurableFiles by) throws IOException {
        updateWithReserve(by, catalog -> catalog);
    }

    private void replace(DurableFiles by, byte[] next) throws IOException {
        if (next.length > CatalogFormat.MAX_BYTES) {
            throw new IOException(
                    "The catalog of " + directory + " would be larger than it may be.");
        }
        byte[] before = onDisk ? CatalogFormat.encode(present) : null;
        new ReplacedFile(directory, NAME, by).replace(next, before);
        onDisk = true;
        presentBytes = next.length;
    }
}
