package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A volume as its users see it: an origin, or a snapshot of one.
///
/// A handle, live: what it answers follows renames, resizes and state changes. Identity is [#uuid()].
///
/// **Threading.** *Thread-safe*: answers are single reads of the current state.
public interface Volume {
    /// Stable identity, never reused: where the LU's serial and NAA come from.
    UUID uuid();

    /// Present name.
    VolumeName name();

    /// Number in its family: 0 for the origin, 1, 2, … for snapshots in order of creation; never used again. The LUN.
    int number();

    /// The origin that this is a snapshot of, or null for an origin.
    @Nullable Volume origin();

    /// The mapped device that shows this volume. Stable for the volume's life: tables change beneath it.
    BlockDevice device();

    /// What hosts have reserved on it, as far as that outlives the process.
    ReservationStore reservations();

    /// Size in bytes that hosts see.
    long sizeBytes();

    /// Bytes of a logical block, as hosts see it: 512 or 4096; a snapshot's are its origin's, or its COW store's if those are
    /// larger.
    default int blockSizeBytes() {
        return device().logicalBlockBytes();
    }

    /// Bytes of a physical block, as hosts are told: 512 or 4096, never less than a logical one.
    int physicalBlockSizeBytes();

    /// True if hosts may not write.
    boolean readOnly();

    /// LVM2's `lv_attr`, 10 characters (spec 3.3), e.g. `owi-a-s---`. Position 6 follows [#open(boolean)].
    String attributes();

    /// What it can be used for at present.
    VolumeState state();

    /// Sentences that say why it is in this state, or may not be written; empty if there is nothing to say.
    String stateReason();

    /// Chunk size in bytes of a snapshot; 0 for an origin.
    int chunkSizeBytes();

    /// Size in bytes of the snapshot's COW store; 0 for an origin.
    long cowSizeBytes();

    /// LVM2's Data% with its rounding (spec 3.3), e.g. `10.03`; empty for an origin.
    String dataPercent();

    /// What room it takes: a snapshot in its COW store, an origin on its file system, which it shares. May block.
    ///
    /// @throws IOException if that cannot be found out
    SpaceUsage space() throws IOException;

    /// True once the snapshot has been invalidated; never goes back to false.
    boolean invalid();

    /// True if its erasure has begun and not ended, perhaps in another process: what it holds is neither what it was nor
    /// erased.
    boolean erasing();

    /// Remembers durably, across restarts, that its erasure has begun, or has ended. May block.
    void erasing(boolean begun) throws IOException;

    /// Tells the volume whether a host uses it (position 6 of [#attributes()]).
    void open(boolean inUse);
}
