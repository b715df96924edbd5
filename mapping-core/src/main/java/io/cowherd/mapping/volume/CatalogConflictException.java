package io.cowherd.mapping.volume;

import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.io.IOException;

/// A change of a catalog that another node's change has made impossible meanwhile. It has not happened.
final class CatalogConflictException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final String correction;

    CatalogConflictException(Reason reason, String cause, String correction) {
        super(cause);
        this.reason = reason;
        this.correction = correction;
    }

    /// The same for whoever asked for the change.
    VolumeRefusedException refusal() {
        return new VolumeRefusedException(reason, String.valueOf(getMessage()), correction);
    }
}
