package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.mapping.volume.Reservations.ReservationType;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// Plans what a PERSISTENT RESERVE OUT changes (SPC-4 5.9 and 6.16). Pure.
///
/// | service action     | who may, else RESERVATION CONFLICT               | what it does                                             |
/// |--------------------|--------------------------------------------------|----------------------------------------------------------|
/// | REGISTER           | whose key is the reservation key, 0 of strangers | registers, changes the key, or with 0 unregisters         |
/// | … AND IGNORE       | everybody                                        | the same                                                 |
/// | RESERVE            | a registrant with its key; while nobody else has it | reserves                                              |
/// | RELEASE            | a registrant with its key                        | releases what it holds                                   |
/// | CLEAR              | a registrant with its key                        | forgets all                                              |
/// | PREEMPT            | a registrant with its key, if any has the other key | forgets those who have the other key; takes over        |
/// | REGISTER AND MOVE  | the one holder, with its key                     | registers another nexus, and gives it the reservation    |
///
/// **Threading.** *Confined to the call that made it.*
final class ReserveOut {
    /// Bytes of the parameter list at which its fields are, for sense data.
    private static final int ACTION_KEY_AT = 8;

    private static final int TARGET_PORT_AT = 18;
    private static final int FLAGS_AT = 20;
    private static final int ID_AT = 24;

    /// Byte of the CDB with scope and type.
    private static final int SCOPE_AND_TYPE_AT = 2;

    private final Reservations before;
    private final NexusName me;
    private final Cdb.PersistentReserveOut cdb;
    private final ParameterList list;
    private final Set<Integer> targetPorts;
    private final Draft draft;

    /// @param before what is reserved now
    /// @param me the nexus that asks
    /// @param targetPorts relative identifiers of all target ports
    ReserveOut(
            Reservations before,
            NexusName me,
            Cdb.PersistentReserveOut cdb,
            ParameterList list,
            Set<Integer> targetPorts) {
        this.before = before;
        this.me = me;
        this.cdb = cdb;
        this.list = list;
        this.targetPorts = targetPorts;
        this.draft = new Draft(before, me);
    }

    Plan plan() {
        if (cdb.action() != Cdb.ReserveAction.REGISTER && list.specifiesPorts()) {
            return new Plan.Refuse(Sense.invalidListField(FLAGS_AT));
        }
        return switch (cdb.action()) {
            case REGISTER -> list.key() == myKey() ? register() : Plan.CONFLICT;
            case REGISTER_AND_IGNORE_EXISTING_KEY -> register();
            case RESERVE -> isRegistrant() ? reserve() : Plan.CONFLICT;
            case RELEASE -> isRegistrant() ? release() : Plan.CONFLICT;
            case CLEAR -> isRegistrant() ? clear() : Plan.CONFLICT;
            case PREEMPT, PREEMPT_AND_ABORT -> isRegistrant() ? preempt() : Plan.CONFLICT;
            case REGISTER_AND_MOVE -> isRegistrant() ? move() : Plan.CONFLICT;
        };
    }

    /// 0 of a stranger.
    private long myKey() {
        Registration mine = before.registration(me);
        return mine == null ? 0 : mine.key();
    }

    private boolean isRegistrant() {
        return myKey() != 0 && myKey() == list.key();
    }

    // -- REGISTER --

    private Plan register() {
        if (list.specifiesPorts() && myKey() != 0) {
            return new Plan.Refuse(Sense.invalidListField(FLAGS_AT));
        }
        if (list.actionKey() == 0) {
            return unregister();
        }
        List<NexusName> named = named(me.initiatorPort());
        for (String initiatorPort : list.initiatorPorts()) {
            for (NexusName other : named(initiatorPort)) {
                Registration there = before.registration(other);
                if (there != null && there.key() != list.actionKey()) {
                    return new Plan.Refuse(
                            Sense.invalidListField(ID_AT)); // it has a key of its own
                }
                named.add(other);
            }
        }
        named.forEach(each -> draft.register(each, list.actionKey()));
        return draft.counted().throughPowerLoss(list.throughPowerLoss()).plan();
    }

    /// The nexuses of an initiator port that are meant: at this target port, or at all of them.
    private List<NexusName> named(String initiatorPort) {
        var named = new ArrayList<NexusName>();
        named.add(new NexusName(initiatorPort, me.targetPort()));
        if (list.allTargetPorts()) {
            for (int port : targetPorts) {
                if (port != me.targetPort()) {
                    named.add(new NexusName(initiatorPort, port));
                }
            }
        }
        return named;
    }

    private Plan unregister() {
        List<NexusName> leaving =
                named(me.initiatorPort()).stream()
                        .filter(each -> before.registration(each) != null)
                        .toList();
        if (leaving.isEmpty()) {
            return Plan.NOTHING;
        }
        Reservation reservation = before.reservation();
        leaving.forEach(draft::unregister);
        if (reservation != null && draft.isHolderGone() && !reservation.type().isHeldByAll()) {
            draft.dropReservation();
            if (reservation.type().isForRegistrants()) {
                draft.tellRegistrants(UnitAttention.RESERVATIONS_RELEASED);
            }
        }
        return draft.counted().throughPowerLoss(list.throughPowerLoss()).plan();
    }

    // -- RESERVE and RELEASE --

    private Plan reserve() {
        ReservationType type = type();
        if (type == null) {
            return invalidType();
        }
        Reservation present = before.reservation();
        if (present == null) {
            return draft.reserve(type).plan();
        }
        return before.isHolder(me) && present.type() == type ? Plan.NOTHING : Plan.CONFLICT;
    }

    /// Null if there is no such type, or its scope is not the logical unit.
    private @org.jspecify.annotations.Nullable ReservationType type() {
        return cdb.scope() == 0 ? ReservationType.of(cdb.type()) : null;
    }

    private static Plan invalidType() {
        return new Plan.Refuse(Sense.invalidField(SCOPE_AND_TYPE_AT));
    }

    private Plan release() {
        Reservation present = before.reservation();
        if (present == null || !before.isHolder(me)) {
            return Plan.NOTHING;
        }
        if (present.type() != type()) {
            return new Plan.Refuse(Sense.INVALID_RELEASE);
        }
        draft.dropReservation();
        if (present.type().isForRegistrants()) {
            draft.tellRegistrants(UnitAttention.RESERVATIONS_RELEASED);
        }
        return draft.plan();
    }

    private Plan clear() {
        draft.tellRegistrants(UnitAttention.RESERVATIONS_PREEMPTED);
        draft.unregisterAll(_ -> true);
        draft.dropReservation();
        return draft.counted().plan();
    }

    // -- PREEMPT --

    private Plan preempt() {
        Reservation present = before.reservation();
        boolean heldByAll = present != null && present.type().isHeldByAll();
        if (list.actionKey() == 0) {
            return heldByAll
                    ? takeOver(each -> true)
                    : new Plan.Refuse(Sense.invalidListField(ACTION_KEY_AT));
        }
        if (before.registrations().stream().noneMatch(this::isPreempted)) {
            return Plan.CONFLICT;
        }
        boolean holders =
                present != null
                        && !heldByAll
                        && before.registrations().stream()
                                .anyMatch(
                                        each -> isPreempted(each) && before.isHolder(each.nexus()));
        return holders ? takeOver(this::isPreempted) : removeRegistrations();
    }

    private boolean isPreempted(Registration each) {
        return each.key() == list.actionKey();
    }

    /// The others with that key are registered no more, and the reservation is mine.
    private Plan takeOver(Predicate<Registration> preempted) {
        ReservationType type = type();
        if (type == null) {
            return invalidType();
        }
        Reservation present = before.reservation();
        draft.preempt(each -> preempted.test(each) && !each.nexus().equals(me), isAborting());
        if (present != null && present.type() != type) {
            draft.tellRegistrants(UnitAttention.RESERVATIONS_RELEASED);
        }
        return draft.reserve(type).counted().plan();
    }

    /// Those with that key are registered no more, I myself if it is mine; the reservation stays while anybody holds it.
    private Plan removeRegistrations() {
        draft.preempt(this::isPreempted, isAborting());
        if (draft.isHolderGone()) {
            draft.dropReservation();
        }
        return draft.counted().plan();
    }

    private boolean isAborting() {
        return cdb.action() == Cdb.ReserveAction.PREEMPT_AND_ABORT;
    }

    // -- REGISTER AND MOVE --

    private Plan move() {
        Reservation present = before.reservation();
        if (present == null) {
            return new Plan.Refuse(Sense.invalidField(1));
        }
        if (present.type().isHeldByAll() || !before.isHolder(me)) {
            return Plan.CONFLICT;
        }
        if (list.actionKey() == 0) {
            return new Plan.Refuse(Sense.invalidListField(ACTION_KEY_AT));
        }
        if (!targetPorts.contains(list.targetPort())) {
            return new Plan.Refuse(Sense.invalidListField(TARGET_PORT_AT));
        }
        var to = new NexusName(list.initiatorPorts().getFirst(), list.targetPort());
        if (to.equals(me)) {
            return new Plan.Refuse(Sense.invalidListField(ID_AT));
        }
        draft.register(to, list.actionKey());
        draft.moveTo(to);
        if (list.unregisters()) {
            draft.unregister(me);
        }
        return draft.counted().throughPowerLoss(list.throughPowerLoss()).plan();
    }
}
