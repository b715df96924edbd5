package io.cowherd.drill.initiator;

import java.io.IOException;

/// A login that the target has ended with a status of class 2 or 3 (RFC 7143 11.13.5).
public final class LoginRefusedException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int INITIATOR_ERRORS = 2;

    private final int status;

    /// @param status class in the upper byte, detail in the lower
    LoginRefusedException(int status) {
        super("the login was refused with status %04x".formatted(status));
        this.status = status;
    }

    /// Class in the upper byte, detail in the lower.
    public int status() {
        return status;
    }

    /// True if hosts do not try again: open-iscsi gives such a path up for good.
    public boolean isForGood() {
        return status >> 8 == INITIATOR_ERRORS;
    }
}
