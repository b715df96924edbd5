package io.cowherd.scsi.reservation;

import static io.cowherd.scsi.cdb.Cdb.ReserveAction.CLEAR;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.PREEMPT;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.PREEMPT_AND_ABORT;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.REGISTER;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.REGISTER_AND_IGNORE_EXISTING_KEY;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.REGISTER_AND_MOVE;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.RELEASE;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.RESERVE;
import static io.cowherd.scsi.reservation.ParameterLists.list;
import static io.cowherd.scsi.reservation.ParameterLists.move;
import static io.cowherd.scsi.reservation.ParameterLists.specifying;
import static io.cowherd.scsi.reservation.ParameterLists.transportId;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.cdb.Cdb.PersistentReserveOut;
import io.cowherd.scsi.cdb.Cdb.ReserveAction;
import io.cowherd.scsi.sense.UnitAttention;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What each service action does, to whom it does it, and who may (SPC-4 5.9, 6.15, 6.16). Three nexuses, keys A, B and C.
class UnitReservationsTest {
    private static final NexusName ONE = new NexusName("iqn.one,i,0x400001370001", 1);
    private static final NexusName TWO = new NexusName("iqn.two,i,0x400001370002", 1);
    private static final NexusName THREE = new NexusName("iqn.three,i,0x400001370003", 1);
    private static final long A = 0xA0A0_0000_0000_0001L;
    private static final long B = 0xB;
    private static final long C = 0xC;
    private static final Set<Integer> PORTS = Set.of(1, 2);

    private static final Cdb WRITE = new Cdb.Write(0, 1, false);

    private final ReservationStore store = ReservationStore.inMemory();
    private final UnitReservations unit = new UnitReservations(store);

    // -- helpers --

    private String out(NexusName me, ReserveAction action, int type, byte[] list)
            throws IOException {
        return switch (execute(me, action, type, list)) {
            case Verdict.Conflict _ -> "conflict";
            case Verdict.Refused(var sense) -> sense.toString();
            case Verdict.Done(Effects effects) -> told(effects);
        };
    }

    private Verdict execute(NexusName me, ReserveAction action, int type, byte[] list)
            throws IOException {
        var cdb = new PersistentReserveOut(action, type >> 4, type & 15, list.length);
        return unit.reserveOut(cdb, ByteBuffer.wrap(list), me, PORTS);
    }

    /// `good`, or who is told what, in order: `good two:registrations preempted`.
    private static String told(Effects effects) {
        var told = new StringBuilder("good");
        for (NexusName each : List.of(ONE, TWO, THREE)) {
            UnitAttention attention = effects.attentionOf(each);
            if (attention != null) {
                told.append(' ').append(shortName(each)).append(':');
                told.append(attention.sense().toString().substring(2));
            }
            if (effects.aborts(each)) {
                told.append(' ').append(shortName(each)).append(":aborted");
            }
        }
        return told.toString();
    }

    private static String shortName(NexusName nexus) {
        return nexus.initiatorPort().replaceFirst("iqn\\.(.*),i.*", "$1");
    }

    private String out(NexusName me, ReserveAction action, int type, long key, long actionKey)
            throws IOException {
        return out(me, action, type, list(key, actionKey, 0));
    }

    private void registerAll() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
        assertEquals("good", out(TWO, REGISTER, 0, 0, B));
        assertEquals("good", out(THREE, REGISTER, 0, 0, C));
    }

    private void reserved(ReservationType type) throws IOException {
        registerAll();
        assertEquals("good", out(ONE, RESERVE, type.code(), A, 0));
    }

    private String holds() {
        Reservation now = store.present().reservation();
        if (now == null) {
            return "nobody";
        }
        NexusName holder = now.holder();
        return now.type().code() + " " + (holder == null ? "all" : shortName(holder));
    }

    private List<NexusName> registrants() {
        return store.present().registrations().stream().map(Registration::nexus).toList();
    }

    private String report(Cdb.ReserveReport report) throws IOException {
        ByteBuffer answer = unit.report(report);
        if (answer == null) {
            return "conflict";
        }
        byte[] bytes = new byte[answer.remaining()];
        answer.get(bytes);
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes);
    }

    // -- REGISTER --

    @Test
    void aStrangerRegistersWithKeyZero() throws IOException {
        assertEquals("conflict", out(ONE, REGISTER, 0, A, A));
        assertEquals(0, store.present().generation());
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
        assertEquals(List.of(new Registration(ONE, A)), store.present().registrations());
        assertEquals(1, store.present().generation());
    }

    @Test
    void aRegistrantChangesItsKeyWithTheOldOne() throws IOException {
        registerAll();
        assertEquals("conflict", out(ONE, REGISTER, 0, 0, B));
        assertEquals("conflict", out(ONE, REGISTER, 0, B, B));
        assertEquals("good", out(ONE, REGISTER, 0, A, B));
        assertEquals(new Registration(ONE, B), store.present().registration(ONE));
        assertEquals("good", out(ONE, REGISTER_AND_IGNORE_EXISTING_KEY, 0, 77, C));
        assertEquals(new Registration(ONE, C), store.present().registration(ONE));
        assertEquals(5, store.present().generation());
    }

    @Test
    void aKeyChangedKeepsTheReservation() throws IOException {
        reserved(ReservationType.WRITE_EXCLUSIVE);
        assertEquals("good", out(ONE, REGISTER, 0, A, 9));
        assertEquals("1 one", holds());
        assertEquals("conflict", out(ONE, RELEASE, 1, A, 0));
        assertEquals("good", out(ONE, RELEASE, 1, 9, 0));
    }

    @Test
    void keyZeroUnregisters() throws IOException {
        registerAll();
        assertEquals("good", out(TWO, REGISTER, 0, B, 0));
        assertEquals(List.of(ONE, THREE), registrants());
        assertEquals("good", out(ONE, REGISTER_AND_IGNORE_EXISTING_KEY, 0, 5, 0));
        assertEquals(List.of(THREE), registrants());
    }

    @Test
    void aStrangerThatUnregistersChangesNothing() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, 0, 0));
        assertEquals("good", out(ONE, REGISTER_AND_IGNORE_EXISTING_KEY, 0, 5, 0));
        assertEquals(Reservations.NONE, store.present());
    }

    @ParameterizedTest
    @EnumSource
    void aHolderThatUnregistersReleases(ReservationType type) throws IOException {
        reserved(type);
        boolean tells = type.isForRegistrants() && !type.isHeldByAll();
        assertEquals(tells ? "good two:2A/04 three:2A/04" : "good", out(ONE, REGISTER, 0, A, 0));
        assertEquals(type.isHeldByAll() ? type.code() + " all" : "nobody", holds());
        assertEquals("good", out(TWO, REGISTER, 0, B, 0));
        assertEquals("good", out(THREE, REGISTER, 0, C, 0));
        assertEquals("nobody", holds());
    }

    @Test
    void allTargetPortsMeansAllOfThem() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, list(0, A, 4)));
        var atPort2 = new NexusName(ONE.initiatorPort(), 2);
        assertEquals(Set.of(ONE, atPort2), Set.copyOf(registrants()));
        assertEquals(1, store.present().generation());
        assertEquals("good", out(ONE, REGISTER, 0, A, 0));
        assertEquals(List.of(atPort2), registrants());
        assertEquals("good", out(atPort2, REGISTER, 0, list(A, 0, 4)));
        assertEquals(List.of(), registrants());
    }

    @Test
    void aptplIsThatOfTheLastRegistration() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, list(0, A, 1)));
        assertEquals("00 08 1D 81 EA 01 00 00", report(Cdb.ReserveReport.REPORT_CAPABILITIES));
        assertEquals("good", out(TWO, REGISTER, 0, list(0, B, 0)));
        assertEquals("00 08 1D 80 EA 01 00 00", report(Cdb.ReserveReport.REPORT_CAPABILITIES));
    }

    @Test
    void othersAreRegisteredByTheirNames() throws IOException {
        byte[] ids = specifying(0, A, 0, transportId(port(TWO)), transportId(port(THREE)));
        assertEquals("good", out(ONE, REGISTER, 0, ids));
        assertEquals(List.of(ONE, TWO, THREE), registrants());
        assertEquals(1, store.present().generation());
    }

    private static String port(NexusName nexus) {
        return nexus.initiatorPort();
    }

    @Test
    void aListOfNamesThatIsWrongRegistersNobody() throws IOException {
        byte[] good = transportId(port(TWO));
        byte[] byName = good.clone();
        byName[0] = 0x05;
        assertEquals("5/26/00", out(ONE, REGISTER, 0, specifying(0, A, 0, good, byName)));
        byte[] sas = good.clone();
        sas[0] = 0x06;
        assertEquals("5/26/00", out(ONE, REGISTER, 0, specifying(0, A, 0, sas)));
        assertEquals(
                "5/26/00",
                out(ONE, REGISTER, 0, specifying(0, A, 0, transportId("iqn.no-isid-at-all"))));
        byte[] cut = specifying(0, A, 0, good);
        assertEquals("5/1A/00", out(ONE, REGISTER, 0, java.util.Arrays.copyOf(cut, 40)));
        assertEquals(Reservations.NONE, store.present());
        assertEquals(
                "5/26/00",
                out(ONE, REGISTER_AND_IGNORE_EXISTING_KEY, 0, specifying(0, A, 0, good)));
        registerAll();
        assertEquals("5/26/00", out(ONE, REGISTER, 0, specifying(A, A, 0, good)));
        var four = new NexusName("iqn.four,i,0x000000000004", 1);
        assertEquals("5/26/00", out(four, REGISTER, 0, specifying(0, 4, 0, good)));
        assertNull(store.present().registration(four));
    }

    @Test
    void thereIsABoundOnRegistrations() throws IOException {
        for (int i = 0; i < Reservations.MAX_REGISTRATIONS; i++) {
            assertEquals("good", out(new NexusName("iqn.x" + i, 1), REGISTER, 0, 0, A));
        }
        assertEquals("5/55/04", out(ONE, REGISTER, 0, 0, A));
        assertEquals("good", out(new NexusName("iqn.x7", 1), REGISTER, 0, A, 0));
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
    }

    @ParameterizedTest
    @EnumSource
    void aListOfTheWrongLengthIsRefused(ReserveAction action) throws IOException {
        for (int length : new int[] {0, 8, 23, 25, 28}) {
            byte[] list = java.util.Arrays.copyOf(list(0, A, 0), length);
            assertEquals("5/1A/00", out(ONE, action, 1, list), "length " + length);
        }
        var cdb = new PersistentReserveOut(action, 0, 1, 24);
        var half = unit.reserveOut(cdb, ByteBuffer.allocate(12), ONE, PORTS);
        assertEquals("5/1A/00", half instanceof Verdict.Refused(var sense) ? sense.toString() : "");
    }

    // -- RESERVE, RELEASE, CLEAR --

    @ParameterizedTest
    @EnumSource(
            names = {"REGISTER", "REGISTER_AND_IGNORE_EXISTING_KEY"},
            mode = EnumSource.Mode.EXCLUDE)
    void strangersAndWrongKeysAreInConflict(ReserveAction action) throws IOException {
        byte[] wrong =
                action == REGISTER_AND_MOVE
                        ? move(7, A, 0, 1, transportId(port(TWO)))
                        : list(7, B, 0);
        assertEquals("conflict", out(ONE, action, 1, wrong));
        reserved(ReservationType.WRITE_EXCLUSIVE);
        Reservations before = store.present();
        assertEquals("conflict", out(ONE, action, 1, wrong));
        var four = new NexusName("iqn.four,i,0x000000000004", 1);
        assertEquals("conflict", out(four, action, 1, wrong));
        assertEquals(before, store.present());
    }

    @ParameterizedTest
    @EnumSource
    void reserving(ReservationType type) throws IOException {
        reserved(type);
        assertEquals(type.code() + (type.isHeldByAll() ? " all" : " one"), holds());
        assertEquals(3, store.present().generation());
        assertEquals("good", out(ONE, RESERVE, type.code(), A, 0));
        assertEquals(
                type.isHeldByAll() ? "good" : "conflict", out(TWO, RESERVE, type.code(), B, 0));
        int other = type == ReservationType.WRITE_EXCLUSIVE ? 3 : 1;
        assertEquals("conflict", out(ONE, RESERVE, other, A, 0));
        assertEquals("conflict", out(TWO, RESERVE, other, B, 0));
    }

    @ParameterizedTest
    @EnumSource
    void releasing(ReservationType type) throws IOException {
        reserved(type);
        int other = type == ReservationType.WRITE_EXCLUSIVE ? 3 : 1;
        assertEquals("5/26/04", out(ONE, RELEASE, other, A, 0));
        assertEquals("5/26/04", out(ONE, RELEASE, 0x10 | type.code(), A, 0));
        if (!type.isHeldByAll()) {
            assertEquals("good", out(TWO, RELEASE, type.code(), B, 0));
        }
        assertEquals(type.code() + (type.isHeldByAll() ? " all" : " one"), holds());
        assertEquals(
                type.isForRegistrants() ? "good two:2A/04 three:2A/04" : "good",
                out(ONE, RELEASE, type.code(), A, 0));
        assertEquals("nobody", holds());
        assertEquals("good", out(ONE, RELEASE, type.code(), A, 0));
        assertEquals(3, store.present().generation());
    }

    @Test
    void typesAndScopesThatDoNotExistAreRefused() throws IOException {
        registerAll();
        for (int type : new int[] {0, 2, 4, 9, 15, 0x11, 0x21}) {
            assertEquals("5/24/00", out(ONE, RESERVE, type, A, 0), "type " + type);
        }
    }

    @ParameterizedTest
    @EnumSource
    void clearing(ReservationType type) throws IOException {
        reserved(type);
        assertEquals("good one:2A/03 three:2A/03", out(TWO, CLEAR, 0, B, 0));
        assertEquals(List.of(), registrants());
        assertEquals("nobody", holds());
        assertEquals(4, store.present().generation());
    }

    // -- PREEMPT --

    @ParameterizedTest
    @EnumSource
    void preemptingTheHolderTakesOver(ReservationType type) throws IOException {
        if (type.isHeldByAll()) {
            return; // below
        }
        reserved(type);
        assertEquals(
                "good one:2A/05", out(TWO, PREEMPT, type.code(), B, A), "same type: nobody else");
        assertEquals(type.code() + " two", holds());
        assertEquals(List.of(TWO, THREE), registrants());
        assertEquals(4, store.present().generation());
        int other = type == ReservationType.WRITE_EXCLUSIVE ? 3 : 1;
        assertEquals("good two:2A/05 two:aborted", out(THREE, PREEMPT_AND_ABORT, other, C, B));
        assertEquals(other + " three", holds());
    }

    @Test
    void whoKeepsItsRegistrationIsToldThatTheTypeHasChanged() throws IOException {
        reserved(ReservationType.WRITE_EXCLUSIVE);
        assertEquals("good one:2A/05 three:2A/04", out(TWO, PREEMPT, 5, B, A));
        assertEquals("5 two", holds());
    }

    @Test
    void preemptingNobodyIsAConflict() throws IOException {
        reserved(ReservationType.WRITE_EXCLUSIVE);
        assertEquals("conflict", out(TWO, PREEMPT, 1, B, 0xDEAD));
        assertEquals("5/26/00", out(TWO, PREEMPT, 1, B, 0));
        assertEquals("5/24/00", out(TWO, PREEMPT, 2, B, A));
        assertEquals("1 one", holds());
        assertEquals(3, store.present().generation());
    }

    @ParameterizedTest
    @EnumSource
    void preemptingOneWhoDoesNotHoldItRemovesItsRegistration(ReservationType type)
            throws IOException {
        reserved(type);
        assertEquals("good two:2A/05 two:aborted", out(THREE, PREEMPT_AND_ABORT, 0, C, B));
        assertEquals(List.of(ONE, THREE), registrants());
        assertEquals(type.code() + (type.isHeldByAll() ? " all" : " one"), holds());
    }

    @Test
    void preemptingWhileNothingIsReserved() throws IOException {
        registerAll();
        assertEquals("good two:2A/05", out(ONE, PREEMPT, 1, A, B));
        assertEquals("nobody", holds());
        assertEquals("good", out(ONE, PREEMPT, 1, A, A), "itself");
        assertEquals(List.of(THREE), registrants());
        assertEquals("5/26/00", out(THREE, PREEMPT, 1, C, 0));
    }

    @Test
    void preemptingAllRegistrantsWithKeyZeroTakesOver() throws IOException {
        reserved(ReservationType.WRITE_EXCLUSIVE_ALL_REGISTRANTS);
        assertEquals("good one:2A/05 three:2A/05", out(TWO, PREEMPT, 3, B, 0));
        assertEquals("3 two", holds());
        assertEquals(List.of(TWO), registrants());
    }

    @Test
    void aHolderMayPreemptItselfToChangeTheType() throws IOException {
        reserved(ReservationType.WRITE_EXCLUSIVE);
        assertEquals("good two:2A/04 three:2A/04", out(ONE, PREEMPT, 3, A, A));
        assertEquals("3 one", holds());
        assertEquals(List.of(ONE, TWO, THREE), registrants());
    }

    /// A host that comes back with another ISID puts out its own registration of before.
    @Test
    void hostsWithOneKeyAreAllPreempted() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
        assertEquals("good", out(TWO, REGISTER, 0, 0, A));
        assertEquals("good", out(THREE, REGISTER, 0, 0, A));
        assertEquals("good", out(ONE, RESERVE, 5, A, 0));
        assertEquals("good one:2A/05 three:2A/05", out(TWO, PREEMPT, 5, A, A));
        assertEquals("5 two", holds());
        assertEquals(List.of(TWO), registrants());
    }

    // -- REGISTER AND MOVE --

    @Test
    void theReservationMoves() throws IOException {
        reserved(ReservationType.EXCLUSIVE_ACCESS);
        var four = new NexusName("iqn.four,i,0x00023d000004", 2);
        byte[] list = move(A, 0xD, 1, 2, transportId("iqn.FOUR,i,0x23D000004"));
        assertEquals("good", out(ONE, REGISTER_AND_MOVE, 0, list));
        assertEquals("3 four", holds());
        assertEquals(List.of(ONE, TWO, THREE, four), registrants());
        assertEquals(4, store.present().generation());
        assertTrue(store.present().throughPowerLoss());
        assertEquals("conflict", out(ONE, REGISTER_AND_MOVE, 0, list));
        byte[] back = move(0xD, B, 2, 1, transportId(port(TWO)));
        assertEquals("good", out(four, REGISTER_AND_MOVE, 0, back));
        assertEquals("3 two", holds());
        assertEquals(List.of(ONE, TWO, THREE), registrants());
    }

    @Test
    void whatCannotMoveIsRefused() throws IOException {
        registerAll();
        byte[] toTwo = move(A, B, 0, 1, transportId(port(TWO)));
        assertEquals("5/24/00", out(ONE, REGISTER_AND_MOVE, 0, toTwo), "nothing is reserved");
        out(ONE, RESERVE, 1, A, 0);
        assertEquals(
                "5/26/00",
                out(ONE, REGISTER_AND_MOVE, 0, move(A, 0, 0, 1, transportId(port(TWO)))));
        assertEquals(
                "5/26/00",
                out(ONE, REGISTER_AND_MOVE, 0, move(A, B, 0, 9, transportId(port(TWO)))));
        assertEquals(
                "5/26/00",
                out(ONE, REGISTER_AND_MOVE, 0, move(A, B, 0, 1, transportId(port(ONE)))));
        assertEquals("1 one", holds());
        assertEquals(3, store.present().generation());
    }

    @Test
    void whatAllHoldDoesNotMove() throws IOException {
        reserved(ReservationType.EXCLUSIVE_ACCESS_ALL_REGISTRANTS);
        byte[] toTwo = move(A, B, 0, 1, transportId(port(TWO)));
        assertEquals("conflict", out(ONE, REGISTER_AND_MOVE, 0, toTwo));
    }

    // -- PERSISTENT RESERVE IN --

    @Test
    void keysAndReservationAreThoseOfNow() throws IOException {
        assertEquals("00 00 00 00 00 00 00 00", report(Cdb.ReserveReport.READ_KEYS));
        assertEquals("00 00 00 00 00 00 00 00", report(Cdb.ReserveReport.READ_RESERVATION));
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
        assertEquals("good", out(TWO, REGISTER, 0, 0, B));
        assertEquals(
                "00 00 00 02 00 00 00 10 A0 A0 00 00 00 00 00 01 00 00 00 00 00 00 00 0B",
                report(Cdb.ReserveReport.READ_KEYS));
        assertEquals("00 00 00 02 00 00 00 00", report(Cdb.ReserveReport.READ_RESERVATION));
        assertEquals("good", out(ONE, RESERVE, 5, A, 0));
        assertEquals(
                "00 00 00 02 00 00 00 10 A0 A0 00 00 00 00 00 01 00 00 00 00 00 05 00 00",
                report(Cdb.ReserveReport.READ_RESERVATION));
        assertEquals("good two:2A/04", out(ONE, PREEMPT, 7, A, A));
        assertEquals(
                "00 00 00 03 00 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00",
                report(Cdb.ReserveReport.READ_RESERVATION));
    }

    @Test
    void fullStatusNamesTheNexuses() throws IOException {
        assertEquals("good", out(ONE, REGISTER, 0, 0, A));
        assertEquals("good", out(TWO, REGISTER, 0, 0, B));
        assertEquals("good", out(TWO, RESERVE, 6, B, 0));
        String one = HexFormat.ofDelimiter(" ").withUpperCase().formatHex(transportId(port(ONE)));
        String two = HexFormat.ofDelimiter(" ").withUpperCase().formatHex(transportId(port(TWO)));
        assertEquals(
                "00 00 00 02 00 00 00 70 "
                        + ("A0 A0 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 20 "
                                + one)
                        + (" 00 00 00 00 00 00 00 0B 00 00 00 00 01 06 00 00 00 00 00 01 00 00 00 20 "
                                + two),
                report(Cdb.ReserveReport.READ_FULL_STATUS));
    }

    // -- RESERVE(6) --

    private static String said(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Conflict _ -> "conflict";
            case Verdict.Refused(var sense) -> sense.toString();
            case Verdict.Done _ -> "good";
        };
    }

    @Test
    void reserve6IsOnesOwnUntilItIsReleased() throws IOException {
        assertEquals("good", said(unit.reserve6(ONE)));
        assertEquals("good", said(unit.reserve6(ONE)));
        assertEquals("conflict", said(unit.reserve6(TWO)));
        assertFalse(unit.admits(WRITE, TWO));
        assertTrue(unit.admits(WRITE, ONE));
        assertEquals("good", said(unit.release6(TWO)));
        assertFalse(unit.admits(WRITE, TWO));
        assertEquals("good", said(unit.release6(ONE)));
        assertTrue(unit.admits(WRITE, TWO));
        assertEquals("good", said(unit.reserve6(TWO)));
        unit.nexusLost(ONE);
        assertFalse(unit.admits(WRITE, ONE));
        unit.nexusLost(TWO);
        assertTrue(unit.admits(WRITE, ONE));
        assertEquals("good", said(unit.reserve6(TWO)));
        unit.reset();
        assertTrue(unit.admits(WRITE, ONE));
        assertEquals(Reservations.NONE, store.present());
    }

    @Test
    void reserve6ShutsPersistentReservationsOut() throws IOException {
        assertEquals("good", said(unit.reserve6(ONE)));
        assertEquals("conflict", out(TWO, REGISTER, 0, 0, B));
        assertEquals("conflict", out(ONE, REGISTER, 0, 0, A));
        assertEquals("conflict", report(Cdb.ReserveReport.READ_KEYS));
    }

    /// CRH (SPC-4 5.9.3): GOOD, and nothing is reserved, for who may use the logical unit anyway.
    @ParameterizedTest
    @EnumSource
    void besideRegistrations(ReservationType type) throws IOException {
        registerAll();
        assertEquals("conflict", said(unit.reserve6(ONE)));
        assertEquals("conflict", said(unit.release6(ONE)));
        out(ONE, RESERVE, type.code(), A, 0);
        assertEquals("good", said(unit.reserve6(ONE)));
        assertEquals("good", said(unit.release6(ONE)));
        String registrant = type.isForRegistrants() ? "good" : "conflict";
        assertEquals(registrant, said(unit.reserve6(TWO)));
        assertEquals(registrant, said(unit.release6(TWO)));
        var stranger = new NexusName("iqn.four,i,0x000000000004", 1);
        assertEquals("conflict", said(unit.reserve6(stranger)));
        assertEquals("conflict", said(unit.release6(stranger)));
        assertNotNull(unit.report(Cdb.ReserveReport.READ_KEYS));
    }
}
