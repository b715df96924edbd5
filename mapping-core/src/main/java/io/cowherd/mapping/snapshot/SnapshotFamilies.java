package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TargetType;
import java.util.IdentityHashMap;
import java.util.List;

/// Brings together the targets that concern the same origin device: the one place where `snapshot-origin` and
/// `snapshot` know of each other. One per device-mapper.
///
/// **Threading.** *Thread-safe*: one monitor; not used for I/O.
public final class SnapshotFamilies {
    private final IdentityHashMap<BlockDevice, Entry> families = new IdentityHashMap<>();
    private final CommitHelpers helpers = new CommitHelpers();

    /// No families yet.
    public SnapshotFamilies() {}

    private static final class Entry {
        final OriginFamily family;
        int users;

        Entry(OriginFamily family) {
            this.family = family;
        }
    }

    /// The target types of this registry: `snapshot-origin` and `snapshot`.
    ///
    /// @param listener hears what happens to the snapshots
    public List<TargetType> targetTypes(SnapshotListener listener) {
        return List.of(new SnapshotOriginTargetType(this), new SnapshotTargetType(this, listener));
    }

    /// The family of that origin, known by identity; made if there is none. Give it back by [#release].
    synchronized OriginFamily acquire(BlockDevice origin) {
        var entry =
                families.computeIfAbsent(origin, _ -> new Entry(new OriginFamily(origin, helpers)));
        entry.users++;
        return entry.family;
    }

    /// Forgets the family when its last user has gone.
    synchronized void release(OriginFamily family) {
        var entry = families.get(family.origin());
        if (entry == null || entry.family != family) {
            throw new AssertionError("released a family that was not acquired");
        }
        entry.users--;
        if (entry.users == 0) {
            families.remove(family.origin());
        }
    }
}
