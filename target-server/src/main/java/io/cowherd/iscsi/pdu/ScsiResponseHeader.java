package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// SCSI Response (RFC 7143 11.4), opcode 0x21. Its data segment holds sense and nothing else.
///
/// ```
///  0  |.|.| 0x21      |1|. .|o|u|O|U|.| response | status
///  4  TotalAHSLength | DataSegmentLength
///  8  reserved (8)
/// 16  ITT
/// 20  SNACK tag (0)
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  ExpDataSN: Data-In and R2T PDUs that went before
/// 40  bidirectional read residual count
/// 44  residual count
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class ScsiResponseHeader extends ResponseHeader {
    /// A header of zeros.
    public ScsiResponseHeader() {
        super(OperationCode.SCSI_RESPONSE);
    }

    /// Begins a response "command completed at target".
    ///
    /// @param itt of the command
    /// @param status SAM status code
    /// @param expDataSn number of Data-In and R2T PDUs sent for the command
    public void completed(int itt, byte status, int expDataSn) {
        clear();
        bytes.put(3, status);
        bytes.putInt(16, itt);
        bytes.putInt(36, expDataSn);
    }

    /// What was not transferred, or could not be.
    public void residual(Residual residual) {
        bytes.put(1, (byte) (FINAL | residual.flags()));
        bytes.putInt(40, residual.bidirectionalReadCount());
        bytes.putInt(44, residual.count());
    }
}
