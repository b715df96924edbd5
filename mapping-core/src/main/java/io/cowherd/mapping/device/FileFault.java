package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/// Says which file, which range and what happened, and tells a full file system from other faults: the JDK's exceptions
/// have often nothing but the file's name, or the C library's text.
///
/// **Threading.** *Immutable.*
public final class FileFault {
    /// What the JDK says for `ENOSPC` and `EDQUOT`: the C library's text, in the language of the locale.
    private static final List<String> NO_SPACE =
            List.of(
                    "No space left on device",
                    "Disk quota exceeded",
                    LinuxFile.describe(LinuxFile.ENOSPC),
                    LinuxFile.describe(LinuxFile.EDQUOT));

    private static final int EFBIG = 27;
    private static final List<String> TOO_LARGE =
            List.of("File too large", LinuxFile.describe(EFBIG));

    private FileFault() {}

    /// What a fault means, for people: the file and the cause, without the name of a class, and without a full stop.
    public static String describe(IOException fault) {
        if (!(fault instanceof FileSystemException system)) {
            String text = fault.getMessage();
            return text == null ? fault.toString() : text;
        }
        String file = system.getFile();
        String reason = system.getReason();
        return switch (system) {
            case AccessDeniedException _ -> "the server has no permission to use " + file;
            case NoSuchFileException _ -> "there is no " + file;
            case FileAlreadyExistsException _ -> "there is something called " + file + " already";
            case NotDirectoryException _ -> file + " is no directory";
            case DirectoryNotEmptyException _ -> file + " is not empty";
            default -> file + ": " + (reason == null ? "the file system refused" : reason);
        };
    }

    /// True if there was no room for it on the file system, or in the user's quota.
    public static boolean isNoSpace(IOException fault) {
        return fault instanceof NoSpaceException || NO_SPACE.contains(systemText(fault));
    }

    /// True if the file system has no files as large as that.
    public static boolean isTooLarge(IOException fault) {
        return TOO_LARGE.contains(systemText(fault));
    }

    private static String systemText(IOException fault) {
        return String.valueOf(
                fault instanceof FileSystemException system
                        ? system.getReason()
                        : fault.getMessage());
    }

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
