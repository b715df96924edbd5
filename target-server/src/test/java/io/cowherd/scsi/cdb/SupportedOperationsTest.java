package io.cowherd.scsi.cdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The second reader of the tables in [SupportedOperations] and [Operation].
final class SupportedOperationsTest {
    @Test
    void theTableIsAscendingAndOfTheLengthsThatTheGroupCodesGive() {
        int before = -1;
        for (Operation operation : Operation.values()) {
            int key = operation.code() << 8 | operation.serviceAction();
            assertTrue(key > before, operation.name());
            before = key;
            int length =
                    switch (operation.code() >> 5) {
                        case 0 -> 6;
                        case 1, 2 -> 10;
                        case 4 -> 16;
                        case 5 -> 12;
                        default -> -1;
                    };
            assertEquals(length, operation.cdbBytes(), operation.name());
        }
    }

    @Test
    void allCommandsAreListed() {
        ByteBuffer list = encode(Cdb.Reporting.ALL, false, 0, 0);
        int count = Operation.values().length;
        assertEquals(4 + 8 * count, list.remaining());
        assertEquals(8 * count, list.getInt(0));
        assertEquals("00 00 00 00 00 00 00 06", hex(list, 4, 8));
        assertTrue(
                hex(list, 4, 8 * count)
                        .contains("9E 00 00 10 00 01 00 10 9E 00 00 12 00 01 00 10"));
    }

    @Test
    void aListWithTimeoutsHasADescriptorForEach() {
        ByteBuffer list = encode(Cdb.Reporting.ALL, true, 0, 0);
        assertEquals(20 * Operation.values().length, list.getInt(0));
        assertEquals(
                "00 00 00 00 00 02 00 06 00 0A 00 00 00 00 00 00 00 00 00 00", hex(list, 4, 20));
    }

    @Test
    void oneCommandShowsItsUsageData() {
        ByteBuffer one = encode(Cdb.Reporting.OPERATION_CODE, false, 0x28, 0);
        assertEquals("00 03 00 0A 28 18 FF FF FF FF 1F FF FF 00", hex(one, 0, one.remaining()));
    }

    @Test
    void oneCommandWithTimeouts() {
        ByteBuffer one = encode(Cdb.Reporting.OPERATION_CODE, true, 0x00, 0);
        assertEquals(
                "00 83 00 06 00 00 00 00 00 00 00 0A 00 00 00 00 00 00 00 00 00 00",
                hex(one, 0, one.remaining()));
    }

    @Test
    void aServiceActionIsFoundByItsNumber() {
        ByteBuffer one = encode(Cdb.Reporting.SERVICE_ACTION, false, 0x9E, 0x12);
        assertEquals("00 03 00 10 9E 12", hex(one, 0, 6));
        assertEquals(one, encode(Cdb.Reporting.EITHER, false, 0x9E, 0x12));
        ByteBuffer portGroups = encode(Cdb.Reporting.SERVICE_ACTION, false, 0xA3, 0x0A);
        assertEquals(
                "00 03 00 0C A3 EA 00 00 00 00 FF FF FF FF 00 00",
                hex(portGroups, 0, portGroups.remaining()));
    }

    @Test
    void whatWeDoNotHaveIsNotSupported() {
        assertEquals(
                "00 01 00 00", hex(encode(Cdb.Reporting.OPERATION_CODE, false, 0x3E, 0), 0, 4));
        assertEquals("00 01 00 00", hex(encode(Cdb.Reporting.EITHER, false, 0x9E, 0x13), 0, 4));
        assertEquals("00 01 00 00", hex(encode(Cdb.Reporting.EITHER, false, 0x9E, 0x212), 0, 4));
        assertEquals("00 01 00 00", hex(encode(Cdb.Reporting.EITHER, false, 0x28, 1), 0, 4));
    }

    @Test
    void theWrongKindOfQuestionIsRefused() {
        assertEquals("5/24/00", refusal(Cdb.Reporting.OPERATION_CODE, 0x9E));
        assertEquals("5/24/00", refusal(Cdb.Reporting.SERVICE_ACTION, 0x28));
        assertNull(SupportedOperations.refuses(ask(Cdb.Reporting.EITHER, false, 0x28, 0)));
        assertNull(SupportedOperations.refuses(ask(Cdb.Reporting.SERVICE_ACTION, false, 0x9E, 1)));
    }

    private static String refusal(Cdb.Reporting reporting, int code) {
        return String.valueOf(SupportedOperations.refuses(ask(reporting, false, code, 0)));
    }

    private static ByteBuffer encode(
            Cdb.Reporting reporting, boolean timeouts, int code, int action) {
        return SupportedOperations.encode(ask(reporting, timeouts, code, action));
    }

    private static Cdb.ReportOperations ask(
            Cdb.Reporting reporting, boolean timeouts, int code, int action) {
        return new Cdb.ReportOperations(reporting, timeouts, code, action, 4096);
    }

    private static String hex(ByteBuffer buffer, int from, int length) {
        byte[] bytes = new byte[length];
        buffer.get(from, bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
