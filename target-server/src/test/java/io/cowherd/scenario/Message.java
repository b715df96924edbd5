package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// One PDU: 48 bytes of header, and a data segment without its padding. Fields by their offsets in RFC 7143 11.
final class Message {
    static final int HEADER_BYTES = 48;

    final byte[] header;
    final byte[] data;

    Message(byte[] header, byte[] data) {
        assertEquals(HEADER_BYTES, header.length);
        this.header = header;
        this.data = data;
    }

    /// A request whose header begins with `hex`; the rest is zero.
    static Message of(String hex, byte[] data) {
        byte[] start = Bytes.of(hex);
        Message message = new Message(Arrays.copyOf(start, HEADER_BYTES), data);
        if (start.length >= 8 && message.dataBytes() != 0) {
            assertEquals(data.length, message.dataBytes(), "DataSegmentLength as written");
        }
        message.set(4, data.length); // no AHS
        return message;
    }

    /// Text keys as a data segment: each ended by a NUL.
    static byte[] text(String... keys) {
        return (String.join("\0", keys) + "\0").getBytes(StandardCharsets.UTF_8);
    }

    int opcode() {
        return u8(0) & 0x3F;
    }

    int u8(int offset) {
        return header[offset] & 0xFF;
    }

    int u16(int offset) {
        return u8(offset) << 8 | u8(offset + 1);
    }

    int u32(int offset) {
        return u16(offset) << 16 | u16(offset + 2);
    }

    Message set(int offset, int value) {
        for (int i = 0; i < 4; i++) {
            header[offset + i] = (byte) (value >>> (24 - 8 * i));
        }
        return this;
    }

    Message set8(int offset, int value) {
        header[offset] = (byte) value;
        return this;
    }

    int dataBytes() {
        return u32(4) & 0xFF_FFFF;
    }

    int itt() {
        return u32(16);
    }

    boolean isImmediate() {
        return (u8(0) & 0x40) != 0;
    }

    /// The text keys, in their order.
    List<String> keys() {
        if (data.length == 0) {
            return List.of();
        }
        assertEquals(0, data[data.length - 1], "the last key ends with a NUL: " + this);
        String all = new String(data, 0, data.length - 1, StandardCharsets.UTF_8);
        return List.of(all.split("\0", -1));
    }

    /// The value of a text key, or "" if it is not there.
    String key(String name) {
        String found = "";
        for (String key : keys()) {
            if (key.startsWith(name + "=")) {
                assertEquals("", found, "twice: " + name);
                found = key.substring(name.length() + 1);
            }
        }
        return found;
    }

    /// Asserts the header, byte for byte; see [Bytes].
    Message is(String pattern) {
        Bytes.assertLike("header of " + this, pattern, header);
        return this;
    }

    /// Asserts the text keys, all of them and in this order.
    Message says(String... keys) {
        assertEquals(List.of(keys), keys());
        return this;
    }

    @Override
    public String toString() {
        String shown = Bytes.show(header);
        return data.length == 0 ? shown : shown + " + " + data.length + " bytes";
    }
}
