package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// Text Request (RFC 7143 11.10), opcode 0x04.
///
/// ```
///  0  |.|I| 0x04      |F|C|. . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  TTT
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  reserved (16)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class TextRequestHeader extends RequestHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public TextRequestHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// C: the text goes on in the next PDU.
    public boolean continues() {
        return (flags() & 0x40) != 0;
    }

    /// Tag of the answer that this one goes on from; FFFFFFFF for a new exchange.
    public int ttt() {
        return bytes.getInt(20);
    }
}
