package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;

/// Text Response (RFC 7143 11.11), opcode 0x24.
///
/// ```
///  0  |.|.| 0x24      |F|C|. . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  TTT: FFFFFFFF if F
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  reserved (12)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class TextResponseHeader extends ResponseHeader {
    private static final int CONTINUES = 0x40;

    /// A header of zeros.
    public TextResponseHeader() {
        super(OperationCode.TEXT_RESPONSE);
    }

    /// Begins the last (or only) PDU of an answer.
    ///
    /// @param itt of the request
    public void last(int itt) {
        clear();
        bytes.putInt(16, itt);
        bytes.putInt(20, NO_TAG);
    }

    /// Begins a PDU after which more of the answer follows, once the initiator has asked for it.
    ///
    /// @param itt of the request
    /// @param ttt tag to go on with
    public void partial(int itt, int ttt) {
        clear();
        bytes.put(1, (byte) CONTINUES);
        bytes.putInt(16, itt);
        bytes.putInt(20, ttt);
    }

    /// Begins the empty PDU that asks for the rest of a text that the initiator has split.
    ///
    /// @param itt of the request
    /// @param ttt tag to go on with
    public void wantsMore(int itt, int ttt) {
        clear();
        bytes.put(1, (byte) 0);
        bytes.putInt(16, itt);
        bytes.putInt(20, ttt);
    }
}
