package io.cowherd.iscsi.pdu;

/// Nothing on this connection can be trusted any more; it is closed. At ErrorRecoveryLevel 0 this ends the session.
public final class ConnectionFailed extends ProtocolFailure {
    private static final long serialVersionUID = 1;

    /// Gives the connection up.
    ///
    /// @param message what the log says, with names and numbers
    public ConnectionFailed(String message) {
        super(message);
    }
}
