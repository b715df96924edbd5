package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// Login Request (RFC 7143 11.12), opcode 0x03; always immediate.
///
/// ```
///  0  |.|1| 0x03      |T|C|. .|CSG|NSG| Version-max | Version-min
///  4  TotalAHSLength | DataSegmentLength
///  8  ISID (6)                         | TSIH (2)
/// 16  ITT
/// 20  CID (2) | reserved
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  reserved (16)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class LoginRequestHeader extends RequestHeader {
    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public LoginRequestHeader(ByteBuffer bytes) {
        super(bytes);
    }

    /// T: the initiator is ready to go on to [#nextStage()].
    public boolean transits() {
        return isFinal();
    }

    /// C: the text goes on in the next PDU.
    public boolean continues() {
        return (flags() & 0x40) != 0;
    }

    /// CSG, 0 to 3.
    public int currentStage() {
        return (flags() >> 2) & 0x03;
    }

    /// NSG, 0 to 3; means something only if [#transits()].
    public int nextStage() {
        return flags() & 0x03;
    }

    /// Lowest version of the protocol that the initiator speaks; ours is 0.
    public int versionMin() {
        return Byte.toUnsignedInt(bytes.get(3));
    }

    /// Initiator session identifier: 48 bits.
    public long isid() {
        return bytes.getLong(8) >>> 16;
    }

    /// Target session identifying handle; 0 asks for a new session.
    public int tsih() {
        return Short.toUnsignedInt(bytes.getShort(14));
    }

    /// Connection identifier.
    public int cid() {
        return Short.toUnsignedInt(bytes.getShort(20));
    }
}
