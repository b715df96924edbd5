package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// Logout Request (RFC 7143 11.14), opcode 0x06.
///
/// ```
///  0  |.|I| 0x06      |1| reason      | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  reserved (8)
/// 16  ITT
/// 20  CID (2) | reserved
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  reserved (16)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class LogoutRequestHeader extends RequestHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public LogoutRequestHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// Code of the reason: 0 close the session, 1 close the connection, 2 remove it for recovery.
    public int reason() {
        return flags() & 0x7F;
    }

    /// The connection to close; ignored for reason 0.
    public int cid() {
        return Short.toUnsignedInt(bytes.getShort(20));
    }
}
