package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.List;

/// Says which file, which range and what happened, and tells a full file system from other faults.
///
/// **Threading.** *Immutable.*
final class FileFault {
    /// What the JDK says for `ENOSPC` and `EDQUOT`: the C library's text, in the language of the locale.
    private static final List<String> NO_SPACE =
            List.of(
                    "No space left on device",
                    "Disk quota exceeded",
                    LinuxFile.describe(LinuxFile.ENOSPC),
                    LinuxFile.describe(LinuxFile.EDQUOT));

    private FileFault() {}

    /// A fault that the JDK reported.
    static IOException of(
            String request, long offsetBytes, long lengthBytes, Path path, IOException cause) {
        String where = request + " of " + lengthBytes + " bytes at " + offsetBytes + " of " + path;
        if (cause instanceof ClosedChannelException) {
            return new IOException(
                    where
                            + ": the file is closed, by its owner or because a thread was interrupted"
                            + " in a request; open the device again",
                    cause);
        }
        String text = String.valueOf(cause.getMessage());
        if (NO_SPACE.contains(text)) {
            return new NoSpaceException(
                    where + ": " + text + "; make room on its file system and try again", cause);
        }
        return new IOException(where + ": " + text, cause);
    }

    /// A fault that Linux reported.
    static IOException of(
            String request, long offsetBytes, long lengthBytes, Path path, int errno) {
        var cause = new IOException(LinuxFile.describe(errno));
        return of(request, offsetBytes, lengthBytes, path, cause);
    }
}
