package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;

/// Decodes the commands of SPC-4. Byte and bit numbers are those of its tables.
///
/// **Threading.** *Immutable.*
final class SpcDecoder {
    /// REPORT LUNS asks for at least this much (SPC-4 6.33).
    private static final int REPORT_LUNS_LEAST_BYTES = 16;

    /// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS asks for at least this much (SPC-4 6.36).
    private static final int TASK_MANAGEMENT_LEAST_BYTES = 4;

    private SpcDecoder() {}

    static Cdb requestSense(CdbBytes b) {
        return new Cdb.RequestSense(b.bit(1, 0), b.u8(4));
    }

    static Cdb inquiry(CdbBytes b) {
        if (b.bit(1, 1)) {
            return refused(1); // CMDDT, obsolete
        }
        if (b.bit(1, 0)) {
            return new Cdb.VitalProductData(b.u8(2), b.u16(3));
        }
        return b.u8(2) == 0 ? new Cdb.StandardInquiry(b.u16(3)) : refused(2);
    }

    static Cdb modeSense6(CdbBytes b) {
        return modeSense(b, Cdb.Header.SHORT, false, b.u8(4));
    }

    static Cdb modeSense10(CdbBytes b) {
        return modeSense(b, Cdb.Header.LONG, b.bit(1, 4), b.u16(7));
    }

    private static Cdb modeSense(CdbBytes b, Cdb.Header header, boolean longLba, int allocation) {
        Cdb.PageControl control;
        switch (b.u8(2) >> 6) {
            case 0 -> control = Cdb.PageControl.CURRENT;
            case 1 -> control = Cdb.PageControl.CHANGEABLE;
            case 2 -> control = Cdb.PageControl.DEFAULT;
            default -> {
                return new Cdb.Refused(Sense.SAVING_NOT_SUPPORTED);
            }
        }
        return new Cdb.ModeSense(
                header, !b.bit(1, 3), longLba, control, b.u8(2) & 0x3F, b.u8(3), allocation);
    }

    static Cdb modeSelect6(CdbBytes b) {
        return modeSelect(b, Cdb.Header.SHORT, b.u8(4));
    }

    static Cdb modeSelect10(CdbBytes b) {
        return modeSelect(b, Cdb.Header.LONG, b.u16(7));
    }

    private static Cdb modeSelect(CdbBytes b, Cdb.Header header, int listBytes) {
        boolean pageFormat = b.bit(1, 4);
        boolean savePages = b.bit(1, 0);
        return pageFormat && !savePages ? new Cdb.ModeSelect(header, listBytes) : refused(1);
    }

    static Cdb reportLuns(CdbBytes b) {
        return b.u32(6) < REPORT_LUNS_LEAST_BYTES
                ? refused(6)
                : new Cdb.ReportLuns(b.u8(2), b.u32(6));
    }

    static Cdb reportOperations(CdbBytes b) {
        Cdb.Reporting reporting;
        switch (b.u8(2) & 7) {
            case 0 -> reporting = Cdb.Reporting.ALL;
            case 1 -> reporting = Cdb.Reporting.OPERATION_CODE;
            case 2 -> reporting = Cdb.Reporting.SERVICE_ACTION;
            case 3 -> reporting = Cdb.Reporting.EITHER;
            default -> {
                return refused(2);
            }
        }
        return new Cdb.ReportOperations(reporting, b.bit(2, 7), b.u8(3), b.u16(4), b.u32(6));
    }

    static Cdb reportTaskManagement(CdbBytes b) {
        return b.u32(6) < TASK_MANAGEMENT_LEAST_BYTES
                ? refused(6)
                : new Cdb.ReportTaskManagement(b.bit(2, 7), b.u32(6));
    }

    /// A list that is longer than we take is refused before it is sent.
    static Cdb extendedCopy(CdbBytes b) {
        return b.u32(10) > Cdb.MAX_COPY_LIST_BYTES
                ? new Cdb.Refused(Sense.PARAMETER_LIST_LENGTH)
                : new Cdb.ExtendedCopy((int) b.u32(10));
    }

    static Cdb copyAbort(CdbBytes b) {
        return new Cdb.CopyAbort(b.u32(2));
    }

    static Cdb receiveCopyStatus(CdbBytes b) {
        return new Cdb.ReceiveCopyResults(Cdb.CopyResult.STATUS, b.u8(2), b.u32(10));
    }

    static Cdb receiveCopyParameters(CdbBytes b) {
        return new Cdb.ReceiveCopyResults(Cdb.CopyResult.OPERATING_PARAMETERS, 0, b.u32(10));
    }

    static Cdb receiveCopyFailure(CdbBytes b) {
        return new Cdb.ReceiveCopyResults(Cdb.CopyResult.FAILED_SEGMENT, b.u8(2), b.u32(10));
    }

    static Cdb reportPortGroups(CdbBytes b) {
        return switch (b.u8(1) >> 5) {
            case 0 -> new Cdb.ReportPortGroups(Cdb.Header.SHORT, b.u32(6));
            case 1 -> new Cdb.ReportPortGroups(Cdb.Header.LONG, b.u32(6));
            default -> refused(1);
        };
    }

    /// Types 0 and 2, which are the peripheral's and the text of an administrator.
    static Cdb reportIdentifyingInformation(CdbBytes b) {
        int type = b.u8(10) >> 1;
        return type == 0 || type == 2
                ? new Cdb.ReportIdentifyingInformation(b.u32(6))
                : refused(10);
    }

    static Cdb reportTimestamp(CdbBytes b) {
        return new Cdb.ReportTimestamp(b.u32(6));
    }

    static Cdb logSense(CdbBytes b) {
        boolean savesParameters = b.bit(1, 0);
        return savesParameters
                ? refused(1)
                : new Cdb.LogSense(b.u8(2) & 0x3F, b.u8(3), b.u16(5), b.u16(7));
    }

    /// With SELFTEST, or with nothing at all; there are no other tests and no diagnostic pages.
    static Cdb sendDiagnostic(CdbBytes b) {
        int selfTestCode = b.u8(1) >> 5;
        if (selfTestCode != 0) {
            return refused(1);
        }
        return b.u16(3) == 0 ? new Cdb.SendDiagnostic() : refused(3);
    }

    private static Cdb refused(int cdbByte) {
        return new Cdb.Refused(Sense.invalidField(cdbByte));
    }
}
