package io.cowherd.scsi.lu;

import io.cowherd.scsi.sense.Sense;
import io.cowherd.scsi.sense.UnitAttention;

/// How a command ended.
///
/// **Threading.** *Immutable.*
public sealed interface Outcome {
    /// GOOD, without data.
    Outcome DONE = new Good(0);

    /// GOOD.
    ///
    /// @param dataInBytes bytes produced for the initiator, whatever room there was
    record Good(int dataInBytes) implements Outcome {}

    /// GOOD, and the other nexuses have to be told.
    ///
    /// @param attention what they get
    record GoodTellOthers(UnitAttention attention) implements Outcome {}

    /// CHECK CONDITION.
    record CheckCondition(Sense sense) implements Outcome {}
}
