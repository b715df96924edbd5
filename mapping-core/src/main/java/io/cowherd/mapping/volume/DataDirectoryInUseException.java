package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// A data directory that others have open: another single server, or the nodes of a cluster while this one is not of it, or the
/// other way round. Nothing has been changed.
public final class DataDirectoryInUseException extends IOException {
    private static final long serialVersionUID = 1L;

    /// @param directory the data directory
    /// @param holder who has it, as far as is known; may be empty
    DataDirectoryInUseException(Path directory, String holder) {
        super(
                "The data directory "
                        + directory
                        + " is in use by "
                        + (holder.isEmpty() ? "another process" : holder)
                        + ". Stop that server first, or use another directory.");
    }
}
