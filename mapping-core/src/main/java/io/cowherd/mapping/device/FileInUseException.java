package io.cowherd.mapping.device;

import java.nio.file.FileSystemException;
import java.nio.file.Path;

/// A file that somebody else holds: another process, or another part of this one. Nothing has been changed.
public final class FileInUseException extends FileSystemException {
    private static final long serialVersionUID = 1L;

    private final String holder;

    private FileInUseException(Path file, String holder, String reason) {
        super(file.toString(), null, reason);
        this.holder = holder;
    }

    /// One whose holder is not known.
    static FileInUseException of(Path file) {
        return new FileInUseException(
                file, "", "is in use elsewhere; stop its user, or use another file");
    }

    /// One that says who holds it.
    ///
    /// @param holder what it says; may be empty
    static FileInUseException heldBy(Path file, String holder) {
        return new FileInUseException(
                file, holder, "is held by " + (holder.isEmpty() ? "another process" : holder));
    }

    /// Who holds it, as far as the file says so; else empty.
    public String holder() {
        return holder;
    }
}
