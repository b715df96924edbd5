package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// SCSI Command (RFC 7143 11.3), opcode 0x01.
///
/// ```
///  0  |.|I| 0x01      |F|R|W|. .|ATTR | reserved
///  4  TotalAHSLength | DataSegmentLength
///  8  LUN (8)
/// 16  ITT
/// 20  expected data transfer length
/// 24  CmdSN
/// 28  ExpStatSN
/// 32  CDB (16)
/// ```
///
/// **Threading.** *Confined to the connection's event loop.*
public final class ScsiCommandHeader extends RequestHeader {
    private final ByteBuffer cdb;

    /// Looks at received bytes.
    ///
    /// @param bytes borrowed, at least 48
    public ScsiCommandHeader(ByteBuffer bytes) {
        super(bytes);
        this.cdb = bytes.slice(32, 16);
    }

    /// R: the initiator expects data.
    public boolean reads() {
        return (flags() & 0x40) != 0;
    }

    /// W: the initiator has data to send.
    public boolean writes() {
        return (flags() & 0x20) != 0;
    }

    /// Code of the task attribute, 0 to 7; 5 to 7 are reserved.
    public int attribute() {
        return flags() & 0x07;
    }

    /// Bytes that the initiator expects to transfer: 0 to 2^32-1. Of a bidirectional command, those it sends.
    public long expectedDataTransferBytes() {
        return Integer.toUnsignedLong(bytes.getInt(20));
    }

    /// The CDB, 16 bytes; borrowed, valid until the next PDU.
    public ByteBuffer cdb() {
        return cdb.clear();
    }

    /// Expected length of what a bidirectional command reads, from its AHS (RFC 7143 11.2.2.4); 0 if it has none.
    ///
    /// @throws PduRejected if an AHS reaches beyond TotalAHSLength
    public long bidirectionalReadBytes() throws PduRejected {
        return AdditionalHeaders.bidirectionalReadBytes(bytes, ahsBytes());
    }
}
