package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;

/// Decodes the commands that reserve a logical unit (SPC-4 6.15 and 6.16, SPC-2 7.16 and 7.21).
///
/// **Threading.** *Immutable.*
final class ReservationDecoder {
    /// Longest parameter list of PERSISTENT RESERVE OUT that is taken: some 200 TransportIDs of the longest names.
    private static final int MAX_LIST_BYTES = 64 << 10;

    private static final Cdb.ReserveReport[] REPORTS = Cdb.ReserveReport.values();
    private static final Cdb.ReserveAction[] ACTIONS = Cdb.ReserveAction.values();

    private ReservationDecoder() {}

    static Cdb in(CdbBytes b) {
        return new Cdb.PersistentReserveIn(REPORTS[b.u8(1) & 0x1F], b.u16(7));
    }

    static Cdb out(CdbBytes b) {
        if (b.u32(5) > MAX_LIST_BYTES) {
            return new Cdb.Refused(Sense.PARAMETER_LIST_LENGTH);
        }
        return new Cdb.PersistentReserveOut(
                ACTIONS[b.u8(1) & 0x1F], b.u8(2) >> 4, b.u8(2) & 0x0F, (int) b.u32(5));
    }

    /// No third parties, and no extents, which are what a parameter list is for.
    static Cdb reserve6(CdbBytes b) {
        if ((b.u8(1) & 0x1F) != 0) {
            return new Cdb.Refused(Sense.invalidField(1));
        }
        return b.u16(3) == 0 ? new Cdb.Reserve6() : new Cdb.Refused(Sense.invalidField(3));
    }

    static Cdb release6(CdbBytes b) {
        return (b.u8(1) & 0x1F) == 0 ? new Cdb.Release6() : new Cdb.Refused(Sense.invalidField(1));
    }
}
