package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.cdb.Cdb.PersistentReserveOut;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What is reserved on one logical unit.
///
/// A change goes like this, one after the other: **plan** it ([ReserveOut]), make it **durable** ([ReservationStore]), bring
/// it **into force** for every command that starts from then on, and have the target carry out its [Effects]; then it is GOOD.
/// A crash leaves it done or not done. What is in force is always durable, but for RESERVE(6), which ends with its nexus (I10).
///
/// **Threading.** *Thread-safe*: [#admits] is one volatile read, for event loops; changes are serialised by a lock that is held
/// while the file is written, for threads that may block; [#nexusLost] and [#reset] take no lock.
public final class UnitReservations {
    private static final Verdict CONFLICT = new Verdict.Conflict();
    private static final Verdict DONE = new Verdict.Done(Effects.NONE);

    // Immutable
    private final ReservationStore store;
    private final ReentrantLock changes = new ReentrantLock();

    // Any thread; persistent reservations change under the lock
    private final AtomicReference<Guard> guard;

    /// Brings back what is kept.
    public UnitReservations(ReservationStore store) {
        this.store = store;
        Reservations kept = store.present();
        this.guard =
                new AtomicReference<>(
                        kept.equals(Reservations.NONE) ? Guard.OPEN : new Guard(kept, null));
    }

    /// True if a command of that nexus may start now; if not, it ends with RESERVATION CONFLICT. Never waits.
    public boolean admits(Cdb cdb, NexusName nexus) {
        Guard now = guard.get();
        return now.isOpen() || now.admits(Demand.of(cdb), nexus);
    }

    /// The same for what a third-party copy does here. Never waits.
    public boolean admits(Demand demand, NexusName nexus) {
        return guard.get().admits(demand, nexus);
    }

    /// The answer to PERSISTENT RESERVE IN, ready to read; null for RESERVATION CONFLICT. Never waits.
    ///
    /// @throws IOException if nobody knows: what is kept cannot be believed
    public @Nullable ByteBuffer report(Cdb.ReserveReport report) throws IOException {
        store.requireBelievable();
        Guard now = guard.get();
        return now.reserve6() == null ? ReserveIn.encode(report, now.persistent()) : null;
    }

    /// Executes PERSISTENT RESERVE OUT; waits for storage.
    ///
    /// @param list its parameter list; borrowed
    /// @param me the nexus that it came by
    /// @param targetPorts relative identifiers of all target ports
    /// @throws IOException if it could not be made durable: then that is in force which the store says is kept
    public Verdict reserveOut(
            PersistentReserveOut cdb, ByteBuffer list, NexusName me, Set<Integer> targetPorts)
            throws IOException {
        ParameterList parameters;
        try {
            parameters = ParameterList.decode(cdb, list);
        } catch (ParameterList.Refused e) {
            return new Verdict.Refused(e.sense());
        }
        store.requireBelievable();
        changes.lock();
        try {
            Guard now = guard.get();
            if (now.reserve6() != null) {
                return CONFLICT; // SPC-2 5.5.1: of its holder as well
            }
            var plan = new ReserveOut(now.persistent(), me, cdb, parameters, targetPorts).plan();
            return switch (plan) {
                case Plan.Conflict _ -> CONFLICT;
                case Plan.Nothing _ -> DONE;
                case Plan.Refuse(var sense) -> new Verdict.Refused(sense);
                case Plan.Change(Reservations next, Effects effects) -> {
                    replace(now.persistent(), next);
                    yield new Verdict.Done(effects);
                }
            };
        } finally {
            changes.unlock();
        }
    }

    /// However it ends: what is in force is what is kept.
    private void replace(Reservations present, Reservations next) throws IOException {
        try {
            store.replace(present, next);
        } finally {
            Reservations kept = store.present();
            guard.updateAndGet(current -> current.with(kept));
        }
    }

    /// Executes RESERVE(6). Waits for changes that wait for storage.
    ///
    /// @throws IOException if nobody knows whether there are registrations: what is kept cannot be believed
    public Verdict reserve6(NexusName me) throws IOException {
        store.requireBelievable();
        changes.lock();
        try {
            Guard now = guard.get();
            if (!now.persistent().registrations().isEmpty()) {
                return besideRegistrations(now.persistent(), me);
            }
            if (now.reserve6() != null) {
                return now.reserve6().equals(me) ? DONE : CONFLICT;
            }
            guard.updateAndGet(current -> current.reservedBy(me));
            return new Verdict.Done(Effects.SHUTS_OUT);
        } finally {
            changes.unlock();
        }
    }

    /// Executes RELEASE(6): whoever has reserved nothing releases nothing.
    public Verdict release6(NexusName me) {
        changes.lock();
        try {
            Guard now = guard.get();
            if (!now.persistent().registrations().isEmpty()) {
                return besideRegistrations(now.persistent(), me);
            }
            nexusLost(me);
            return DONE;
        } finally {
            changes.unlock();
        }
    }

    /// CRH (SPC-4 5.9.3): who may use the logical unit by a persistent reservation is told GOOD, and nothing happens.
    private static Verdict besideRegistrations(Reservations persistent, NexusName me) {
        boolean isReserved = persistent.reservation() != null;
        return isReserved && Demand.CHANGE.isAdmitted(persistent, me) ? DONE : CONFLICT;
    }

    /// A nexus is no more, and none of its commands runs: its RESERVE(6) ends, its registration stays.
    public void nexusLost(NexusName nexus) {
        guard.updateAndGet(now -> nexus.equals(now.reserve6()) ? now.reservedBy(null) : now);
    }

    /// The logical unit was reset, and no command runs: RESERVE(6) ends, persistent reservations stay.
    public void reset() {
        guard.updateAndGet(now -> now.reserve6() == null ? now : now.reservedBy(null));
    }
}
