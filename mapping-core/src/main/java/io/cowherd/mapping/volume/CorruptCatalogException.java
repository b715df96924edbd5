package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// A catalog whose content cannot be trusted. Nothing has been changed.
public final class CorruptCatalogException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param file the catalog
    /// @param where line or field
    /// @param found what stands there
    /// @param expected what should
    CorruptCatalogException(Path file, String where, String found, String expected) {
        super(
                "The catalog "
                        + file
                        + " is damaged: "
                        + where
                        + ": found "
                        + found
                        + ", expected "
                        + expected
                        + ". Put a backup in its place, or the generation before, which is kept beside it as "
                        + CatalogFile.PREVIOUS
                        + ": it lacks the last change; if that was a snapshot, the snapshot is lost with it.");
    }
}
