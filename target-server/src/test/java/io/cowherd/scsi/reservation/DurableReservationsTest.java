package io.cowherd.scsi.reservation;

import static io.cowherd.scsi.cdb.Cdb.ReserveAction.REGISTER;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.RELEASE;
import static io.cowherd.scsi.cdb.Cdb.ReserveAction.RESERVE;
import static io.cowherd.scsi.reservation.ParameterLists.list;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.cdb.Cdb.PersistentReserveOut;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What is in force has been made durable before (I10).
class DurableReservationsTest {
    private static final NexusName ONE = new NexusName("iqn.one,i,0x400001370001", 1);
    private static final NexusName TWO = new NexusName("iqn.two,i,0x400001370002", 1);
    private static final long A = 0xA;
    private static final Set<Integer> PORTS = Set.of(1);
    private static final Cdb WRITE = new Cdb.Write(0, 1, false);

    /// A store that can be made to fail, before or after it has kept a change.
    private static final class FailingStore implements ReservationStore {
        private enum When {
            BEFORE,
            AFTER
        }

        private final When when;
        private boolean fails;
        private Reservations kept = Reservations.NONE;

        FailingStore(When when) {
            this.when = when;
        }

        @Override
        public Reservations present() {
            return kept;
        }

        @Override
        public void replace(Reservations expected, Reservations next) throws IOException {
            ReservationStore.check(expected, kept);
            if (!fails || when == When.AFTER) {
                kept = next;
            }
            if (fails) {
                throw new IOException("injected");
            }
        }
    }

    @Test
    void whatIsNotDurableHasNotHappened() throws IOException {
        var failing = new FailingStore(FailingStore.When.BEFORE);
        var mine = new UnitReservations(failing);
        var register = new PersistentReserveOut(REGISTER, 0, 0, 24);
        mine.reserveOut(register, ByteBuffer.wrap(list(0, A, 0)), ONE, PORTS);
        failing.fails = true;
        var reserve = new PersistentReserveOut(RESERVE, 0, 1, 24);
        var list = ByteBuffer.wrap(list(A, 0, 0));
        assertThrows(IOException.class, () -> mine.reserveOut(reserve, list, ONE, PORTS));
        assertTrue(mine.admits(WRITE, TWO));
        failing.fails = false;
        mine.reserveOut(reserve, list, ONE, PORTS);
        assertFalse(mine.admits(WRITE, TWO));
        assertFalse(new UnitReservations(failing).admits(WRITE, TWO), "after a restart");
        assertTrue(new UnitReservations(failing).admits(WRITE, ONE), "after a restart");
    }

    /// Goal: what is in force is what is kept, however a change ends; and the next change gets through. Method: a store that
    /// fails after it has kept the change.
    @Test
    void whatIsKeptThoughItFailedIsInForce() throws IOException {
        var failing = new FailingStore(FailingStore.When.AFTER);
        var mine = new UnitReservations(failing);
        var register = new PersistentReserveOut(REGISTER, 0, 0, 24);
        mine.reserveOut(register, ByteBuffer.wrap(list(0, A, 0)), ONE, PORTS);
        failing.fails = true;
        var reserve = new PersistentReserveOut(RESERVE, 0, 1, 24);
        var list = ByteBuffer.wrap(list(A, 0, 0));
        assertThrows(IOException.class, () -> mine.reserveOut(reserve, list, ONE, PORTS));
        assertFalse(mine.admits(WRITE, TWO));
        failing.fails = false;
        mine.reserveOut(new PersistentReserveOut(RELEASE, 0, 1, 24), list, ONE, PORTS);
        assertTrue(mine.admits(WRITE, TWO));
    }
}
