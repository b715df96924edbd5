package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The next state of a logical unit's reservations, while it is being planned. Whoever asks for the change is told nothing.
///
/// **Threading.** *Confined to the call that made it.*
final class Draft {
    private final Reservations before;
    private final NexusName me;

    private final Map<NexusName, Long> keys = new LinkedHashMap<>();
    private @Nullable Reservation reservation;
    private int generation;
    private boolean throughPowerLoss;
    private final Map<NexusName, UnitAttention> attentions = new HashMap<>();
    private final Set<NexusName> aborted = new HashSet<>();

    /// @param me who asks for the change
    Draft(Reservations before, NexusName me) {
        this.before = before;
        this.me = me;
        before.registrations().forEach(each -> keys.put(each.nexus(), each.key()));
        this.reservation = before.reservation();
        this.generation = before.generation();
        this.throughPowerLoss = before.throughPowerLoss();
    }

    void register(NexusName nexus, long key) {
        keys.put(nexus, key);
    }

    void unregister(NexusName nexus) {
        keys.remove(nexus);
    }

    void unregisterAll(Predicate<Registration> which) {
        before.registrations().stream()
                .filter(which)
                .map(Registration::nexus)
                .forEach(this::unregister);
    }

    /// Unregisters, and tells those who are.
    void preempt(Predicate<Registration> which, boolean aborting) {
        for (Registration each : before.registrations()) {
            if (which.test(each)) {
                unregister(each.nexus());
                tell(each.nexus(), UnitAttention.REGISTRATIONS_PREEMPTED);
                if (aborting && !each.nexus().equals(me)) {
                    aborted.add(each.nexus());
                }
            }
        }
    }

    /// True if there is a reservation, and nobody who holds it.
    boolean isHolderGone() {
        if (reservation == null) {
            return false;
        }
        NexusName holder = reservation.holder();
        return holder == null ? keys.isEmpty() : !keys.containsKey(holder);
    }

    void dropReservation() {
        reservation = null;
    }

    Draft reserve(ReservationType type) {
        reservation = new Reservation(type, type.isHeldByAll() ? null : me);
        return this;
    }

    void moveTo(NexusName holder) {
        if (reservation != null) {
            reservation = new Reservation(reservation.type(), holder);
        }
    }

    /// Tells all who are registered now.
    void tellRegistrants(UnitAttention attention) {
        keys.keySet().forEach(each -> tell(each, attention));
    }

    private void tell(NexusName nexus, UnitAttention attention) {
        if (!nexus.equals(me)) {
            attentions.put(nexus, attention);
        }
    }

    /// Counts the change in PRGENERATION.
    Draft counted() {
        generation++;
        return this;
    }

    /// Takes over APTPL.
    Draft throughPowerLoss(boolean asked) {
        throughPowerLoss = asked;
        return this;
    }

    Plan plan() {
        if (keys.size() > Reservations.MAX_REGISTRATIONS) {
            return new Plan.Refuse(Sense.NO_REGISTRATION_RESOURCES);
        }
        if (isHolderGone()) {
            reservation = null; // the last of all who held it has left
        }
        List<Registration> registrations =
                keys.entrySet().stream()
                        .map(each -> new Registration(each.getKey(), each.getValue()))
                        .toList();
        var next = new Reservations(generation, throughPowerLoss, registrations, reservation);
        return new Plan.Change(next, new Effects(attentions, aborted, shutsOut(next)));
    }

    /// True if there is a reservation, and it or who is registered is not what it was.
    private boolean shutsOut(Reservations next) {
        boolean fewer = before.registrations().stream().anyMatch(e -> !keys.containsKey(e.nexus()));
        return next.reservation() != null
                && (fewer || !next.reservation().equals(before.reservation()));
    }
}
