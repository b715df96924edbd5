package io.cowherd.scsi.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The second reader of the table in [Demand]: every kind of command, under every type of reservation, from the holder, a
/// registrant and a stranger.
///
/// **Method.** Each line is a row of SPC-4's table 46 or SBC-3's table 13, typed from there: a CDB, then `A` for allowed and
/// `C` for conflict in the columns *write exclusive*, *exclusive access* (both from whoever does not hold it), *registrant of a
/// registrants' type*, *stranger to write exclusive for registrants*, *to exclusive access for registrants*; last whether it
/// is let in while another nexus has the logical unit by RESERVE(6).
class AccessMatrixTest {
    private static final String[] ROWS = {
        "00 00 00 00 00 00                               | AAAAA C", // TEST UNIT READY
        "03 00 00 00 FC 00                               | AAAAA A", // REQUEST SENSE
        "07 00 00 00 00 00                               | CCACC C", // REASSIGN BLOCKS
        "08 00 00 00 01 00                               | ACAAC C", // READ
        "0A 00 00 00 01 00                               | CCACC C", // WRITE
        "12 00 00 00 FC 00                               | AAAAA A", // INQUIRY
        "12 01 83 00 FC 00                               | AAAAA A", // a page
        "15 10 00 00 18 00                               | CCACC C", // MODE SELECT
        "16 00 00 00 00 00                               | AAAAA A", // judged elsewhere
        "17 00 00 00 00 00                               | AAAAA A", // judged elsewhere
        "1A 00 3F 00 FC 00                               | ACAAC C", // MODE SENSE
        "1B 00 00 00 00 00                               | CCACC C", // START STOP UNIT, stop
        "1B 00 00 00 01 00                               | AAAAA A", // start
        "1B 00 00 00 21 00                               | CCACC C", // start, a power condition
        "1D 04 00 00 00 00                               | CCACC C", // SEND DIAGNOSTIC
        "1E 00 00 00 00 00                               | AAAAA A", // PREVENT ALLOW, allow
        "1E 00 00 00 01 00                               | CCACC C", // prevent
        "25 00 00 00 00 00 00 00 00 00                   | AAAAA A", // READ CAPACITY (10)
        "2E 02 00 00 00 00 00 00 01 00                   | CCACC C", // WRITE AND VERIFY
        "2F 00 00 00 00 00 00 00 01 00                   | ACAAC C", // VERIFY
        "34 00 00 00 00 00 00 00 01 00                   | ACAAC C", // PRE-FETCH
        "35 00 00 00 00 00 00 00 00 00                   | CCACC C", // SYNCHRONIZE CACHE
        "37 00 18 00 00 00 00 00 08 00                   | AAAAA C", // READ DEFECT DATA
        "41 00 00 00 00 00 00 00 01 00                   | CCACC C", // WRITE SAME
        "42 00 00 00 00 00 00 00 18 00                   | CCACC C", // UNMAP
        "48 02 00 00 00 00 00 00 00 00                   | CCACC C", // SANITIZE
        "4D 00 40 00 00 00 00 00 FF 00                   | AAAAA A", // LOG SENSE
        "5E 00 00 00 00 00 00 00 FF 00                   | AAAAA A", // judged elsewhere
        "5F 01 05 00 00 00 00 00 18 00                   | AAAAA A", // judged elsewhere
        "83 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 | CCACC C", // EXTENDED COPY
        "83 1C 00 00 00 01 00 00 00 00 00 00 00 00 00 00 | CCACC C", // COPY OPERATION ABORT
        "84 03 00 00 00 00 00 00 00 00 00 00 00 FF 00 00 | ACAAC C", // RECEIVE COPY RESULTS
        "89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | CCACC C", // COMPARE AND WRITE
        "8B 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 | CCACC C", // ORWRITE
        "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00 | AAAAA A", // READ CAPACITY (16)
        "9E 12 00 00 00 00 00 00 00 00 00 00 00 20 00 00 | ACAAC C", // GET LBA STATUS
        "A0 00 00 00 00 00 00 00 10 00 00 00             | AAAAA A", // REPORT LUNS
        "A3 05 00 00 00 00 00 00 10 00 00 00             | AAAAA C", // IDENTIFYING INFORMATION
        "A3 0A 00 00 00 00 00 00 10 00 00 00             | AAAAA C", // TARGET PORT GROUPS
        "A3 0F 00 00 00 00 00 00 10 00 00 00             | AAAAA C", // TIMESTAMP
        "A3 0C 00 00 00 00 00 00 10 00 00 00             | ACAAC C", // SUPPORTED OPCODES
        "A3 0D 00 00 00 00 00 00 10 00 00 00             | ACAAC C", // SUPPORTED TMFS
    };

    private static final NexusName HOLDER = new NexusName("iqn.holder,i,0x000000000001", 1);
    private static final NexusName REGISTRANT = new NexusName("iqn.other,i,0x000000000001", 1);
    private static final NexusName STRANGER = new NexusName("iqn.holder,i,0x000000000001", 2);

    private static final Reservations REGISTERED =
            new Reservations(
                    2,
                    false,
                    List.of(new Registration(HOLDER, 1), new Registration(REGISTRANT, 2)),
                    null);

    private static Map<String, Cdb> commands() {
        var commands = new TreeMap<String, Cdb>();
        for (String row : ROWS) {
            byte[] bytes = HexFormat.of().parseHex(row.replaceFirst("\\|.*", "").replace(" ", ""));
            Cdb cdb = Cdb.decode(ByteBuffer.allocate(Cdb.BYTES).put(bytes).clear());
            commands.put(row.replaceFirst("^[^|]*\\| ", "") + " " + cdb, cdb);
        }
        return commands;
    }

    @ParameterizedTest
    @EnumSource
    void underPersistentReservations(ReservationType type) {
        var holder = type.isHeldByAll() ? null : HOLDER;
        var reserved =
                new Guard(
                        new Reservations(
                                2,
                                false,
                                REGISTERED.registrations(),
                                new Reservation(type, holder)),
                        null);
        boolean exclusive = type.forbidsReading();
        int others = exclusive ? 1 : 0;
        int registrant = type.isForRegistrants() ? 2 : others;
        int stranger = type.isForRegistrants() ? (exclusive ? 4 : 3) : others;
        commands()
                .forEach(
                        (row, cdb) -> {
                            assertTrue(reserved.admits(Demand.of(cdb), HOLDER), row);
                            assertEquals(
                                    row.charAt(registrant) == 'A',
                                    reserved.admits(Demand.of(cdb), REGISTRANT),
                                    "registrant: " + row);
                            assertEquals(
                                    row.charAt(stranger) == 'A',
                                    reserved.admits(Demand.of(cdb), STRANGER),
                                    "stranger: " + row);
                        });
    }

    @Test
    void underReserve6() {
        var reserved = new Guard(Reservations.NONE, HOLDER);
        commands()
                .forEach(
                        (row, cdb) -> {
                            assertTrue(reserved.admits(Demand.of(cdb), HOLDER), row);
                            assertEquals(
                                    row.charAt(6) == 'A',
                                    reserved.admits(Demand.of(cdb), STRANGER),
                                    row);
                        });
    }

    @Test
    void whileNothingIsReservedAllAreLetIn() {
        commands()
                .forEach(
                        (row, cdb) -> {
                            assertTrue(
                                    new Guard(REGISTERED, null).admits(Demand.of(cdb), STRANGER),
                                    row);
                            assertTrue(Guard.OPEN.admits(Demand.of(cdb), STRANGER), row);
                        });
    }

    /// What we refuse anyway is told so, whoever has reserved.
    @Test
    void whatIsRefusedIsNotInConflict() {
        Cdb refused = Cdb.decode(ByteBuffer.allocate(Cdb.BYTES).put(0, (byte) 0xFF));
        assertTrue(new Guard(Reservations.NONE, HOLDER).admits(Demand.of(refused), STRANGER));
    }

    @Test
    void everyKindOfCommandHasARow() {
        Set<Class<?>> kinds = new HashSet<>();
        commands().values().forEach(cdb -> kinds.add(cdb.getClass()));
        kinds.add(Cdb.Refused.class);
        var missing = new ArrayList<>(records(Cdb.class));
        missing.removeAll(kinds);
        assertEquals(List.of(), missing);
    }

    private static Set<Class<?>> records(Class<?> sealed) {
        Set<Class<?>> records = new HashSet<>();
        Class<?>[] permitted = sealed.getPermittedSubclasses();
        assertNotNull(permitted);
        for (Class<?> each : permitted) {
            if (each.isRecord()) {
                records.add(each);
            } else {
                records.addAll(records(each));
            }
        }
        return records;
    }
}
