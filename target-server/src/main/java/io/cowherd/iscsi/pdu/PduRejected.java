package io.cowherd.iscsi.pdu;

import org.jscsi.parser.reject.RejectParser.ReasonCode;

/// One PDU cannot be served; the initiator is told by a Reject (RFC 7143 11.17) and the connection lives on.
public final class PduRejected extends ProtocolFailure {
    private static final long serialVersionUID = 1;

    private final ReasonCode reason;

    /// Refuses the PDU at hand.
    ///
    /// @param reason what the Reject says
    /// @param message what the log says, with names and numbers
    public PduRejected(ReasonCode reason, String message) {
        super(message);
        this.reason = reason;
    }

    /// What the Reject says.
    public ReasonCode reason() {
        return reason;
    }
}
