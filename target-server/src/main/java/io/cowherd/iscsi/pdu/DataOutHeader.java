package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// SCSI Data-Out (RFC 7143 11.7), opcode 0x05. It has no CmdSN. Its LUN is not looked at: Windows may send a wrong one.
///
/// ```
///  0  |.|.| 0x05      |F|. . . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  TTT of the R2T that it answers, or FFFFFFFF for unsolicited data
/// 24  reserved
/// 28  ExpStatSN
/// 32  reserved
/// 36  DataSN
/// 40  buffer offset
/// 44  reserved
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class DataOutHeader extends BasicHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public DataOutHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// Target transfer tag.
    public int ttt() {
        return bytes.getInt(20);
    }

    /// Number of this PDU in its sequence, from 0.
    public int dataSn() {
        return bytes.getInt(36);
    }

    /// Offset of the first byte within the command's data, 0 to 2^32-1.
    public long bufferOffset() {
        return Integer.toUnsignedLong(bytes.getInt(40));
    }
}
