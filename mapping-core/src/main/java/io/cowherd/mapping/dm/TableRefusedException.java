package io.cowherd.mapping.dm;

/// A table, or one of its lines, that cannot be loaded. Nothing has changed.
public final class TableRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /// @param message names the line's fault; the kernel's words where it has some
    public TableRefusedException(String message) {
        super(message);
    }
}
