package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// Ready To Transfer (RFC 7143 11.8), opcode 0x31.
///
/// ```
///  0  |.|.| 0x31      |1|. . . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  TTT
/// 24  StatSN: the next one, not advanced
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  R2TSN
/// 40  buffer offset
/// 44  desired data transfer length
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class R2tHeader extends ResponseHeader {
    /// A header of zeros.
    public R2tHeader() {
        super(OperationCode.R2T);
    }

    /// Begins an R2T for the command.
    ///
    /// @param lun of the command
    /// @param itt of the command
    /// @param ttt tag that the Data-Outs will carry
    /// @param r2tSn number of the R2T within the command
    public void request(long lun, int itt, int ttt, int r2tSn) {
        clear();
        bytes.putLong(8, lun);
        bytes.putInt(16, itt);
        bytes.putInt(20, ttt);
        bytes.putInt(36, r2tSn);
    }

    /// Which bytes are wanted.
    ///
    /// @param offset of the first byte within the command's data
    /// @param length how many; 1 to MaxBurstLength
    public void range(int offset, int length) {
        bytes.putInt(40, offset);
        bytes.putInt(44, length);
    }
}
