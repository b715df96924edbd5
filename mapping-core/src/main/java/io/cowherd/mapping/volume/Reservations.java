package io.cowherd.mapping.volume;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What hosts have registered and reserved on one volume (SPC-4 5.9): it belongs to the volume, moves with its family, and
/// outlives the process. What it means is the logical unit's business; here it is only kept.
///
/// **Threading.** *Immutable.*
///
/// @param generation PRGENERATION: counts changes of the registrations, modulo 2^32
/// @param throughPowerLoss APTPL of the last registration (docs/decisions/0005)
/// @param registrations one for each nexus that is registered, in the order they came; none twice
/// @param reservation the persistent reservation, or null if there is none
public record Reservations(
        int generation,
        boolean throughPowerLoss,
        List<Registration> registrations,
        @Nullable Reservation reservation) {
    /// Registrations of one volume, at most: 64 hosts with eight paths each.
    public static final int MAX_REGISTRATIONS = 512;

    /// Nobody has registered anything, ever.
    public static final Reservations NONE = new Reservations(0, false, List.of(), null);

    /// Types of persistent reservations (SPC-4 table 50).
    public enum ReservationType {
        /// Only the holder writes.
        WRITE_EXCLUSIVE(1),
        /// Only the holder reads or writes.
        EXCLUSIVE_ACCESS(3),
        /// Only registrants write; one of them holds it.
        WRITE_EXCLUSIVE_REGISTRANTS_ONLY(5),
        /// Only registrants read or write; one of them holds it.
        EXCLUSIVE_ACCESS_REGISTRANTS_ONLY(6),
        /// Only registrants write; all of them hold it.
        WRITE_EXCLUSIVE_ALL_REGISTRANTS(7),
        /// Only registrants read or write; all of them hold it.
        EXCLUSIVE_ACCESS_ALL_REGISTRANTS(8);

        private static final List<ReservationType> ALL = List.of(values());

        private final int code;

        ReservationType(int code) {
            this.code = code;
        }

        /// The four bits on the wire.
        public int code() {
            return code;
        }

        /// The type of that code, or null.
        public static @Nullable ReservationType of(int code) {
            for (ReservationType type : ALL) {
                if (type.code == code) {
                    return type;
                }
            }
            return null;
        }

        /// True if all registrants hold it.
        public boolean isHeldByAll() {
            return switch (this) {
                case WRITE_EXCLUSIVE_ALL_REGISTRANTS, EXCLUSIVE_ACCESS_ALL_REGISTRANTS -> true;
                case WRITE_EXCLUSIVE,
                        EXCLUSIVE_ACCESS,
                        WRITE_EXCLUSIVE_REGISTRANTS_ONLY,
                        EXCLUSIVE_ACCESS_REGISTRANTS_ONLY ->
                        false;
            };
        }

        /// True if a registrant that does not hold it has the rights of one that does.
        public boolean isForRegistrants() {
            return switch (this) {
                case WRITE_EXCLUSIVE, EXCLUSIVE_ACCESS -> false;
                case WRITE_EXCLUSIVE_REGISTRANTS_ONLY,
                        EXCLUSIVE_ACCESS_REGISTRANTS_ONLY,
                        WRITE_EXCLUSIVE_ALL_REGISTRANTS,
                        EXCLUSIVE_ACCESS_ALL_REGISTRANTS ->
                        true;
            };
        }

        /// True if those it shuts out may not even read.
        public boolean forbidsReading() {
            return switch (this) {
                case EXCLUSIVE_ACCESS,
                        EXCLUSIVE_ACCESS_REGISTRANTS_ONLY,
                        EXCLUSIVE_ACCESS_ALL_REGISTRANTS ->
                        true;
                case WRITE_EXCLUSIVE,
                        WRITE_EXCLUSIVE_REGISTRANTS_ONLY,
                        WRITE_EXCLUSIVE_ALL_REGISTRANTS ->
                        false;
            };
        }
    }

    /// Copies the list.
    ///
    /// @throws IllegalArgumentException if the parts contradict each other
    public Reservations {
        registrations = List.copyOf(registrations);
        String wrong = wrong(registrations, reservation);
        if (wrong != null) {
            throw new IllegalArgumentException(wrong);
        }
    }

    private static @Nullable String wrong(
            List<Registration> registrations, @Nullable Reservation reservation) {
        if (registrations.stream().map(Registration::nexus).distinct().count()
                < registrations.size()) {
            return "a nexus is registered twice";
        }
        if (registrations.stream().anyMatch(each -> each.key() == 0)) {
            return "a key is 0";
        }
        if (reservation == null) {
            return null;
        }
        NexusName holder = reservation.holder();
        if (reservation.type().isHeldByAll() != (holder == null)) {
            return "a holder where all hold, or none where one does";
        }
        boolean registered =
                registrations.stream()
                        .anyMatch(each -> holder == null || each.nexus().equals(holder));
        return registered ? null : "a holder that is not registered";
    }

    /// The registration of a nexus, or null.
    public @Nullable Registration registration(NexusName nexus) {
        for (Registration each : registrations) {
            if (each.nexus().equals(nexus)) {
                return each;
            }
        }
        return null;
    }

    /// True if that nexus holds the reservation, or is one of those who do.
    public boolean isHolder(NexusName nexus) {
        if (reservation == null) {
            return false;
        }
        return reservation.holder() == null
                ? registration(nexus) != null
                : nexus.equals(reservation.holder());
    }

    /// An I_T nexus by its names, which outlive its sessions.
    ///
    /// @param initiatorPort iSCSI name in lower case, `,i,0x`, ISID in 12 hex digits
    /// @param targetPort relative target port identifier, 1 to 65535
    public record NexusName(String initiatorPort, int targetPort) {}

    /// A nexus that is registered.
    ///
    /// @param nexus which
    /// @param key its reservation key, not 0
    public record Registration(NexusName nexus, long key) {}

    /// A persistent reservation of the whole volume.
    ///
    /// @param type what it keeps from whom
    /// @param holder the nexus that holds it; null for the two types that all registrants hold
    public record Reservation(ReservationType type, @Nullable NexusName holder) {}
}
