package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// What requests have in common (RFC 7143 11.3 to 11.19): CmdSN at 24 and ExpStatSN at 28. A Data-Out has no CmdSN.
///
/// **Threading.** *Confined to the connection's event loop.*
public class RequestHeader extends BasicHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public RequestHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// Command sequence number; compare with [SerialNumber] only.
    public final int cmdSn() {
        return bytes.getInt(24);
    }

    /// The next StatSN that the initiator expects.
    public final int expStatSn() {
        return bytes.getInt(28);
    }
}
