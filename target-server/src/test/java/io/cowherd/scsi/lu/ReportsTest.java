package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/// The second reader of [Reports].
final class ReportsTest {
    @Test
    void timestamp() {
        assertEquals(
                "00 0A 03 00 81 23 45 67 89 AB 00 00", hex(Reports.timestamp(0x8123_4567_89ABL)));
    }

    @Test
    void nobodyHasSetIdentifyingInformation() {
        assertEquals("00 00 00 00", hex(Reports.noIdentifyingInformation()));
    }

    @Test
    void defectListsAreEmpty() {
        assertEquals(
                "00 1D 00 00",
                hex(Reports.noDefects(new Cdb.ReadDefectData(Cdb.Header.SHORT, 0x18, 5, 8))));
        assertEquals(
                "00 0D 00 00 00 00 00 00",
                hex(Reports.noDefects(new Cdb.ReadDefectData(Cdb.Header.LONG, 0x08, 5, 8))));
    }

    /// ATS, ATSS, CTSS, LURS and TRS: what [io.cowherd.scsi.TaskManagement] and the transport have, and nothing else.
    @Test
    void taskManagementFunctions() {
        assertEquals("DA 00 00 00", hex(Reports.taskManagement(false)));
        assertEquals("DA 00 00 0C " + "00 ".repeat(12).strip(), hex(Reports.taskManagement(true)));
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
