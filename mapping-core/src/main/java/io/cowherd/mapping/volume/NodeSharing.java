package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What one node of a cluster holds of a shared directory.
///
/// **Threading.** *Thread-safe*: a concurrent map. The steps of one family come one after the other.
final class NodeSharing implements Sharing {
    /// Tries to make and lock the folder of a new family, which another node may take for a leftover and delete before it is
    /// locked.
    private static final int MAX_TRIES = 8;

    private final String node;
    private final Function<UUID, WriteFence> newFamilies;
    private final Map<UUID, FamilyHold> holds = new ConcurrentHashMap<>();

    /// @param node this node's name
    /// @param newFamilies the fence of a family that this node is making
    NodeSharing(String node, Function<UUID, WriteFence> newFamilies) {
        this.node = node;
        this.newFamilies = newFamilies;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public CatalogLock catalogLock(Path group) {
        return CatalogLock.of(group, FamilyHold.named(node));
    }

    @Override
    public PoolContext found(Path group, UUID family, PoolContext plain) throws IOException {
        var folder = new FamilyFolder(group, family, plain.files());
        FamilyHold hold = makeAndLock(folder, family, plain.files());
        try {
            hold.raiseEpoch();
            LatchedFence _ = hold.fenceBy(newFamilies.apply(family));
            return plain.behind(hold);
        } catch (IOException | RuntimeException e) {
            Undo.attempt(plain.log(), "delete " + folder, folder::dissolve);
            end(family);
            throw e;
        }
    }

    private FamilyHold makeAndLock(FamilyFolder folder, UUID family, DurableFiles files)
            throws IOException {
        for (int i = 1; ; i++) {
            folder.create();
            try {
                return lock(folder.path(), family, files);
            } catch (NoSuchFileException | FamilyInUseException e) {
                if (i == MAX_TRIES) {
                    throw e;
                }
            }
        }
    }

    /// Locks a family, at once or not at all. What this node holds already it is given again.
    ///
    /// @throws FamilyInUseException if another has it
    FamilyHold lock(Path folder, UUID family, DurableFiles files) throws IOException {
        FamilyHold held = holds.get(family);
        if (held != null) {
            return held;
        }
        FamilyHold locked = FamilyHold.lock(folder, family, node, files);
        holds.put(family, locked);
        return locked;
    }

    /// What this node holds of that family, or null.
    @Nullable FamilyHold hold(UUID family) {
        return holds.get(family);
    }

    /// Gives everything up.
    void endAll() throws IOException {
        try (var all = new ClosingAll()) {
            holds.keySet().forEach(family -> all.then(() -> end(family)));
        }
    }

    @Override
    public void end(UUID family) throws IOException {
        FamilyHold held = holds.get(family);
        if (held != null) {
            held.end();
            holds.remove(family);
        }
    }
}
