package io.cowherd.mapping.volume;

/// What a volume can be used for at present. `lv_attr` has letters for most of it; of an overflow it says nothing.
public enum VolumeState {
    /// In use. Its [Volume#stateReason()] is not empty if it may be read only.
    ACTIVE,
    /// Requests wait for a moment, while a snapshot is taken or removed.
    SUSPENDED,
    /// A snapshot with overflow handling that was full: it refuses writes and can be read (spec 2.9).
    OVERFLOW,
    /// A snapshot that is lost for ever.
    INVALID,
    /// Its data, or its origin's, cannot be reached or not be believed: requests fail.
    UNREACHABLE
}
