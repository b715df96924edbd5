package io.cowherd.mapping.volume;

import java.util.concurrent.atomic.AtomicBoolean;

/// A snapshot.
///
/// **Threading.** *Thread-safe*: see [PoolVolume]; [#markInvalid] comes from whichever thread runs into it.
final class SnapshotVolume extends PoolVolume {
    /// Start, length and type stand before the status proper.
    private static final int WORDS_BEFORE_STATUS = 3;

    private final SnapshotStack stack;
    private final boolean readOnly;
    private final int chunkSizeBytes;

    // Any thread
    private volatile long cowSizeBytes;
    private final AtomicBoolean invalid;

    SnapshotVolume(Family family, Catalog.Snapshot record, VolumeName name, SnapshotStack stack) {
        super(family, record.uuid(), record.number(), name, stack.visible());
        this.stack = stack;
        this.readOnly = record.readOnly();
        this.chunkSizeBytes = record.chunkSizeBytes();
        this.cowSizeBytes = record.cowSizeBytes();
        this.invalid = new AtomicBoolean(record.invalid() != null);
    }

    /// True if its store is out of reach, and yet not known to be lost: no chunk may leave the origin meanwhile.
    boolean needsOriginUnchanged() {
        return broken() && !invalid.get();
    }

    /// From now on it is lost.
    ///
    /// @return true if it was not before
    boolean markInvalid() {
        return invalid.compareAndSet(false, true);
    }

    SnapshotStack stack() {
        return stack;
    }

    /// What the status line says.
    SnapshotStatus status() {
        String[] words = stack.visible().status().getFirst().split(" ", WORDS_BEFORE_STATUS + 1);
        return SnapshotStatus.parse(
                words.length > WORDS_BEFORE_STATUS ? words[WORDS_BEFORE_STATUS] : "");
    }

    void extended(long toBytes) {
        cowSizeBytes = toBytes;
    }

    @Override
    public Volume origin() {
        return family().origin();
    }

    @Override
    Attributes.Kind kind() {
        return Attributes.Kind.SNAPSHOT;
    }

    @Override
    Attributes.Access access() {
        return readOnly ? Attributes.Access.READ_ONLY : Attributes.Access.WRITABLE;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public int chunkSizeBytes() {
        return chunkSizeBytes;
    }

    @Override
    public long cowSizeBytes() {
        return cowSizeBytes;
    }

    @Override
    public boolean invalid() {
        return invalid.get();
    }

    @Override
    public String dataPercent() {
        if (invalid()) {
            return DataPercent.FULL;
        }
        return broken() ? "" : status().dataPercent();
    }
}
