package io.cowherd.scsi.target;

import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.Outcome;
import io.cowherd.scsi.reservation.Effects;
import io.cowherd.scsi.reservation.Verdict;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;

/// The commands about reservations: those that change them on a thread that may block, the other one on the event loop.
///
/// **Threading.** *Thread-safe: no state of its own.*
final class ReservationCommands {
    private final LunMap.Entry place;
    private final TargetNexus nexus;

    /// @param nexus only its names are asked for
    ReservationCommands(LunMap.Entry place, TargetNexus nexus) {
        this.place = place;
        this.nexus = nexus;
    }

    Outcome reserveIn(Cdb.PersistentReserveIn in, ByteBuffer answer) {
        return place.unit().attempt(in, () -> report(in, answer));
    }

    private Outcome report(Cdb.PersistentReserveIn in, ByteBuffer answer) throws IOException {
        ByteBuffer report = place.reservations().report(in.report());
        return report == null
                ? Outcome.CONFLICT
                : LogicalUnit.send(report, in.allocationBytes(), answer);
    }

    Outcome reserveOut(Cdb.PersistentReserveOut out, ByteBuffer list) {
        return place.unit().attempt(out, () -> outcome(change(out, list)));
    }

    private Verdict change(Cdb.PersistentReserveOut out, ByteBuffer list) throws IOException {
        return place.reservations().reserveOut(out, list, nexus.name(), nexus.targetPorts());
    }

    Outcome reserve6() {
        return place.unit()
                .attempt(
                        new Cdb.Reserve6(),
                        () -> outcome(place.reservations().reserve6(nexus.name())));
    }

    Outcome release6() {
        return outcome(place.reservations().release6(nexus.name()));
    }

    private static Outcome outcome(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Conflict _ -> Outcome.CONFLICT;
            case Verdict.Refused(Sense sense) -> new Outcome.CheckCondition(sense);
            case Verdict.Done(Effects effects) ->
                    effects.isEmpty() ? Outcome.DONE : new Outcome.Reserved(effects);
        };
    }
}
