package io.cowherd.scsi.sense;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The second reader of the table in [Sense].
final class SenseLayoutTest {
    @Test
    void fixedFormatWithoutMoreToSay() {
        assertEquals(
                "70 00 05 00 00 00 00 0A 00 00 00 00 20 00 00 00 00 00",
                hex(Sense.INVALID_OPCODE.encode(false)));
    }

    @Test
    void fixedFormatWithInformation() {
        assertEquals(
                "F0 00 0E 00 00 01 FE 0A 00 00 00 00 1D 00 00 00 00 00",
                hex(Sense.MISCOMPARE.withInformation(0x1FE).encode(false)));
    }

    @Test
    void fixedFormatHasNoRoomForLargeInformation() {
        assertEquals(
                "70 00 05 00 00 00 00 0A 00 00 00 00 21 00 00 00 00 00",
                hex(Sense.LBA_OUT_OF_RANGE.withInformation(0x1_0000_0000L).encode(false)));
    }

    @Test
    void fixedFormatPointsIntoTheCdbAndIntoTheList() {
        assertEquals(
                "70 00 05 00 00 00 00 0A 00 00 00 00 24 00 00 C0 00 02",
                hex(Sense.invalidField(2).encode(false)));
        assertEquals(
                "70 00 05 00 00 00 00 0A 00 00 00 00 26 00 00 80 01 08",
                hex(Sense.invalidListField(0x108).encode(false)));
    }

    @Test
    void descriptorFormat() {
        assertEquals("72 05 20 00 00 00 00 00", hex(Sense.INVALID_OPCODE.encode(true)));
        assertEquals(
                "72 05 21 00 00 00 00 0C 00 0A 80 00 00 00 00 01 00 00 00 00",
                hex(Sense.LBA_OUT_OF_RANGE.withInformation(0x1_0000_0000L).encode(true)));
        assertEquals(
                "72 05 24 00 00 00 00 08 02 06 00 00 C0 00 02 00",
                hex(Sense.invalidField(2).encode(true)));
        Sense both = new Sense(SenseKey.ILLEGAL_REQUEST, 0x2600, 7, 8);
        assertEquals(
                "72 05 26 00 00 00 00 14 00 0A 80 00 00 00 00 00 00 00 00 07 02 06 00 00 80 00 08 00",
                hex(both.encode(true)));
        assertEquals(Sense.MAX_BYTES, both.encode(true).remaining());
    }

    /// The codes of spec/initiators.md c.6.
    @Test
    void codesAreThoseOfTheStandard() {
        assertEquals("0/00/00", Sense.NONE.toString());
        assertEquals("5/1A/00", Sense.PARAMETER_LIST_LENGTH.toString());
        assertEquals("5/20/00", Sense.INVALID_OPCODE.toString());
        assertEquals("5/21/00", Sense.LBA_OUT_OF_RANGE.toString());
        assertEquals("5/24/00", Sense.invalidField(1).toString());
        assertEquals("5/25/00", Sense.NO_SUCH_LUN.toString());
        assertEquals("5/26/00", Sense.invalidListField(1).toString());
        assertEquals("5/39/00", Sense.SAVING_NOT_SUPPORTED.toString());
        assertEquals("7/27/00", Sense.WRITE_PROTECTED.toString());
        assertEquals("7/27/02", Sense.SOFTWARE_WRITE_PROTECTED.toString());
        assertEquals("7/27/07", Sense.SPACE_ALLOCATION_FAILED.toString());
        assertEquals("3/11/00", Sense.READ_ERROR.toString());
        assertEquals("3/0C/02", Sense.WRITE_ERROR.toString());
        assertEquals("4/44/00", Sense.INTERNAL_FAILURE.toString());
        assertEquals("E/1D/00", Sense.MISCOMPARE.toString());
    }

    @Test
    void attentionsAreInOrderOfPrecedence() {
        Set<String> codes = new LinkedHashSet<>();
        for (UnitAttention attention : UnitAttention.values()) {
            codes.add(attention.sense().toString());
        }
        assertEquals(
                "[6/29/00, 6/29/02, 6/29/03, 6/29/07, 6/2F/00, 6/3F/0E, 6/3F/03, 6/2A/06, 6/2A/01, 6/2A/03, 6/2A/04,"
                        + " 6/2A/05, 6/2A/09, 6/38/07]",
                codes.toString());
    }

    @Test
    void nonsenseIsNoSense() {
        assertThrows(IllegalArgumentException.class, () -> Sense.of(SenseKey.NO_SENSE, 0x1_0000));
        assertThrows(IllegalArgumentException.class, () -> Sense.MISCOMPARE.withInformation(-2));
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
