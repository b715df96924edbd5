package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;
import org.jscsi.parser.reject.RejectParser.ReasonCode;

/// Reject (RFC 7143 11.17), opcode 0x3F. Its data segment is the 48-byte header of the PDU that is rejected.
///
/// ```
///  0  |.|.| 0x3F      |1|. . . . . . .| reason | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  reserved (8)
/// 16  FFFFFFFF
/// 20  reserved
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  DataSN/R2TSN (0)
/// 40  reserved (8)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class RejectHeader extends ResponseHeader {
    /// A header of zeros.
    public RejectHeader() {
        super(OperationCode.REJECT);
    }

    /// Begins a Reject.
    public void reject(ReasonCode reason) {
        clear();
        bytes.put(2, reason.value());
        bytes.putInt(16, NO_TAG);
    }
}
