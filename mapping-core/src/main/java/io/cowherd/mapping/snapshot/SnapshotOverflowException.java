package io.cowherd.mapping.snapshot;

import java.io.IOException;

/// A write to a snapshot whose store was full once: store `PO` refuses writes from then on, its reads go on (spec 2.9).
public final class SnapshotOverflowException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param snapshot names it by its COW device
    SnapshotOverflowException(String snapshot) {
        super(snapshot + " has overflowed and can only be read; copy what is needed and remove it");
    }
}
