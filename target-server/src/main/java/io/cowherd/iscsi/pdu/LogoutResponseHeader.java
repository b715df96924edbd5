package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// Logout Response (RFC 7143 11.15), opcode 0x26.
///
/// ```
///  0  |.|.| 0x26      |1|. . . . . . .| response | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  reserved (8)
/// 16  ITT
/// 20  reserved
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  reserved
/// 40  Time2Wait (2) | Time2Retain (2), seconds
/// 44  reserved
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class LogoutResponseHeader extends ResponseHeader {
    /// A header of zeros.
    public LogoutResponseHeader() {
        super(OperationCode.LOGOUT_RESPONSE);
    }

    /// Begins the answer; both times are 0, because nothing is kept.
    ///
    /// @param itt of the request
    /// @param response code of the response
    public void answer(int itt, byte response) {
        clear();
        bytes.put(2, response);
        bytes.putInt(16, itt);
    }
}
