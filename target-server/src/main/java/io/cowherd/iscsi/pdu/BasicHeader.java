package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;

/// The basic header segment: the 48 bytes that begin every PDU (RFC 7143 11.2.1). Big-endian.
///
/// | offset | size | field                                                                        |
/// |-------:|-----:|------------------------------------------------------------------------------|
/// |      0 |    1 | bit 6 immediate, bits 5 to 0 opcode                                          |
/// |      1 |    3 | opcode-specific; bit 7 of byte 1 is *final* wherever it is drawn             |
/// |      4 |    1 | TotalAHSLength in 4-byte words                                               |
/// |      5 |    3 | DataSegmentLength in bytes, without padding                                  |
/// |      8 |    8 | LUN, or opcode-specific                                                      |
/// |     16 |    4 | initiator task tag                                                           |
/// |     20 |   28 | opcode-specific                                                              |
///
/// A flyweight: it reads and writes the bytes in place and copies nothing. Pinned by `RequestLayoutTest` and
/// `ResponseLayoutTest`.
///
/// **Threading.** *Confined to the connection's event loop.*
public class BasicHeader {
    /// Bytes of a BHS.
    public static final int SIZE_BYTES = 48;

    /// The tag that means "none": ITT of what answers nothing, TTT of what wants no answer.
    public static final int NO_TAG = 0xFFFF_FFFF;

    private static final int OPCODE_MASK = 0x3F;
    private static final int IMMEDIATE = 0x40;
    static final int FINAL = 0x80;

    final ByteBuffer bytes;

    /// Looks at bytes that somebody else owns.
    ///
    /// @param bytes at least 48, big-endian; borrowed for the life of the flyweight
    public BasicHeader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /// The six bits of the opcode.
    public final int opcode() {
        return bytes.get(0) & OPCODE_MASK;
    }

    /// True if the PDU is delivered outside of the CmdSN order.
    public final boolean isImmediate() {
        return (bytes.get(0) & IMMEDIATE) != 0;
    }

    /// The F bit (T for login): last PDU of its sequence.
    public final boolean isFinal() {
        return (bytes.get(1) & FINAL) != 0;
    }

    final int flags() {
        return bytes.get(1);
    }

    /// Length of all additional header segments in bytes, 0 to 1020.
    public final int ahsBytes() {
        return Byte.toUnsignedInt(bytes.get(4)) * 4;
    }

    /// Length of the data segment in bytes without padding, 0 to 2^24-1.
    public final int dataSegmentBytes() {
        return bytes.getInt(4) & 0xFF_FFFF;
    }

    /// The LUN field, eight bytes.
    public final long lun() {
        return bytes.getLong(8);
    }

    /// The initiator task tag.
    public final int itt() {
        return bytes.getInt(16);
    }

    /// The 48 bytes, as they go over the wire; borrowed.
    public final ByteBuffer bytes() {
        return bytes;
    }
}
