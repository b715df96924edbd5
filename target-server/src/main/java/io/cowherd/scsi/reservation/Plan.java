package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.scsi.sense.Sense;

/// What a PERSISTENT RESERVE OUT is going to do.
///
/// **Threading.** *Immutable.*
sealed interface Plan {
    /// RESERVATION CONFLICT.
    Plan CONFLICT = new Conflict();

    /// GOOD, all being as asked already.
    Plan NOTHING = new Nothing();

    /// RESERVATION CONFLICT.
    record Conflict() implements Plan {}

    /// GOOD, all being as asked already.
    record Nothing() implements Plan {}

    /// CHECK CONDITION.
    record Refuse(Sense sense) implements Plan {}

    /// Another state, and what comes of it.
    record Change(Reservations next, Effects effects) implements Plan {}
}
