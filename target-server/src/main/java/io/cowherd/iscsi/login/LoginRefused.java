package io.cowherd.iscsi.login;

import io.cowherd.iscsi.text.TextKeys;
import org.jscsi.parser.login.LoginStatus;

/// The login ends here, with a status of class 1 (the target is elsewhere), 2 (the initiator's fault, permanent to most
/// hosts) or 3 (ours, they retry).
public final class LoginRefused extends Exception {
    private static final long serialVersionUID = 1;

    private final LoginStatus status;
    private final transient TextKeys keys;

    /// Refuses a login.
    ///
    /// @param status what the response says (RFC 7143 11.13.5)
    /// @param message what the log says, with names and numbers
    public LoginRefused(LoginStatus status, String message) {
        this(status, message, new TextKeys());
    }

    /// Ends a login with keys in the response.
    LoginRefused(LoginStatus status, String message, TextKeys keys) {
        super(message, null, false, false);
        this.status = status;
        this.keys = keys;
    }

    /// What the response says.
    public LoginStatus status() {
        return status;
    }

    /// What the response carries: TargetAddress of a redirect.
    public TextKeys keys() {
        return keys;
    }

    /// True if somebody wanted in who may not: what is counted and slowed down.
    public boolean isIntrusion() {
        return switch (status) {
            case AUTHENTICATION_FAILURE, AUTHORIZATION_FAILURE, NOT_FOUND -> true;
            default -> false; // mistakes, shortages, redirects
        };
    }
}
