package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An origin and the snapshots of it.
///
/// Origin writes read [#active()] without a lock: it is replaced, never changed, when a snapshot is resumed or taken away:
/// for the first time or the last with the origin suspended.
///
/// **Hand-over** (spec 2.11). Two targets may share one COW device while a table is reloaded: the *source* holds the
/// snapshot, the *destination* takes it over when it is resumed, which needs the source to be suspended.
///
/// **Threading.** *Thread-safe*: one monitor for the life of targets, none for I/O.
final class OriginFamily {
    // Immutable
    private final BlockDevice origin;
    private final CommitHelpers helpers;

    // Any thread; written under the monitor
    private volatile ActiveSnapshots active;

    // Guarded by the monitor
    private final List<SnapshotTarget> targets = new ArrayList<>();

    OriginFamily(BlockDevice origin, CommitHelpers helpers) {
        this.origin = origin;
        this.helpers = helpers;
        this.active = new ActiveSnapshots(origin.sizeBytes());
    }

    BlockDevice origin() {
        return origin;
    }

    /// Who lends a hand where several snapshots lack something.
    CommitHelpers helpers() {
        return helpers;
    }

    /// The snapshots that origin writes have to ask.
    ActiveSnapshots active() {
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
        return active.contains(snapshot);
    }

    /// From now on origin writes ask this snapshot. If they do already, what it has answered is forgotten: it may be longer
    /// than it was.
    synchronized void activate(Snapshot snapshot) {
        snapshot.activate();
        var others = Arrays.stream(active.all()).filter(each -> each != snapshot);
        replace(Stream.concat(others, Stream.of(snapshot)));
    }

    /// Origin writes no longer ask this snapshot.
    synchronized void deactivate(Snapshot snapshot) {
        replace(Arrays.stream(active.all()).filter(each -> each != snapshot));
    }

    private void replace(Stream<Snapshot> snapshots) {
        active = new ActiveSnapshots(origin.sizeBytes(), snapshots.toArray(Snapshot[]::new));
    }
}
