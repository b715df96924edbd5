package io.cowherd.iscsi.pdu;

/// The initiator broke the protocol. Either the PDU is answered with a Reject, or the connection is dropped; the
/// connection decides in one `switch`. Has no stack trace: a hostile peer must not make us pay for one.
public abstract sealed class ProtocolFailure extends Exception
        permits PduRejected, ConnectionFailed {
    private static final long serialVersionUID = 1;

    ProtocolFailure(String message) {
        super(message, null, false, false);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
