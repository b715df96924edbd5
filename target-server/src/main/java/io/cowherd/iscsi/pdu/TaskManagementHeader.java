package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// Task Management Function Request (RFC 7143 11.5), opcode 0x02.
///
/// ```
///  0  |.|I| 0x02      |1| function    | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  referenced task tag
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  RefCmdSN
/// 36  ExpDataSN
/// 40  reserved (8)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class TaskManagementHeader extends RequestHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public TaskManagementHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// Code of the function, 0 to 127.
    public int function() {
        return flags() & 0x7F;
    }

    /// ITT of the task that is to be aborted.
    public int referencedTaskTag() {
        return bytes.getInt(20);
    }
}
