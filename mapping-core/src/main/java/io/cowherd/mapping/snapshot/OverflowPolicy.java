package io.cowherd.mapping.snapshot;

/// What a snapshot does when its store is full at a write to the snapshot itself (spec 2.9).
enum OverflowPolicy {
    /// Stores `P` and `N`: the snapshot is invalidated.
    INVALIDATE,
    /// Store `PO`: its writes fail from then on, its reads go on.
    REFUSE_WRITES
}
