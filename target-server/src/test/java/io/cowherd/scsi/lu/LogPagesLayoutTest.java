package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.lu.Provisioning.Room;
import io.cowherd.scsi.lu.Provisioning.Scope;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The second reader of the table in [LogPages].
final class LogPagesLayoutTest {
    private static final long MIB = 1 << 20;

    @Test
    void supportedPages() {
        assertEquals("00 00 00 03 00 0C 2F", hex(LogPages.sense(log(0x00, 0))));
        assertEquals("40 FF 00 08 00 00 0C 00 2F 00 00 FF", hex(LogPages.sense(log(0x00, 0xFF))));
    }

    @Test
    void noExceptions() {
        assertEquals("2F 00 00 08 00 00 03 04 00 00 FF 00", hex(LogPages.sense(log(0x2F, 0))));
    }

    @Test
    void roomOfASnapshot() {
        Room room = new Room(80 * MIB + 1, 20 * MIB - 1, Scope.DEDICATED);
        assertEquals(
                """
                0C 00 00 18 \
                00 01 03 08 00 00 00 13 01 00 00 00 \
                00 02 03 08 00 00 00 51 01 00 00 00""",
                hex(LogPages.provisioning(0, room)));
        assertEquals(
                "0C 00 00 0C 00 02 03 08 00 00 00 51 01 00 00 00",
                hex(LogPages.provisioning(2, room)));
    }

    @Test
    void roomThatIsSharedAndRoomThatNobodyKnows() {
        assertEquals(
                "0C 00 00 0C 00 01 03 08 FF FF FF FF 02 00 00 00",
                hex(
                        LogPages.provisioning(
                                0, new Room(Room.UNKNOWN, Long.MAX_VALUE, Scope.SHARED))));
        assertEquals(
                "0C 00 00 00",
                hex(
                        LogPages.provisioning(
                                0, new Room(Room.UNKNOWN, Room.UNKNOWN, Scope.DEDICATED))));
    }

    @Test
    void otherPagesAndParametersAreRefused() {
        assertEquals("null", refusal(0x0C, 0, 2));
        assertEquals("null", refusal(0x00, 0xFF, 0));
        assertEquals("5/24/00", refusal(0x0C, 0, 3));
        assertEquals("5/24/00", refusal(0x0C, 1, 0));
        assertEquals("5/24/00", refusal(0x0D, 0, 0));
        assertEquals("5/24/00", refusal(0x2F, 0, 1));
    }

    private static String refusal(int page, int subpage, int pointer) {
        return String.valueOf(LogPages.refuses(new Cdb.LogSense(page, subpage, pointer, 252)));
    }

    private static Cdb.LogSense log(int page, int subpage) {
        return new Cdb.LogSense(page, subpage, 0, 252);
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
