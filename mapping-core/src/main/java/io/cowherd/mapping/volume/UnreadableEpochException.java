package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// An epoch that cannot be read, or not be believed: nobody knows how often the family has changed hands. Nothing has been changed.
public final class UnreadableEpochException extends IOException {
    private static final long serialVersionUID = 1L;

    private static final String CURE =
            ". Stop every node that has used the family, then remove the file: its epochs begin anew";

    private UnreadableEpochException(String message) {
        super(message);
    }

    /// @param where line or field
    static UnreadableEpochException corrupt(
            Path file, String where, String found, String expected) {
        return new UnreadableEpochException(
                "The epoch "
                        + file
                        + " is damaged: "
                        + where
                        + ": found "
                        + CorruptCatalogException.printable(found)
                        + ", expected "
                        + expected
                        + CURE);
    }

    /// @param found its version
    /// @param expected the newest that is known here
    static UnreadableEpochException tooNew(Path file, int found, int expected) {
        return new UnreadableEpochException(
                "The epoch "
                        + file
                        + " is too new: line 1: found version "
                        + found
                        + ", expected "
                        + expected
                        + " at most. Use the Cowherd that wrote it, or a newer one");
    }
}
