package io.cowherd.mapping.volume;

/// Hears what happens to volumes. Called on the thread that made the change, after it is durable and the device
/// serves; must not block and must not call back into [Volumes].
public interface VolumeListener {
    /// A volume exists and can be used.
    default void created(Volume volume) {}

    /// The volume is about to be taken away: stop using it before returning. Its device is closed afterwards.
    default void removing(Volume volume) {}

    /// The volume has another name.
    default void renamed(Volume volume, VolumeName before) {}

    /// The size that hosts see has changed.
    default void resized(Volume volume) {}

    /// A snapshot's COW store has grown; the size that hosts see has not.
    default void extended(Volume snapshot) {}

    /// A snapshot's COW store has come to be that full, in steps of 5 from 80 on; after it was extended, maybe again. Not
    /// said of a store of maximum useful size, which cannot overflow.
    default void filling(Volume snapshot, int percent) {}

    /// A snapshot has been invalidated or has overflowed, or there was no room for a write; `why` is a sentence for the log.
    default void failed(Volume volume, String why) {}
}
