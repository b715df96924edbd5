package io.cowherd.mapping.snapshot;

import java.io.IOException;

/// A request for a snapshot that is lost for ever. Neither origin nor other snapshots are concerned, and trying again
/// does not help.
public final class SnapshotInvalidException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param snapshot names it by its COW device
    /// @param why what it was lost by
    SnapshotInvalidException(String snapshot, String why) {
        super(snapshot + " is invalid: " + why + " It cannot come back; remove it");
    }
}
