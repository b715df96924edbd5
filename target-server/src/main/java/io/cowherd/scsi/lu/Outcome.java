package io.cowherd.scsi.lu;

import io.cowherd.scsi.reservation.Effects;
import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;

/// How a command ended.
///
/// **Threading.** *Immutable.*
public sealed interface Outcome {
    /// GOOD, without data.
    Outcome DONE = new Good(0);

    /// RESERVATION CONFLICT.
    Outcome CONFLICT = new Conflict();

    /// GOOD.
    ///
    /// @param dataInBytes bytes produced for the initiator, whatever room there was
    record Good(int dataInBytes) implements Outcome {}

    /// GOOD, and the other nexuses have to be told.
    ///
    /// @param attention what they get
    record GoodTellOthers(UnitAttention attention) implements Outcome {}

    /// RESERVATION CONFLICT.
    record Conflict() implements Outcome {}

    /// GOOD, once what a change of reservations brings with it has come to pass.
    record Reserved(Effects effects) implements Outcome {}

    /// CHECK CONDITION.
    record CheckCondition(Sense sense) implements Outcome {}
}
