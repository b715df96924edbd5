package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// A catalog of a version that is no longer read. Nothing has been changed.
public final class CatalogTooOldException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param file the catalog
    /// @param found its version
    /// @param expected the oldest version that is read here
    CatalogTooOldException(Path file, int found, int expected) {
        super(
                "The catalog "
                        + file
                        + " is too old: line 1: found version "
                        + found
                        + ", expected "
                        + expected
                        + " at least. Open it once with an older Cowherd that reads both.");
    }
}
