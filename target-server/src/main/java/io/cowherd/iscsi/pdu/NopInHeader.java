package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// NOP-In (RFC 7143 11.19), opcode 0x20: the answer to a ping (ITT valid), or a ping (TTT valid).
///
/// ```
///  0  |.|.| 0x20      |1|. . . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT, or FFFFFFFF
/// 20  TTT, or FFFFFFFF if no answer is wanted
/// 24  StatSN: the next one and not advanced, if ITT is FFFFFFFF
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  reserved (12)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class NopInHeader extends ResponseHeader {
    /// A header of zeros.
    public NopInHeader() {
        super(OperationCode.NOP_IN);
    }

    /// Begins the answer to a ping.
    ///
    /// @param lun of the NOP-Out
    /// @param itt of the NOP-Out
    public void answer(long lun, int itt) {
        clear();
        bytes.putLong(8, lun);
        bytes.putInt(16, itt);
        bytes.putInt(20, NO_TAG);
    }

    /// Begins a ping of ours.
    ///
    /// @param ttt tag that the NOP-Out will carry
    public void ping(int ttt) {
        clear();
        bytes.putInt(16, NO_TAG);
        bytes.putInt(20, ttt);
    }
}
