package io.cowherd.scsi.copy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.cowherd.scsi.copy.CopyList.CopyTarget;
import io.cowherd.scsi.copy.CopyList.Segment;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The second reader of the tables in [CopyList].
final class CopyListLayoutTest {
    private static final String LIST =
            """
            07 10 00 20 00 00 00 00 00 00 00 1C 00 00 00 00 \
            E4 00 00 00 01 03 00 10 \
            60 24 35 71 23 45 67 89 89 AB CD EF 01 23 45 67 \
            00 00 00 00 00 00 02 00 \
            02 02 00 18 00 00 FF FF 00 00 12 34 \
            00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04""";

    private static byte[] list() {
        return HexFormat.ofDelimiter(" ").parseHex(LIST);
    }

    private static CopyParameters decode(byte[] list) {
        return CopyList.decode(ByteBuffer.wrap(list));
    }

    @Test
    void everyFieldIsFound() {
        assertEquals(
                new CopyList(
                        7,
                        true,
                        List.of(new CopyTarget(0x60243571_23456789L, 0x89ABCDEF_01234567L, 512)),
                        List.of(
                                new Segment(
                                        true, 0, 0xFFFF, 0x1234, 0x1_0000_0002L, 0x3_0000_0004L))),
                decode(list()));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 08, 5/26/00", // LIST ID USAGE 1
        "1, 18, 5/26/00", // LIST ID USAGE 3 with an identifier
        "15, 01, 5/26/00", // inline data
        "3, 1F, 5/1A/00", // a target cut short
        "3, 80, 5/1A/00", // targets beyond the list
        "11, 1D, 5/1A/00", // segments beyond the list
        "16, E0, 5/26/07", // Fibre Channel
        "17, 01, 5/26/00", // a tape
        "20, 02, 5/26/00", // ASCII
        "21, 13, 5/26/00", // NAA of a port
        "23, 08, 5/26/00", // NAA of 8 bytes
        "48, 04, 5/26/09", // stream to stream
        "51, 19, 5/26/00", // segment of another length
    })
    void whatIsWrongIsRefused(int offset, String value, String sense) {
        byte[] list = list();
        list[offset] = (byte) Integer.parseInt(value, 16);
        assertEquals(
                sense,
                assertInstanceOf(CopyParameters.Wrong.class, decode(list)).sense().toString());
    }

    /// libiscsi ExtendedCopy.ValidTgtDescr: for a target of SPC-4, LU ID TYPE and NUL mean nothing.
    @Test
    void whatSpc4HasDroppedIsIgnored() {
        byte[] list = list();
        list[17] = (byte) 0xE0;
        assertEquals(decode(list()), decode(list));
    }

    @Test
    void everyTruncationIsRefused() {
        for (int length = 1; length < list().length; length++) {
            byte[] cut = java.util.Arrays.copyOf(list(), length);
            var wrong =
                    assertInstanceOf(CopyParameters.Wrong.class, decode(cut), "length " + length);
            assertEquals("5/1A/00", wrong.sense().toString());
        }
    }

    /// Goal: whatever a host sends, there is a list or a sense, never an exception.
    @Test
    void noiseIsAnswered() {
        long seed = Long.getLong("cowherd.seed", 5);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] list = list();
            for (int changes = random.nextInt(6); changes >= 0; changes--) {
                list[random.nextInt(list.length)] = (byte) random.nextInt();
            }
            decode(list);
        }
    }
}
