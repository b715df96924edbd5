package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// A data directory that another process has open. Nothing has been changed.
public final class DataDirectoryInUseException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param directory the data directory
    /// @param holder who has it, as far as is known
    DataDirectoryInUseException(Path directory, String holder) {
        super(
                "The data directory "
                        + directory
                        + " is in use by "
                        + holder
                        + ". Stop that server first, or use another directory.");
    }
}
