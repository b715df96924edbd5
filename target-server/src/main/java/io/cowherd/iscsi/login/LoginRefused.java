package io.cowherd.iscsi.login;

import org.jscsi.parser.login.LoginStatus;

/// The login ends here, with a status of class 2 (the initiator's fault, permanent to most hosts) or 3 (ours, they
/// retry).
public final class LoginRefused extends Exception {
    private static final long serialVersionUID = 1;

    private final LoginStatus status;

    /// Refuses a login.
    ///
    /// @param status what the response says (RFC 7143 11.13.5)
    /// @param message what the log says, with names and numbers
    public LoginRefused(LoginStatus status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /// What the response says.
    public LoginStatus status() {
        return status;
    }
}
