package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import org.jspecify.annotations.Nullable;

/// All that is reserved on one logical unit at one moment.
///
/// **Threading.** *Immutable*, so that who lets commands in reads it once.
///
/// @param persistent registrations and the persistent reservation
/// @param reserve6 the nexus that has the logical unit by RESERVE(6), or null
record Guard(Reservations persistent, @Nullable NexusName reserve6) {
    /// Nothing is reserved.
    static final Guard OPEN = new Guard(Reservations.NONE, null);

    /// True if nobody is kept off, whoever may be registered.
    boolean isOpen() {
        return reserve6 == null && persistent.reservation() == null;
    }

    boolean admits(Demand demand, NexusName nexus) {
        return (reserve6 == null || reserve6.equals(nexus) || demand.isAdmittedDespiteReserve6())
                && demand.isAdmitted(persistent, nexus);
    }

    Guard with(Reservations changed) {
        return new Guard(changed, reserve6);
    }

    Guard reservedBy(@Nullable NexusName nexus) {
        return new Guard(persistent, nexus);
    }
}
