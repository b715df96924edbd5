package io.cowherd.scsi.reservation;

import io.cowherd.mapping.volume.Reservations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Reservation;
import io.cowherd.scsi.cdb.Cdb;

/// What a command demands of a logical unit that somebody may have reserved: the one table of what is let in (SPC-4 table 46,
/// SBC-3 table 13; for RESERVE(6), SPC-2 table 9 and SBC-2).
///
/// | demand  | who                          | under *write exclusive* | under *exclusive access* | under RESERVE(6) |
/// |---------|------------------------------|-------------------------|--------------------------|------------------|
/// | IDENTIFY | holder, registrant, stranger | yes                     | yes                      | yes              |
/// | INFORM  | holder, registrant, stranger | yes                     | yes                      | holder           |
/// | READ    | holder                       | yes                     | yes                      | holder           |
/// | READ    | registrant                   | yes                     | if it is for registrants | holder           |
/// | READ    | stranger                     | yes                     | no                       | holder           |
/// | CHANGE  | holder                       | yes                     | yes                      | holder           |
/// | CHANGE  | registrant                   | if it is for registrants | if it is for registrants | holder          |
/// | CHANGE  | stranger                     | no                      | no                       | holder           |
/// | RESERVE | judged by [UnitReservations] |                         |                          |                  |
///
/// **Threading.** *Immutable.*
public enum Demand {
    /// Says who is there, or changes nothing that anybody could mind: always let in.
    IDENTIFY,
    /// Says how the logical unit is: let in by every persistent reservation.
    INFORM,
    /// Reads the medium, or what stands for it.
    READ,
    /// Changes the medium, or how the logical unit behaves.
    CHANGE,
    /// Is about reservations itself, and judged by what it asks for.
    RESERVE;

    /// What a command demands. A new command does not compile before it stands here.
    public static Demand of(Cdb cdb) {
        return switch (cdb) {
            case Cdb.StandardInquiry _,
                    Cdb.VitalProductData _,
                    Cdb.ReportLuns _,
                    Cdb.RequestSense _,
                    Cdb.ReadCapacity10 _,
                    Cdb.ReadCapacity16 _,
                    Cdb.LogSense _,
                    Cdb.Refused _ ->
                    IDENTIFY;
            case Cdb.PreventAllow(boolean prevents) -> prevents ? CHANGE : IDENTIFY;
            case Cdb.StartStop start -> start.starts() ? IDENTIFY : CHANGE;
            case Cdb.TestUnitReady _,
                    Cdb.ReadDefectData _,
                    Cdb.ReportIdentifyingInformation _,
                    Cdb.ReportPortGroups _,
                    Cdb.ReportTimestamp _ ->
                    INFORM;
            case Cdb.Read _,
                    Cdb.Verify _,
                    Cdb.PreFetch _,
                    Cdb.GetLbaStatus _,
                    Cdb.ModeSense _,
                    Cdb.ReceiveCopyResults _,
                    Cdb.ReportOperations _,
                    Cdb.ReportTaskManagement _ ->
                    READ;
            case Cdb.Write _,
                    Cdb.WriteAndVerify _,
                    Cdb.WriteSame _,
                    Cdb.CompareAndWrite _,
                    Cdb.OrWrite _,
                    Cdb.Unmap _,
                    Cdb.SynchronizeCache _,
                    Cdb.Sanitize _,
                    Cdb.ExtendedCopy _,
                    Cdb.CopyAbort _,
                    Cdb.ReassignBlocks _,
                    Cdb.SendDiagnostic _,
                    Cdb.ModeSelect _ ->
                    CHANGE;
            case Cdb.PersistentReserveIn _,
                    Cdb.PersistentReserveOut _,
                    Cdb.Reserve6 _,
                    Cdb.Release6 _ ->
                    RESERVE;
        };
    }

    /// True if persistent reservations let it in.
    boolean isAdmitted(Reservations reservations, NexusName nexus) {
        Reservation reservation = reservations.reservation();
        if (reservation == null) {
            return true;
        }
        return switch (this) {
            case IDENTIFY, INFORM, RESERVE -> true;
            case READ ->
                    !reservation.type().forbidsReading()
                            || mayUse(reservations, reservation, nexus);
            case CHANGE -> mayUse(reservations, reservation, nexus);
        };
    }

    private static boolean mayUse(
            Reservations reservations, Reservation reservation, NexusName nexus) {
        return reservation.type().isForRegistrants()
                ? reservations.registration(nexus) != null
                : nexus.equals(reservation.holder());
    }

    /// True if it is let in while somebody else has the logical unit by RESERVE(6).
    boolean isAdmittedDespiteReserve6() {
        return switch (this) {
            case IDENTIFY, RESERVE -> true;
            case INFORM, READ, CHANGE -> false;
        };
    }
}
