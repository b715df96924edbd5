package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The second reader of the format of reservations. If this has to change, the format has changed, and the version with it.
class ReservationsFormatTest {
    static final UUID ORIGIN = new UUID(2, 2);
    static final UUID SNAPSHOT = new UUID(3, 3);
    static final NexusName ONE = new NexusName("iqn.1991-05.com.microsoft:one,i,0x400001370000", 1);
    static final NexusName TWO = new NexusName("iqn.1993-08.org.debian:a b,i,0x00023d000001", 2);

    static final Map<UUID, Reservations> SAMPLE =
            Map.of(
                    ORIGIN,
                    new Reservations(
                            0xFFFF_FFFE,
                            true,
                            List.of(new Registration(ONE, 0x1A2B), new Registration(TWO, -1)),
                            new Reservation(ReservationType.WRITE_EXCLUSIVE_REGISTRANTS_ONLY, ONE)),
                    SNAPSHOT,
                    new Reservations(
                            1,
                            false,
                            List.of(new Registration(TWO, 7)),
                            new Reservation(
                                    ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS, null)));

    private static final Path FILE = Path.of("/data/vg/family/reservations");

    private static final String BODY =
            """
            family origin=00000000-0000-0002-0000-000000000002
            volume uuid=00000000-0000-0002-0000-000000000002 generation=4294967294 aptpl=yes
            registration key=0000000000001a2b target-port=1 initiator-port=iqn.1991-05.com.microsoft:one,i,0x400001370000
            registration key=ffffffffffffffff target-port=2 initiator-port=iqn.1993-08.org.debian:a%20b,i,0x00023d000001
            reservation type=5 target-port=1 initiator-port=iqn.1991-05.com.microsoft:one,i,0x400001370000
            volume uuid=00000000-0000-0003-0000-000000000003 generation=1 aptpl=no
            registration key=0000000000000007 target-port=2 initiator-port=iqn.1993-08.org.debian:a%20b,i,0x00023d000001
            reservation type=8
            """;

    @Test
    void theBytesAreThese() {
        byte[] encoded = ReservationsFormat.encode(ORIGIN, SAMPLE);
        assertEquals(sealed(BODY), new String(encoded, StandardCharsets.UTF_8));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertEquals(SAMPLE, decode(sealed(BODY)));
        Map<UUID, Reservations> none = Map.of();
        byte[] empty = ReservationsFormat.encode(ORIGIN, none);
        assertEquals(none, ReservationsFormat.decode(empty, ORIGIN, FILE));
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsKept(ReservationType type) throws IOException {
        var holder = type.isHeldByAll() ? null : TWO;
        var one =
                Map.of(
                        ORIGIN,
                        new Reservations(
                                3,
                                true,
                                List.of(new Registration(TWO, 1)),
                                new Reservation(type, holder)));
        byte[] bytes = ReservationsFormat.encode(ORIGIN, one);
        assertEquals(one, ReservationsFormat.decode(bytes, ORIGIN, FILE));
    }

    @Test
    void everyCutAndEveryFlippedBitIsDamage() {
        byte[] whole = sealed(BODY).getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(
                    CorruptReservationsException.class,
                    () -> ReservationsFormat.decode(cut, ORIGIN, FILE));
        }
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThrows(IOException.class, () -> ReservationsFormat.decode(flipped, ORIGIN, FILE));
        }
    }

    @Test
    void aNewerOneIsRefusedByName() {
        String newer = sealed(BODY).replaceFirst(" 1 ", " 2 ");
        IOException refusal = assertThrows(IOException.class, () -> decode(newer));
        assertInstanceOf(ReservationsTooNewException.class, refusal);
        assertTrue(String.valueOf(refusal.getMessage()).contains("found version 2, expected 1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "key=0000000000001a2b | key=0000000000000000 | a key is 0",
                "type=5 target-port=1 | type=5 target-port=2 | a holder that is not registered",
                "type=5 target-port=1 | type=4 target-port=1 | a type",
                "type=8 | type=8 target-port=1 | the end of the line",
                "target-port=2 | target-port=0 | a number from 1 to 65535",
                "aptpl=yes | aptpl=maybe | yes or no",
                "0002-0000-000000000002 generation | 0003-0000-000000000003 generation | each volume once",
                "family origin=00000000-0000-0002 | family origin=00000000-0000-0009 | as its folder is called",
                "reservation type=8 | reservation type=7x | a number"
            })
    void whatContradictsItselfIsRefused(String was, String is, String expected) {
        String changed = BODY.replace(was, is);
        IOException refusal = assertThrows(IOException.class, () -> decode(sealed(changed)));
        assertInstanceOf(CorruptReservationsException.class, refusal);
        assertTrue(
                String.valueOf(refusal.getMessage()).contains(expected),
                () -> String.valueOf(refusal.getMessage()));
    }

    private static Map<UUID, Reservations> decode(String text) throws IOException {
        return ReservationsFormat.decode(text.getBytes(StandardCharsets.UTF_8), ORIGIN, FILE);
    }

    private static String sealed(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        var crc = new CRC32C();
        crc.update(bytes);
        return "cowherd-reservations 1 %d %08x\n%s".formatted(bytes.length, crc.getValue(), body);
    }
}
