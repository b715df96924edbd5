package io.cowherd.scsi.lu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The second reader of the tables in [InquiryData] and [BlockLimits]; the bytes are those of spec/initiators.md c.2, c.4.
final class InquiryDataLayoutTest {
    private static final UUID UUID_0 = UUID.fromString("01234567-89ab-4def-8123-456789abcdef");
    private static final TargetPort PORT = new TargetPort("iqn.x:t", 0x102, 1);

    @Test
    void standardData() {
        assertEquals(
                """
                00 00 06 02 5B 18 10 02 \
                43 4F 57 48 45 52 44 20 \
                56 4F 4C 55 4D 45 20 20 20 20 20 20 20 20 20 20 \
                30 30 30 31 \
                00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
                00 A0 09 60 04 60 04 C0 \
                00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00""",
                hex(InquiryData.standard()));
    }

    @Test
    void anAbsentLunStillHasAVendor() {
        assertEquals(
                "3F 00 06 02 5B 18 10 02 43",
                hex(InquiryData.standardOfAbsent(0)).substring(0, 26));
        assertEquals(
                "7F 00 06 02 5B 18 10 02 43",
                hex(InquiryData.standardOfAbsent(7)).substring(0, 26));
    }

    @Test
    void pagesAreListedAscending() {
        assertEquals("00 00 00 07 00 80 83 86 B0 B1 B2", page(0x00));
    }

    @Test
    void everyListedPageExistsAndOthersDoNot() {
        ByteBuffer list = InquiryData.page(0, unit(512, WriteCache.VOLATILE), PORT);
        assertNotNull(list);
        for (int page = 0; page < 256; page++) {
            boolean listed = false;
            for (int i = 4; i < list.limit(); i++) {
                listed |= (list.get(i) & 0xFF) == page;
            }
            assertEquals(listed, InquiryData.hasPage(page));
            assertEquals(listed, InquiryData.page(page, unit(512, WriteCache.NONE), PORT) != null);
        }
        assertNull(InquiryData.page(0x8F, unit(512, WriteCache.NONE), PORT));
    }

    @Test
    void serialNumber() {
        assertEquals(
                "00 80 00 20 "
                        + "30 31 32 33 34 35 36 37 38 39 61 62 34 64 65 66 "
                        + "38 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66",
                page(0x80));
    }

    @Test
    void identification() {
        assertEquals(
                """
                00 83 00 74 \
                01 03 00 10 60 24 35 77 89 AB 4D EF 81 23 45 67 89 AB CD EF \
                02 01 00 28 43 4F 57 48 45 52 44 20 \
                30 31 32 33 34 35 36 37 38 39 61 62 34 64 65 66 \
                38 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66 \
                51 94 00 04 00 00 01 02 \
                51 95 00 04 00 00 00 01 \
                53 98 00 14 69 71 6E 2E 78 3A 74 2C 74 2C 30 78 30 31 30 32 00 00 00 00 \
                53 A8 00 08 69 71 6E 2E 78 3A 74 00""",
                page(0x83));
    }

    @Test
    void anotherUuidIsAnotherIdentity() {
        Identity one = new Identity(UUID_0, "a");
        Identity other = new Identity(UUID.fromString("01234567-89ab-4def-8123-456789abcdee"), "a");
        assertNotEquals(one.serial(), other.serial());
        assertNotEquals(one.naaTail(), other.naaTail());
        Identity own = new Identity(UUID_0, "a", 0x00_14_05);
        assertEquals("6001405789ab4def", "%016x".formatted(own.naaHead()));
    }

    @Test
    void extendedInquiry() {
        assertEquals("00 86 00 3C 00 07 01 00 " + zeros(56), page(0x86));
        assertEquals(
                "00 86 00 3C 00 07 00 00 " + zeros(56),
                hex(InquiryData.page(0x86, unit(512, WriteCache.NONE), PORT)));
    }

    @Test
    void blockLimits() {
        assertEquals(
                """
                00 B0 00 3C 01 01 00 08 00 00 80 00 00 00 08 00 \
                00 00 00 00 00 10 00 00 00 00 01 00 00 00 08 00 \
                80 00 00 00 00 00 00 00 00 00 80 00 \
                """
                        + zeros(20),
                page(0xB0));
    }

    @Test
    void blockLimitsOfLargeBlocks() {
        assertEquals(
                """
                00 B0 00 3C 01 01 00 01 00 00 10 00 00 00 01 00 \
                00 00 00 00 00 02 00 00 00 00 01 00 00 00 01 00 \
                80 00 00 00 00 00 00 00 00 00 10 00 \
                """
                        + zeros(20),
                hex(InquiryData.page(0xB0, unit(4096, WriteCache.VOLATILE), PORT)));
    }

    @Test
    void characteristicsAndProvisioning() {
        assertEquals("00 B1 00 3C 00 01 00 40 " + zeros(56), page(0xB1));
        assertEquals("00 B2 00 04 0B E4 02 00", page(0xB2)); // 2^11 blocks are 1 MiB
        assertEquals(
                "00 B2 00 04 08 E4 02 00",
                hex(InquiryData.page(0xB2, unit(4096, WriteCache.VOLATILE), PORT)));
    }

    private static String page(int page) {
        return hex(InquiryData.page(page, unit(512, WriteCache.VOLATILE), PORT));
    }

    static LogicalUnit unit(int blockBytes, WriteCache cache) {
        return new LogicalUnit(
                new MemoryDevice(1 << 20, (byte) 0x5A, blockBytes),
                new Identity(UUID_0, "vg/base"),
                new Settings(Access.READ_WRITE, cache, 16 << 20));
    }

    private static String zeros(int count) {
        return "00 ".repeat(count).strip();
    }

    private static String hex(@Nullable ByteBuffer buffer) {
        assertNotNull(buffer);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }
}
