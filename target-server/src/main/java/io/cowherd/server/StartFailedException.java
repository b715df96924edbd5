package io.cowherd.server;

import org.jspecify.annotations.Nullable;

/// A server that could not start, with what would help.
public final class StartFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String correction;

    StartFailedException(String message, String correction, @Nullable Throwable cause) {
        super(message, cause);
        this.correction = correction;
    }

    /// What to do; empty if there is nothing to say.
    public String correction() {
        return correction;
    }
}
