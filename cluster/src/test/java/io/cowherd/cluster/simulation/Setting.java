package io.cowherd.cluster.simulation;

import java.util.EnumSet;
import java.util.Set;

/// What a simulation is like: which fences there are, and which mischief.
///
/// @param removed fences that are taken away on purpose
/// @param mischief what may happen
/// @param strict whether an older epoch may not write at all; else not for longer than the epoch takes to be seen
record Setting(Set<Fence> removed, Set<Mischief> mischief, boolean strict) {
    /// The four.
    enum Fence {
        ELECTION,
        STORAGE_LOCK,
        EPOCH,
        LEASE
    }

    /// Beside crashes, restarts, partitions, delays, losses and slow disks, which are always there.
    enum Mischief {
        /// A process stops for a while, between any two steps of it; its machine goes on.
        FREEZE,
        /// A machine stops for a while, and its clock perhaps with it.
        SUSPEND,
        /// A machine does not reach the storage for a while; what was issued waits.
        STORAGE_CUT,
        /// The election's wall clock jumps: all sessions are over at once.
        CLOCK_JUMP,
        /// Sessions of nodes that were removed are ended before their time.
        FORCED_SESSIONS,
        /// Somebody has started two clusters on one storage: node 0 elects itself.
        TWO_CLUSTERS
    }

    /// Everything that can happen to a cluster on storage that does what storage must.
    static final Setting REAL =
            new Setting(
                    Set.of(),
                    EnumSet.of(
                            Mischief.FREEZE,
                            Mischief.SUSPEND,
                            Mischief.STORAGE_CUT,
                            Mischief.CLOCK_JUMP,
                            Mischief.FORCED_SESSIONS),
                    true);

    /// Storage whose locks do nothing, and nobody frozen: election and lease must do alone.
    static final Setting WITHOUT_STORAGE_LOCKS =
            new Setting(Set.of(Fence.STORAGE_LOCK), EnumSet.of(Mischief.STORAGE_CUT), true);

    /// Two clusters on one storage: the lock on it must do alone.
    static final Setting TWO_CLUSTERS =
            new Setting(Set.of(), EnumSet.of(Mischief.TWO_CLUSTERS, Mischief.STORAGE_CUT), true);

    /// Two clusters on storage whose locks do nothing: only the epoch is left. It cannot prevent, only end it soon.
    static final Setting TWO_CLUSTERS_WITHOUT_STORAGE_LOCKS =
            new Setting(Set.of(Fence.STORAGE_LOCK), EnumSet.of(Mischief.TWO_CLUSTERS), false);

    Setting without(Fence fence) {
        EnumSet<Fence> all = EnumSet.of(fence);
        all.addAll(removed);
        return new Setting(all, mischief, strict);
    }

    boolean has(Fence fence) {
        return !removed.contains(fence);
    }

    boolean may(Mischief what) {
        return mischief.contains(what);
    }
}
