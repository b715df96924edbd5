package io.cowherd.scsi.cdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The second reader of the CDBs about reservations.
final class ReservationDecodingTest {
    static Stream<Arguments> commands() {
        return Stream.of(
                arguments("16 E0 00 00 00 00", new Cdb.Reserve6()),
                arguments("17 00 FF 00 00 00", new Cdb.Release6()),
                arguments(
                        "5E 00 00 00 00 00 00 81 23 00",
                        new Cdb.PersistentReserveIn(Cdb.ReserveReport.READ_KEYS, 0x8123)),
                arguments(
                        "5E 03 00 00 00 00 00 81 23 00",
                        new Cdb.PersistentReserveIn(Cdb.ReserveReport.READ_FULL_STATUS, 0x8123)),
                arguments(
                        "5F 01 05 00 00 00 00 00 18 00",
                        new Cdb.PersistentReserveOut(Cdb.ReserveAction.RESERVE, 0, 5, 24)),
                arguments(
                        "5F 07 2F 00 00 00 00 10 00 00",
                        new Cdb.PersistentReserveOut(
                                Cdb.ReserveAction.REGISTER_AND_MOVE, 2, 15, 0x1000)));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theseBytesAreThis(String hex, Cdb expected) {
        assertEquals(expected, decode(hex));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "16 10 00 00 00 00                               | 5/24/00", // a third party
                "16 00 00 00 08 00                               | 5/24/00", // extents
                "17 01 00 00 00 00                               | 5/24/00",
                "5E 04 00 00 00 00 00 00 FF 00                   | 5/24/00",
                "5F 08 00 00 00 00 00 00 18 00                   | 5/24/00",
                "5F 00 00 00 00 00 01 00 01 00                   | 5/1A/00" // too long
            })
    void whatWeDoNotDoIsRefused(String hex, String sense) {
        var refused = (Cdb.Refused) decode(hex);
        assertEquals(sense, refused.sense().toString());
    }

    private static Cdb decode(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return Cdb.decode(ByteBuffer.allocate(Cdb.BYTES).put(bytes).clear());
    }
}
