package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The second reader of the table in [ModePages]; the bytes are those of spec/initiators.md c.3.
final class ModePagesLayoutTest {
    private static final String PAGE_01 = "01 0A 00 00 00 00 00 00 00 00 00 00";
    private static final String PAGE_08 =
            "08 12 04 00 00 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00";
    private static final String PAGE_0A = "0A 0A 02 10 00 40 00 00 FF FF 00 1E";
    private static final String PAGE_1A = "1A 0A 00 00 00 00 00 00 00 00 00 00";
    private static final String PAGE_1C = "1C 0A 00 00 00 00 00 00 00 00 00 00";

    private final LogicalUnit unit = unit(Access.READ_WRITE, WriteCache.VOLATILE);
    private final ModePages modes = new ModePages(unit);

    @Test
    void allPagesAscending() {
        assertEquals(
                String.join(
                        " ",
                        "4F 00 10 08 00 00 08 00 00 00 02 00",
                        PAGE_01,
                        PAGE_08,
                        PAGE_0A,
                        PAGE_1A,
                        PAGE_1C),
                hex(modes.sense(sense6(0x3F, Cdb.PageControl.CURRENT))));
    }

    @Test
    void onePageWithoutBlockDescriptor() {
        Cdb.ModeSense cdb =
                new Cdb.ModeSense(
                        Cdb.Header.SHORT, false, false, Cdb.PageControl.CURRENT, 8, 0, 192);
        assertEquals("17 00 10 00 " + PAGE_08, hex(modes.sense(cdb)));
    }

    @Test
    void longHeaderWithEitherBlockDescriptor() {
        assertEquals(
                "00 1A 00 10 00 00 00 08 00 00 08 00 00 00 02 00 " + PAGE_1C,
                hex(modes.sense(sense10(false))));
        assertEquals(
                "00 22 00 10 01 00 00 10 00 00 00 00 00 00 08 00 00 00 00 00 00 00 02 00 "
                        + PAGE_1C,
                hex(modes.sense(sense10(true))));
    }

    @Test
    void onlyTheTwoBitsMayChange() {
        assertEquals(
                "17 00 10 08 00 00 08 00 00 00 02 00 0A 0A 04 00 08 00 00 00 00 00 00 00",
                hex(modes.sense(sense6(0x0A, Cdb.PageControl.CHANGEABLE))));
        assertTrue(
                hex(modes.sense(sense6(0x08, Cdb.PageControl.CHANGEABLE)))
                        .endsWith("08 12" + " 00".repeat(18)));
    }

    @Test
    void whatIsReadOnlyOrUncachedSaysSo() {
        LogicalUnit other = unit(Access.READ_ONLY, WriteCache.NONE);
        String page = hex(new ModePages(other).sense(sense6(0x08, Cdb.PageControl.CURRENT)));
        assertEquals("1F 00 90 08 00 00 08 00 00 00 02 00 08 12 00", page.substring(0, 44));
    }

    @Test
    void selectChangesAndResetTakesBack() {
        assertTrue(
                select6("0A 0A 06 10 08 40 00 00 FF FF 00 1E") instanceof Outcome.GoodTellOthers);
        assertTrue(modes.descriptorSense() && modes.softwareWriteProtect());
        assertEquals(
                "0A 0A 06 10 08 40 00 00 FF FF 00 1E",
                hex(modes.sense(sense6(0x0A, Cdb.PageControl.CURRENT))).substring(36));
        assertEquals(
                PAGE_0A, hex(modes.sense(sense6(0x0A, Cdb.PageControl.DEFAULT))).substring(36));
        modes.reset();
        assertFalse(modes.descriptorSense() || modes.softwareWriteProtect());
    }

    @Test
    void selectingWhatIsAlreadySoTellsNobody() {
        assertEquals(Outcome.DONE, select6(PAGE_08 + PAGE_0A));
        assertEquals(Outcome.DONE, select(Cdb.Header.LONG, "00 00 00 00 00 00 00 00" + PAGE_1C));
        assertEquals(
                Outcome.DONE,
                select(Cdb.Header.SHORT, "00 00 00 08 00 00 08 00 00 00 02 00" + PAGE_1C));
        assertEquals(Outcome.DONE, select(Cdb.Header.SHORT, ""));
    }

    @Test
    void nothingIsTakenOverUnlessAllIsRight() {
        assertEquals(
                "5/26/00",
                sense(select6("0A 0A 06 10 08 40 00 00 FF FF 00 1E 08 12 00" + " 00".repeat(17))));
        assertFalse(modes.descriptorSense() || modes.softwareWriteProtect());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00 00 00                                                      | 5/1A/00",
                "00 00 00 00 0A                                                | 5/1A/00",
                "00 00 00 00 0A 0A 02 10                                       | 5/1A/00",
                "00 00 00 08 00 00 08 00                                       | 5/1A/00",
                "00 00 00 00 02 0A 00 00 00 00 00 00 00 00 00 00               | 5/26/00",
                "00 00 00 00 0A 0B 02 10 00 40 00 00 FF FF 00 1E 00            | 5/26/00",
                "00 00 00 00 0A 0A 02 10 00 00 00 00 FF FF 00 1E               | 5/26/00",
                "00 00 00 00 4A 0A 02 10 00 40 00 00 FF FF 00 1E               | 5/26/00",
                "00 00 00 08 00 00 08 00 00 00 10 00                           | 5/26/00",
                "00 00 00 07 00 00 08 00 00 00 02                              | 5/26/00",
                "00 00 00 00 08 12 00 00 00 00 00 00 00 00 00 00 20 00 00 00 00 00 00 00 | 5/26/00"
            })
    void aWrongListIsRefused(String list, String sense) {
        assertEquals(sense, sense(select(Cdb.Header.SHORT, list)));
    }

    @Test
    void aListShorterThanAnnouncedIsRefused() {
        ByteBuffer list = bytes("00 00 00 00" + PAGE_0A);
        Cdb.ModeSelect cdb = new Cdb.ModeSelect(Cdb.Header.SHORT, list.remaining() + 1);
        assertEquals("5/1A/00", sense(modes.select(cdb, list)));
    }

    @Test
    void subpagesAreOnlyThereForAllPages() {
        assertTrue(ModePages.hasPage(0x3F, 0xFF));
        assertFalse(ModePages.hasPage(0x0A, 1));
        assertFalse(ModePages.hasPage(0x0A, 0xFF));
        assertFalse(ModePages.hasPage(0x02, 0));
    }

    private Outcome select6(String pages) {
        return select(Cdb.Header.SHORT, "00 00 00 00" + pages);
    }

    private Outcome select(Cdb.Header header, String list) {
        ByteBuffer bytes = bytes(list);
        return modes.select(new Cdb.ModeSelect(header, bytes.remaining()), bytes);
    }

    private static String sense(Outcome outcome) {
        return outcome instanceof Outcome.CheckCondition(var sense)
                ? sense.toString()
                : outcome.toString();
    }

    private static Cdb.ModeSense sense6(int page, Cdb.PageControl control) {
        return new Cdb.ModeSense(Cdb.Header.SHORT, true, false, control, page, 0, 255);
    }

    private static Cdb.ModeSense sense10(boolean longLba) {
        return new Cdb.ModeSense(
                Cdb.Header.LONG, true, longLba, Cdb.PageControl.CURRENT, 0x1C, 0, 255);
    }

    private static LogicalUnit unit(Access access, WriteCache cache) {
        return new LogicalUnit(
                new MemoryDevice(1 << 20, (byte) 0x5A),
                new Identity(new UUID(1, 2), "vg/base"),
                new Settings(access, cache, 1 << 20));
    }

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static String hex(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
