package io.cowherd.scsi.cdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Each CDB with all its fields set to something that shows.
final class CdbDecodingTest {
    private static final long LBA32 = 0x8123_4567L;
    private static final long LBA64 = 0x8123_4567_89AB_CDEFL;

    static Stream<Arguments> copiesAndErasures() {
        return Stream.of(
                is(
                        "48 21 00 00 00 00 00 81 23 00",
                        new Cdb.Sanitize(Cdb.SanitizeAction.OVERWRITE, false, true, 0x8123)),
                is(
                        "48 82 00 00 00 00 00 00 00 00",
                        new Cdb.Sanitize(Cdb.SanitizeAction.BLOCK_ERASE, true, false, 0)),
                is(
                        "48 1F 00 00 00 00 00 00 00 00",
                        new Cdb.Sanitize(Cdb.SanitizeAction.EXIT_FAILURE_MODE, false, false, 0)),
                is("83 00 00 00 00 00 00 00 00 00 00 00 02 D0 00 00", new Cdb.ExtendedCopy(720)),
                is("83 1C 81 23 45 67 00 00 00 00 00 00 00 00 00 00", new Cdb.CopyAbort(LBA32)),
                is(
                        "84 00 81 00 00 00 00 00 00 00 81 23 45 67 00 00",
                        new Cdb.ReceiveCopyResults(Cdb.CopyResult.STATUS, 0x81, LBA32)),
                is(
                        "84 03 00 00 00 00 00 00 00 00 81 23 45 67 00 00",
                        new Cdb.ReceiveCopyResults(Cdb.CopyResult.OPERATING_PARAMETERS, 0, LBA32)),
                is(
                        "84 04 81 00 00 00 00 00 00 00 81 23 45 67 00 00",
                        new Cdb.ReceiveCopyResults(Cdb.CopyResult.FAILED_SEGMENT, 0x81, LBA32)));
    }

    static Stream<Arguments> commands() {
        return Stream.of(
                is("00 00 00 00 00 00", new Cdb.TestUnitReady()),
                is("03 00 00 00 FC 00", new Cdb.RequestSense(false, 252)),
                is("03 01 00 00 FC 00", new Cdb.RequestSense(true, 252)),
                is("12 00 00 81 23 00", new Cdb.StandardInquiry(0x8123)),
                is("12 01 83 81 23 00", new Cdb.VitalProductData(0x83, 0x8123)),
                is("A0 00 02 00 00 00 80 00 00 10 00 00", new Cdb.ReportLuns(2, 0x8000_0010L)),
                is("07 00 00 00 00 00", new Cdb.ReassignBlocks()),
                is("1D 04 00 00 00 00", new Cdb.SendDiagnostic()),
                is("4D 00 4C 00 00 00 02 81 23 00", new Cdb.LogSense(0x0C, 0, 2, 0x8123)),
                is("4D 00 40 FF 00 00 00 81 23 00", new Cdb.LogSense(0x00, 0xFF, 0, 0x8123)),
                is(
                        "A3 05 00 00 00 00 80 00 00 10 04 00",
                        new Cdb.ReportIdentifyingInformation(0x8000_0010L)),
                is(
                        "A3 0A 00 00 00 00 80 00 00 10 00 00",
                        new Cdb.ReportPortGroups(Cdb.Header.SHORT, 0x8000_0010L)),
                is(
                        "A3 2A 00 00 00 00 00 00 11 04 00 00",
                        new Cdb.ReportPortGroups(Cdb.Header.LONG, 4356)),
                is("A3 0F 00 00 00 00 80 00 00 10 00 00", new Cdb.ReportTimestamp(0x8000_0010L)),
                is("1E 00 00 00 01 00", new Cdb.PreventAllow(true)),
                is("1E 00 00 00 00 00", new Cdb.PreventAllow(false)),
                is("1B 00 00 00 00 00", new Cdb.StartStop(true, false)),
                is("1B 00 00 00 01 00", new Cdb.StartStop(false, true)),
                is("1B 00 00 00 11 00", new Cdb.StartStop(false, false)),
                is("1B 00 00 00 04 00", new Cdb.StartStop(false, false)),
                is("25 00 00 00 00 00 00 00 00 00", new Cdb.ReadCapacity10()),
                is("9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00", new Cdb.ReadCapacity16(32)),
                is(
                        "9E 12 81 23 45 67 89 AB CD EF 00 00 00 20 00 00",
                        new Cdb.GetLbaStatus(LBA64, 32)),
                is("42 00 00 00 00 00 00 81 23 00", new Cdb.Unmap(0x8123)),
                is(
                        "89 08 81 23 45 67 89 AB CD EF 00 00 00 05 00 00",
                        new Cdb.CompareAndWrite(LBA64, 5, true)),
                is(
                        "8B 10 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.OrWrite(LBA64, 0x8000_0005L, false)),
                is("41 00 81 23 45 67 00 80 05 00", new Cdb.WriteSame(LBA32, 0x8005, false)),
                is("41 08 81 23 45 67 00 80 05 00", new Cdb.WriteSame(LBA32, 0x8005, false)),
                is(
                        "93 09 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.WriteSame(LBA64, 0x8000_0005L, true)),
                is("34 02 81 23 45 67 00 80 05 00", new Cdb.PreFetch(LBA32, 0x8005)),
                is(
                        "90 00 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.PreFetch(LBA64, 0x8000_0005L)),
                is("35 02 81 23 45 67 00 80 05 00", new Cdb.SynchronizeCache(LBA32, 0x8005)),
                is(
                        "91 00 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.SynchronizeCache(LBA64, 0x8000_0005L)));
    }

    static Stream<Arguments> transfers() {
        return Stream.of(
                is("08 1F 23 45 00 00", new Cdb.Read(0x1F_2345, 256, false)),
                is("08 FF 23 45 80 00", new Cdb.Read(0x1F_2345, 128, false)),
                is("0A 1F 23 45 00 00", new Cdb.Write(0x1F_2345, 256, false)),
                is("28 10 81 23 45 67 1F 80 05 00", new Cdb.Read(LBA32, 0x8005, false)),
                is("28 08 81 23 45 67 00 80 05 00", new Cdb.Read(LBA32, 0x8005, true)),
                is("2A 08 81 23 45 67 00 80 05 00", new Cdb.Write(LBA32, 0x8005, true)),
                is("A8 08 81 23 45 67 80 00 00 05 00 00", new Cdb.Read(LBA32, 0x8000_0005L, true)),
                is(
                        "AA 00 81 23 45 67 80 00 00 05 00 00",
                        new Cdb.Write(LBA32, 0x8000_0005L, false)),
                is(
                        "88 08 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.Read(LBA64, 0x8000_0005L, true)),
                is(
                        "8A 08 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.Write(LBA64, 0x8000_0005L, true)),
                is(
                        "2E 02 81 23 45 67 00 80 05 00",
                        new Cdb.WriteAndVerify(LBA32, 0x8005, Cdb.ByteCheck.EACH_BLOCK)),
                is(
                        "AE 00 81 23 45 67 80 00 00 05 00 00",
                        new Cdb.WriteAndVerify(LBA32, 0x8000_0005L, Cdb.ByteCheck.NONE)),
                is(
                        "8E 02 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.WriteAndVerify(LBA64, 0x8000_0005L, Cdb.ByteCheck.EACH_BLOCK)),
                is(
                        "2F 00 81 23 45 67 00 80 05 00",
                        new Cdb.Verify(LBA32, 0x8005, Cdb.ByteCheck.NONE)),
                is(
                        "AF 02 81 23 45 67 80 00 00 05 00 00",
                        new Cdb.Verify(LBA32, 0x8000_0005L, Cdb.ByteCheck.EACH_BLOCK)),
                is(
                        "8F 06 81 23 45 67 89 AB CD EF 80 00 00 05 00 00",
                        new Cdb.Verify(LBA64, 0x8000_0005L, Cdb.ByteCheck.ONE_FOR_ALL)));
    }

    static Stream<Arguments> parameters() {
        return Stream.of(
                is(
                        "1A 08 3F FF C0 00",
                        new Cdb.ModeSense(
                                Cdb.Header.SHORT,
                                false,
                                false,
                                Cdb.PageControl.CURRENT,
                                0x3F,
                                0xFF,
                                0xC0)),
                is(
                        "1A 00 48 00 C0 00",
                        new Cdb.ModeSense(
                                Cdb.Header.SHORT,
                                true,
                                false,
                                Cdb.PageControl.CHANGEABLE,
                                8,
                                0,
                                0xC0)),
                is(
                        "5A 10 8A 00 00 00 00 81 23 00",
                        new Cdb.ModeSense(
                                Cdb.Header.LONG,
                                true,
                                true,
                                Cdb.PageControl.DEFAULT,
                                0x0A,
                                0,
                                0x8123)),
                is(
                        "37 00 0D 00 00 00 00 81 23 00",
                        new Cdb.ReadDefectData(Cdb.Header.SHORT, 8, 5, 0x8123)),
                is(
                        "B7 15 00 00 00 00 80 00 00 10 00 00",
                        new Cdb.ReadDefectData(Cdb.Header.LONG, 0x10, 5, 0x8000_0010L)),
                is("15 10 00 00 18 00", new Cdb.ModeSelect(Cdb.Header.SHORT, 0x18)),
                is("55 10 00 00 00 00 00 81 23 00", new Cdb.ModeSelect(Cdb.Header.LONG, 0x8123)),
                is(
                        "A3 0C 80 00 00 00 80 00 00 10 00 00",
                        new Cdb.ReportOperations(Cdb.Reporting.ALL, true, 0, 0, 0x8000_0010L)),
                is(
                        "A3 0C 02 9E 00 10 00 00 00 40 00 00",
                        new Cdb.ReportOperations(
                                Cdb.Reporting.SERVICE_ACTION, false, 0x9E, 0x10, 0x40)),
                is("A3 0D 80 00 00 00 00 00 00 10 00 00", new Cdb.ReportTaskManagement(true, 16)));
    }

    @ParameterizedTest
    @MethodSource({"commands", "copiesAndErasures", "transfers", "parameters"})
    void aCdbIsDecoded(String hex, Cdb expected) {
        assertEquals(expected, decode(hex));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "02 00 00 00 00 00                               | 5/20/00", // nobody's
                "FF 00 00 00 00 00                               | 5/20/00",
                "A3 0B 00 00 00 00 00 00 00 10 00 00             | 5/24/00", // aliases
                "9E 11 00 00 00 00 00 00 00 00 00 00 00 20 00 00 | 5/24/00", // READ LONG
                "00 00 00 00 00 04                               | 5/24/00", // NACA
                "28 00 00 00 00 00 00 00 01 04                   | 5/24/00",
                "12 00 80 00 24 00                               | 5/24/00", // page without EVPD
                "12 02 00 00 24 00                               | 5/24/00", // CMDDT
                "28 20 00 00 00 00 00 00 01 00                   | 5/24/00", // RDPROTECT
                "A8 40 00 00 00 00 00 00 00 01 00 00             | 5/24/00",
                "88 E0 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00",
                "2A 20 00 00 00 00 00 00 01 00                   | 5/24/00", // WRPROTECT
                "2E 20 00 00 00 00 00 00 01 00                   | 5/24/00",
                "2E 04 00 00 00 00 00 00 01 00                   | 5/24/00", // BYTCHK 2
                "2F 20 00 00 00 00 00 00 01 00                   | 5/24/00", // VRPROTECT
                "2F 04 00 00 00 00 00 00 01 00                   | 5/24/00", // BYTCHK 2
                "8B 20 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00", // ORPROTECT
                "89 20 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00",
                "41 10 00 00 00 00 00 00 01 00                   | 5/24/00", // ANCHOR
                "41 01 00 00 00 00 00 00 01 00                   | 5/24/00", // NDOB is (16) only
                "93 02 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00", // LBDATA
                "93 04 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00", // PBDATA
                "93 20 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | 5/24/00",
                "42 01 00 00 00 00 00 00 18 00                   | 5/24/00", // ANCHOR
                "83 01 00 00 00 00 00 00 00 00 00 00 00 30 00 00 | 5/24/00", // LID4
                "83 10 00 00 00 00 00 00 00 00 00 00 00 30 00 00 | 5/24/00", // POPULATE TOKEN
                "83 11 00 00 00 00 00 00 00 00 00 00 00 30 00 00 | 5/24/00", // WRITE USING TOKEN
                "83 00 00 00 00 00 00 00 00 00 00 00 02 D1 00 00 | 5/1A/00",
                "84 01 00 00 00 00 00 00 00 00 00 00 00 30 00 00 | 5/24/00", // RECEIVE DATA
                "84 07 00 00 00 00 00 00 00 00 00 00 00 30 00 00 | 5/24/00", // ROD TOKEN
                "48 03 00 00 00 00 00 00 00 00                   | 5/24/00", // CRYPTO ERASE
                "1A 00 C8 00 FF 00                               | 5/39/00", // saved values
                "15 00 00 00 18 00                               | 5/24/00", // PF=0
                "15 11 00 00 18 00                               | 5/24/00", // SP=1
                "1B 00 00 00 02 00                               | 5/24/00", // LOEJ
                "25 00 00 00 00 01 00 00 00 00                   | 5/24/00",
                "25 00 00 00 00 00 00 00 01 00                   | 5/24/00", // PMI
                "9E 10 00 00 00 00 00 00 00 01 00 00 00 20 00 00 | 5/24/00",
                "A0 00 00 00 00 00 00 00 00 0F 00 00             | 5/24/00", // too little room
                "A3 0C 04 00 00 00 00 00 00 10 00 00             | 5/24/00",
                "A3 0D 00 00 00 00 00 00 00 03 00 00             | 5/24/00",
                "A3 4A 00 00 00 00 00 00 00 10 00 00             | 5/24/00", // third format
                "A3 05 00 00 00 00 00 00 00 10 02 00             | 5/24/00", // type 1
                "A4 0A 00 00 00 00 00 00 00 10 00 00             | 5/20/00", // implicit only
                "1D 20 00 00 00 00                               | 5/24/00", // short self-test
                "1D 10 00 00 08 00                               | 5/24/00", // diagnostic page
                "4D 01 4C 00 00 00 00 00 FF 00                   | 5/24/00", // SP=1
                "4C 00 40 00 00 00 00 00 00 00                   | 5/20/00" // LOG SELECT
            })
    void whatWeDoNotDoIsRefused(String hex, String sense) {
        if (decode(hex) instanceof Cdb.Refused(Sense refused)) {
            assertEquals(sense, refused.toString());
        } else {
            throw new AssertionError(decode(hex));
        }
    }

    @Test
    void theWrongByteIsNamed() {
        assertEquals(
                new Cdb.Refused(Sense.invalidField(1)), decode("28 20 00 00 00 00 00 00 01 00"));
        assertEquals(
                new Cdb.Refused(Sense.invalidField(9)), decode("28 00 00 00 00 00 00 00 01 04"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "2A 00 00 00 00 07 00 00 03 00                   | 1536 | 0",
                "28 00 00 00 00 07 00 00 03 00                   | 0    | 1536",
                "89 00 00 00 00 00 00 00 00 07 00 00 00 03 00 00 | 3072 | 0",
                "41 00 00 00 00 07 00 00 03 00                   | 512  | 0",
                "93 01 00 00 00 00 00 00 00 07 00 00 00 03 00 00 | 0    | 0",
                "2F 00 00 00 00 07 00 00 03 00                   | 0    | 0",
                "2F 02 00 00 00 07 00 00 03 00                   | 1536 | 0",
                "2F 06 00 00 00 07 00 00 03 00                   | 512  | 0",
                "25 00 00 00 00 00 00 00 00 00                   | 0    | 8",
                "12 00 00 00 24 00                               | 0    | 36"
            })
    void theCdbSaysHowMuchDataMoves(String hex, long out, long in) {
        assertEquals(out, decode(hex).dataOutBytes(512));
        assertEquals(in, decode(hex).dataInBytes(512));
    }

    /// Goal: nothing that an initiator can send makes the decoder throw. Method: seeded noise behind each operation code.
    @Test
    void noiseIsDecodedOrRefused() {
        long seed = Long.getLong("cowherd.seed", 7);
        Random random = new Random(seed);
        byte[] bytes = new byte[Cdb.BYTES];
        for (int i = 0; i < 256 * 1000; i++) {
            random.nextBytes(bytes);
            bytes[0] = (byte) i;
            assertNotNull(Cdb.decode(ByteBuffer.wrap(bytes)), "seed " + seed);
        }
    }

    private static Cdb decode(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        ByteBuffer padded = ByteBuffer.allocate(Cdb.BYTES + 3).position(3);
        padded.put(bytes).position(3);
        Cdb cdb = Cdb.decode(padded);
        assertEquals(3, padded.position(), "decoding never moves the position");
        return cdb;
    }

    private static Arguments is(String hex, Cdb expected) {
        return Arguments.of(hex, expected);
    }
}
