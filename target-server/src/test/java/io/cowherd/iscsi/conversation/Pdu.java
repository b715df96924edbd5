package io.cowherd.iscsi.conversation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A PDU as the scripted initiator sees it: 48 bytes and a data segment, fields by literal offsets (RFC 7143 11).
final class Pdu {
    final ByteBuffer bhs;
    final byte[] data;

    Pdu(byte[] bhs, byte[] data) {
        this.bhs = ByteBuffer.wrap(bhs);
        this.data = data;
    }

    static Pdu request(int opcode, int flags, int itt) {
        Pdu pdu = new Pdu(new byte[48], new byte[0]);
        pdu.bhs.put(0, (byte) opcode).put(1, (byte) flags).putInt(16, itt);
        return pdu;
    }

    Pdu with(byte[] dataSegment) {
        Pdu pdu = new Pdu(bhs.array().clone(), dataSegment);
        pdu.bhs.putInt(4, dataSegment.length);
        return pdu;
    }

    Pdu text(String... keys) {
        return with(
                String.join("", java.util.Arrays.stream(keys).map(key -> key + "\0").toList())
                        .getBytes(StandardCharsets.UTF_8));
    }

    Pdu set(int offset, int value) {
        bhs.putInt(offset, value);
        return this;
    }

    Pdu set8(int offset, int value) {
        bhs.put(offset, (byte) value);
        return this;
    }

    int opcode() {
        return bhs.get(0) & 0x3F;
    }

    int flags() {
        return bhs.get(1) & 0xFF;
    }

    int itt() {
        return bhs.getInt(16);
    }

    int u32(int offset) {
        return bhs.getInt(offset);
    }

    int u8(int offset) {
        return bhs.get(offset) & 0xFF;
    }

    int u16(int offset) {
        return bhs.getShort(offset) & 0xFFFF;
    }

    int statSn() {
        return u32(24);
    }

    int expCmdSn() {
        return u32(28);
    }

    int maxCmdSn() {
        return u32(32);
    }

    /// Text with `|` for the zero bytes.
    String text() {
        return new String(data, StandardCharsets.UTF_8).replace('\0', '|');
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bhs.array()) + " + " + data.length;
    }
}
