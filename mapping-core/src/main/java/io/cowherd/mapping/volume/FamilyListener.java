package io.cowherd.mapping.volume;

/// Hears how the families of a shared directory change, whichever node has changed them: what other nodes do, at the next
/// [SharedVolumePool#refresh]. Must not block and must not call back.
public interface FamilyListener {
    /// A family has come to be, or is seen for the first time.
    default void appeared(FamilyRecord family) {}

    /// Volumes of a family have come, gone, or changed.
    default void changed(FamilyRecord before, FamilyRecord now) {}

    /// A family is no more.
    default void vanished(FamilyRecord family) {}
}
