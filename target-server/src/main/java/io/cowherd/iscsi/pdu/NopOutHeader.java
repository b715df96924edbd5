package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// NOP-Out (RFC 7143 11.18), opcode 0x00: a ping (ITT valid), or the answer to one of ours (TTT valid).
///
/// ```
///  0  |.|I| 0x00      |1|. . . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT, or FFFFFFFF if no answer is wanted
/// 20  TTT, or FFFFFFFF
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  reserved (16)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class NopOutHeader extends RequestHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public NopOutHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// True if the initiator waits for a NOP-In.
    public boolean isPing() {
        return itt() != NO_TAG;
    }
}
