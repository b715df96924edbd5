package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// Reservations that a newer Cowherd has written. Nothing has been changed.
public final class ReservationsTooNewException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param file the reservations
    /// @param found its version
    /// @param expected the newest version that is known here
    ReservationsTooNewException(Path file, int found, int expected) {
        super(
                "The reservations "
                        + file
                        + " are too new: line 1: found version "
                        + found
                        + ", expected "
                        + expected
                        + " at most. Use the Cowherd that wrote it, or a newer one");
    }
}
