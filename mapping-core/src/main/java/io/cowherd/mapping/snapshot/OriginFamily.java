package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An origin and the snapshots of it.
///
/// Origin writes read [#active()] without a lock: an array that is replaced, never changed. It changes only when a snapshot
/// is resumed for the first time or taken away, with the origin suspended.
///
/// **Hand-over** (spec 2.11). Two targets may share one COW device while a table is reloaded: the *source* holds the
/// snapshot, the *destination* takes it over when it is resumed, which needs the source to be suspended.
///
/// **Threading.** *Thread-safe*: one monitor for the life of targets, none for I/O.
final class OriginFamily {
    private static final Snapshot[] NONE = {};

    // Immutable
    private final BlockDevice origin;
    private final CommitHelpers helpers;

    // Any thread; written under the monitor
    private volatile Snapshot[] active = NONE;

    // Guarded by the monitor
    private final List<SnapshotTarget> targets = new ArrayList<>();

    OriginFamily(BlockDevice origin, CommitHelpers helpers) {
        this.origin = origin;
        this.helpers = helpers;
    }

    BlockDevice origin() {
        return origin;
    }

    /// Who lends a hand where several snapshots lack something.
    CommitHelpers helpers() {
        return helpers;
    }

    /// The snapshots that origin writes have to ask, largest chunks first (spec 2.3). Not to be changed.
    Snapshot[] active() {
        return active;
    }

    /// Enters a target that is being constructed. Returns the target that it is to take over from, or null if it has to load.
    @Nullable SnapshotTarget enter(SnapshotTarget newcomer) throws TableRefusedException {
        synchronized (this) {
            SnapshotTarget source = null;
            for (var other : targets) {
                if (!other.sharesCowWith(newcomer) || other.isDrained()) {
                    continue;
                }
                if (source != null || !other.holdsActive() || other.destination() != null) {
                    throw new TableRefusedException(
                            "Snapshot cow pairing for exception table handover failed");
                }
                source = other;
            }
            targets.add(newcomer);
            if (source != null) {
                source.pairWith(newcomer);
            }
            return source;
        }
    }

    /// Takes a target out that has been closed, or could not be constructed.
    void leave(SnapshotTarget target) {
        synchronized (this) {
            targets.remove(target);
        }
    }

    /// Runs a step of the life of a target, alone.
    synchronized void alone(Runnable step) {
        step.run();
    }

    /// Fails if the target must not be resumed now.
    synchronized void requireResumable(SnapshotTarget target) throws IOException {
        if (target.destination() != null) {
            throw new IOException("Unable to resume snapshot source until handover completes.");
        }
        var source = target.source();
        if (source != null && source.isRunning()) {
            throw new IOException("Unable to perform snapshot handover until source is suspended.");
        }
    }

    /// True if origin writes ask this snapshot.
    boolean isActive(Snapshot snapshot) {
        return Arrays.asList(active).contains(snapshot);
    }

    /// From now on origin writes ask this snapshot. No effect if they do already.
    synchronized void activate(Snapshot snapshot) {
        snapshot.activate();
        if (isActive(snapshot)) {
            return;
        }
        var next = Arrays.copyOf(active, active.length + 1);
        next[active.length] = snapshot;
        Arrays.sort(
                next,
                Comparator.comparingInt((Snapshot each) -> each.chunkSize().bytes()).reversed());
        active = next;
    }

    /// Origin writes no longer ask this snapshot.
    synchronized void deactivate(Snapshot snapshot) {
        active = Arrays.stream(active).filter(each -> each != snapshot).toArray(Snapshot[]::new);
    }
}
