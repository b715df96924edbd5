package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// Reservations whose content cannot be trusted: nobody knows which hosts must be kept off. Nothing has been changed.
public final class CorruptReservationsException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param file the reservations
    /// @param where line or field
    /// @param found what stands there
    /// @param expected what should
    CorruptReservationsException(Path file, String where, String found, String expected) {
        super(
                "The reservations "
                        + file
                        + " are damaged: "
                        + where
                        + ": found "
                        + CorruptCatalogException.printable(found)
                        + ", expected "
                        + expected
                        + ". Put the generation before, which is kept beside it with .old, in its place: it lacks the last"
                        + " change. Or stop every host that uses the family, and remove the file: then nothing is reserved");
    }
}
