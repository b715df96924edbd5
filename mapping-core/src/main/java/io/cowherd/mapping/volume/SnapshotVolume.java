package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A snapshot.
///
/// **Threading.** *Thread-safe*: see [PoolVolume]; [#markInvalid] comes from whichever thread runs into it.
final class SnapshotVolume extends PoolVolume {
    /// Start, length and type stand before the status proper.
    private static final int WORDS_BEFORE_STATUS = 3;

    /// As the kernel has it (spec 2.9): more space alone does not end it.
    private static final String OVERFLOW_REASON =
            "It was full when it was to be written. It refuses writes until it is larger and the server was started"
                    + " again.";

    private final SnapshotStack stack;
    private final boolean readOnly;
    private final int chunkSizeBytes;

    // Any thread
    private volatile long cowSizeBytes;
    private final AtomicReference<@Nullable String> invalid;

    SnapshotVolume(Family family, Catalog.Snapshot record, VolumeName name, SnapshotStack stack) {
        super(family, record.uuid(), record.number(), name, stack.visible());
        this.stack = stack;
        this.readOnly = record.readOnly();
        this.chunkSizeBytes = record.chunkSizeBytes();
        this.cowSizeBytes = record.cowSizeBytes();
        this.invalid = new AtomicReference<>(record.invalid());
    }

    /// True if its store is out of reach, and yet not known to be lost: no chunk may leave the origin meanwhile.
    boolean needsOriginUnchanged() {
        return broken() && !invalid();
    }

    /// From now on it is lost.
    ///
    /// @param why a sentence for people; the first one is kept
    /// @return true if it was not before
    boolean markInvalid(String why) {
        return invalid.compareAndSet(null, why);
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
        return invalid.get() != null;
    }

    @Override
    public VolumeState state() {
        if (invalid()) {
            return VolumeState.INVALID;
        }
        return !broken() && status() instanceof SnapshotStatus.Overflow
                ? VolumeState.OVERFLOW
                : super.state();
    }

    @Override
    public String stateReason() {
        return switch (state()) {
            case INVALID -> String.valueOf(invalid.get());
            case OVERFLOW -> OVERFLOW_REASON;
            case UNREACHABLE, SUSPENDED, ACTIVE -> super.stateReason();
        };
    }

    /// Header and metadata count as used; of a store that is lost, all does.
    @Override
    public SpaceUsage space() {
        return !broken() && status() instanceof SnapshotStatus.Usage(long used, long total, _)
                ? new SpaceUsage(
                        used << BlockDevice.SECTOR_SHIFT,
                        (total - used) << BlockDevice.SECTOR_SHIFT,
                        false)
                : new SpaceUsage(cowSizeBytes, 0, false);
    }

    @Override
    public String dataPercent() {
        if (invalid()) {
            return DataPercent.FULL;
        }
        return broken() ? "" : status().dataPercent();
    }
}
