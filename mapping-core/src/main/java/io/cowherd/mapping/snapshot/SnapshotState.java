package io.cowherd.mapping.snapshot;

/// What is allowed on a snapshot.
///
/// ```
/// LOADED ─resume─▶ ACTIVE ─no space, PO─▶ OVERFLOWED
///    │               │                       │
///    │               └──── I/O error, ───────┤
///    │                     no space          ▼
///    │                                 INVALIDATING ─recorded─▶ INVALID
///    └──── its header, or the catalog, says so ────────────────────▲
/// ```
enum SnapshotState {
    /// Constructed, never resumed: no origin write preserves anything for it.
    LOADED,
    /// In use.
    ACTIVE,
    /// The store was full at a write to the snapshot (store `PO`): reads go on, its own writes fail, origin writes
    /// still preserve for it where there is space.
    OVERFLOWED,
    /// Its I/O fails already, but that is not yet recorded where a restart finds it: origin writes wait.
    INVALIDATING,
    /// Lost for ever. Origin writes take no notice of it.
    INVALID;

    /// True if the picture above has an arrow from this to `next`.
    boolean mayBecome(SnapshotState next) {
        return switch (next) {
            case LOADED -> false;
            case ACTIVE -> this == LOADED;
            case OVERFLOWED -> this == ACTIVE;
            case INVALIDATING -> this == LOADED || this == ACTIVE || this == OVERFLOWED;
            case INVALID -> this == INVALIDATING;
        };
    }
}
