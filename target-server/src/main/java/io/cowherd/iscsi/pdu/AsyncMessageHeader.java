package io.cowherd.iscsi.pdu;

import org.jscsi.parser.OperationCode;
import org.jscsi.parser.asynchronous.AsynchronousMessageParser.AsyncEventCodes;

/// Asynchronous Message (RFC 7143 11.9), opcode 0x32.
///
/// ```
///  0  |.|.| 0x32      |1|. . . . . . .| reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  FFFFFFFF
/// 20  reserved
/// 24  StatSN
/// 28  ExpCmdSN
/// 32  MaxCmdSN
/// 36  event | event code | parameter 1 (2)
/// 40  parameter 2 (2) | parameter 3 (2)
/// 44  reserved
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class AsyncMessageHeader extends ResponseHeader {
    /// A header of zeros.
    public AsyncMessageHeader() {
        super(OperationCode.ASYNC_MESSAGE);
    }

    /// Begins event 1: please log out.
    ///
    /// @param withinSeconds time until the target drops the connection; 0 to 65535
    public void requestLogout(int withinSeconds) {
        event(AsyncEventCodes.LOGOUT);
        bytes.putShort(42, (short) withinSeconds);
    }

    /// Begins event 3: all connections of the session are about to be dropped.
    ///
    /// @param time2Wait seconds to wait before logging in again; 0 to 65535
    public void dropSession(int time2Wait) {
        event(AsyncEventCodes.DROP_ALL_CONNECTIONS);
        bytes.putShort(40, (short) time2Wait);
    }

    private void event(AsyncEventCodes event) {
        clear();
        bytes.putInt(16, NO_TAG);
        bytes.put(36, event.value());
    }
}
