package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;

/// How a SCSI command ended.
final class Answer {
    private static final int GOOD = 0x00;
    private static final int CHECK_CONDITION = 0x02;
    private static final int OVERFLOW = 0x04;
    private static final int UNDERFLOW = 0x02;

    private final Outstanding command;
    private final Message end;

    Answer(Outstanding command, Message end) {
        this.command = command;
        this.end = end;
    }

    byte[] data() {
        return command.read.toByteArray();
    }

    /// The last PDU: SCSI Response, or Data-In with status.
    Message end() {
        return end;
    }

    int status() {
        return end.u8(3);
    }

    /// `key/ASC/ASCQ` in hexadecimal digits, empty without sense.
    String senseCode() {
        if (status() != CHECK_CONDITION) {
            return "";
        }
        byte[] sense = Arrays.copyOfRange(end.data, 2, end.data.length);
        boolean isFixed = (sense[0] & 0x7F) == 0x70;
        int at = isFixed ? 2 : 1;
        int code = isFixed ? 12 : 2;
        return "%X/%02X/%02X".formatted(sense[at] & 0xF, sense[code], sense[code + 1]);
    }

    /// `GOOD`, `CHECK CONDITION 5/24/00`, or another status.
    @Override
    public String toString() {
        return switch (status()) {
            case GOOD -> "GOOD";
            case CHECK_CONDITION -> "CHECK CONDITION " + senseCode();
            case 0x18 -> "RESERVATION CONFLICT";
            default -> "status %02x".formatted(status());
        };
    }

    Answer good() {
        assertEquals("GOOD", toString(), () -> Bytes.show(command.request.header));
        return this;
    }

    Answer conflict() {
        assertEquals("RESERVATION CONFLICT", toString());
        return this;
    }

    /// Asserts CHECK CONDITION with this `key/ASC/ASCQ`.
    Answer sense(String code) {
        assertEquals(
                "CHECK CONDITION " + code, toString(), () -> Bytes.show(command.request.header));
        return this;
    }

    /// Asserts GOOD and what was read, byte for byte; see [Bytes].
    Answer is(String pattern) {
        good();
        Bytes.assertLike("data of " + Bytes.show(command.request.header), pattern, data());
        return this;
    }

    /// Asserts GOOD and what was read.
    Answer is(byte[] expected) {
        good();
        int different = Arrays.mismatch(expected, data());
        assertEquals(-1, different, "first different byte of " + data().length);
        return this;
    }

    Answer underflow(int bytes) {
        return residual(UNDERFLOW, bytes);
    }

    Answer overflow(int bytes) {
        return residual(OVERFLOW, bytes);
    }

    Answer noResidual() {
        return residual(0, 0);
    }

    private Answer residual(int bits, int bytes) {
        assertEquals(bits, end.u8(1) & (OVERFLOW | UNDERFLOW), () -> "O and U of " + end);
        assertEquals(bytes, end.u32(44), () -> "residual count of " + end);
        return this;
    }

    int u8(int offset) {
        return data()[offset] & 0xFF;
    }

    int u16(int offset) {
        return u8(offset) << 8 | u8(offset + 1);
    }

    int u32(int offset) {
        return u16(offset) << 16 | u16(offset + 2);
    }
}
