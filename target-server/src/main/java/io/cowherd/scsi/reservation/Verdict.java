package io.cowherd.scsi.reservation;

import io.cowherd.scsi.sense.Sense;

/// How a command about reservations ended.
///
/// **Threading.** *Immutable.*
public sealed interface Verdict {
    /// RESERVATION CONFLICT; nothing has changed.
    record Conflict() implements Verdict {}

    /// CHECK CONDITION; nothing has changed.
    record Refused(Sense sense) implements Verdict {}

    /// GOOD, once its effects have come to pass.
    record Done(Effects effects) implements Verdict {}
}
