package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// Task Management Function Response (RFC 7143 11.6), opcode 0x22.
///
/// ```
///  0  |.|.| 0x22      |1|. . . . . . .| response | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  reserved (8)
/// 16  ITT
/// 20  reserved
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  reserved (12)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class TaskManagementResponseHeader extends ResponseHeader {
    /// A header of zeros.
    public TaskManagementResponseHeader() {
        super(OperationCode.SCSI_TM_RESPONSE);
    }

    /// Begins the answer.
    ///
    /// @param itt of the request
    /// @param response code of the response
    public void answer(int itt, byte response) {
        clear();
        bytes.put(2, response);
        bytes.putInt(16, itt);
    }
}
