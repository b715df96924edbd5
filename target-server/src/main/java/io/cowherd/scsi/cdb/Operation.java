package io.cowherd.scsi.cdb;

import io.cowherd.scsi.sense.Sense;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Every operation code that we have, with the one decoder for it, in ascending order. REPORT SUPPORTED OPERATION CODES
/// is made of this table.
///
/// The hex digits are the CDB usage data (SPC-4 6.35.3): operation code and service action as they are, everywhere else a
/// one for each bit that is looked at, or that may be set without harm.
///
/// **Threading.** *Immutable.*
@SuppressWarnings(
        "ImmutableEnumChecker") // nobody writes to the bytes, and the decoders are static methods
public enum Operation {
    /// SPC-4 6.47.
    TEST_UNIT_READY("00 00 00 00 00 00", _ -> new Cdb.TestUnitReady()),
    /// SPC-4 6.39.
    REQUEST_SENSE("03 01 00 00 FF 00", SpcDecoder::requestSense),
    /// SBC-3.
    REASSIGN_BLOCKS("07 03 00 00 00 00", _ -> new Cdb.ReassignBlocks()),
    /// SBC-3.
    READ_6("08 1F FF FF FF 00", SbcDecoder::read6),
    /// SBC-3.
    WRITE_6("0A 1F FF FF FF 00", SbcDecoder::write6),
    /// SPC-4 6.6.
    INQUIRY("12 01 FF FF FF 00", SpcDecoder::inquiry),
    /// SPC-4 6.9.
    MODE_SELECT_6("15 11 00 00 FF 00", SpcDecoder::modeSelect6),
    /// SPC-2 7.21.
    RESERVE_6("16 1F 00 FF FF 00", ReservationDecoder::reserve6),
    /// SPC-2 7.16.
    RELEASE_6("17 1F 00 00 00 00", ReservationDecoder::release6),
    /// SPC-4 6.11.
    MODE_SENSE_6("1A 08 FF FF FF 00", SpcDecoder::modeSense6),
    /// SBC-3.
    START_STOP_UNIT("1B 01 00 0F F5 00", SbcDecoder::startStop),
    /// SPC-4 6.42.
    SEND_DIAGNOSTIC("1D F7 00 FF FF 00", SpcDecoder::sendDiagnostic),
    /// SBC-3.
    PREVENT_ALLOW("1E 00 00 00 03 00", SbcDecoder::preventAllow),
    /// SBC-3.
    READ_CAPACITY_10("25 00 00 00 00 00 00 00 00 00", SbcDecoder::readCapacity10),
    /// SBC-3.
    READ_10("28 18 FF FF FF FF 1F FF FF 00", SbcDecoder::read),
    /// SBC-3.
    WRITE_10("2A 18 FF FF FF FF 1F FF FF 00", SbcDecoder::write),
    /// SBC-3.
    WRITE_AND_VERIFY_10("2E 16 FF FF FF FF 1F FF FF 00", SbcDecoder::writeAndVerify),
    /// SBC-3.
    VERIFY_10("2F 16 FF FF FF FF 1F FF FF 00", SbcDecoder::verify),
    /// SBC-3.
    PRE_FETCH_10("34 02 FF FF FF FF 1F FF FF 00", SbcDecoder::preFetch),
    /// SBC-3.
    SYNCHRONIZE_CACHE_10("35 02 FF FF FF FF 1F FF FF 00", SbcDecoder::synchronizeCache),
    /// SBC-3.
    READ_DEFECT_DATA_10("37 00 1F 00 00 00 00 FF FF 00", SbcDecoder::readDefectData10),
    /// SBC-3.
    WRITE_SAME_10("41 08 FF FF FF FF 1F FF FF 00", SbcDecoder::writeSame10),
    /// SBC-3.
    UNMAP("42 00 00 00 00 00 1F FF FF 00", SbcDecoder::unmap),
    /// SBC-4, a service action.
    SANITIZE_OVERWRITE("48 A1 00 00 00 00 00 FF FF 00", SbcDecoder::sanitize),
    /// SBC-4, a service action.
    SANITIZE_BLOCK_ERASE("48 A2 00 00 00 00 00 FF FF 00", SbcDecoder::sanitize),
    /// SBC-4, a service action.
    SANITIZE_EXIT_FAILURE_MODE("48 BF 00 00 00 00 00 FF FF 00", SbcDecoder::sanitize),
    /// SPC-4 6.8.
    LOG_SENSE("4D 01 FF FF 00 FF FF FF FF 00", SpcDecoder::logSense),
    /// SPC-4 6.10.
    MODE_SELECT_10("55 11 00 00 00 00 00 FF FF 00", SpcDecoder::modeSelect10),
    /// SPC-4 6.12.
    MODE_SENSE_10("5A 18 FF FF 00 00 00 FF FF 00", SpcDecoder::modeSense10),
    /// SPC-4 6.15, a service action.
    READ_KEYS("5E 00 00 00 00 00 00 FF FF 00", ReservationDecoder::in),
    /// SPC-4 6.15, a service action.
    READ_RESERVATION("5E 01 00 00 00 00 00 FF FF 00", ReservationDecoder::in),
    /// SPC-4 6.15, a service action.
    REPORT_CAPABILITIES("5E 02 00 00 00 00 00 FF FF 00", ReservationDecoder::in),
    /// SPC-4 6.15, a service action.
    READ_FULL_STATUS("5E 03 00 00 00 00 00 FF FF 00", ReservationDecoder::in),
    /// SPC-4 6.16, a service action.
    REGISTER("5F 00 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    RESERVE("5F 01 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    RELEASE("5F 02 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    CLEAR("5F 03 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    PREEMPT("5F 04 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    PREEMPT_AND_ABORT("5F 05 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    REGISTER_AND_IGNORE_EXISTING_KEY("5F 06 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.16, a service action.
    REGISTER_AND_MOVE("5F 07 FF 00 00 FF FF FF FF 00", ReservationDecoder::out),
    /// SPC-4 6.4, a service action. EXTENDED COPY (LID4) is not offered.
    EXTENDED_COPY("83 00 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::extendedCopy),
    /// SPC-4 6.3, a service action.
    COPY_ABORT("83 1C FF FF FF FF 00 00 00 00 00 00 00 00 00 00", SpcDecoder::copyAbort),
    /// SPC-4 6.24, a service action.
    RECEIVE_COPY_STATUS(
            "84 00 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::receiveCopyStatus),
    /// SPC-4 6.22, a service action.
    RECEIVE_COPY_PARAMETERS(
            "84 03 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::receiveCopyParameters),
    /// SPC-4 6.21, a service action.
    RECEIVE_COPY_FAILURE(
            "84 04 FF 00 00 00 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::receiveCopyFailure),
    /// SBC-3.
    READ_16("88 18 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::read),
    /// SBC-3.
    COMPARE_AND_WRITE(
            "89 18 FF FF FF FF FF FF FF FF 00 00 00 FF 1F 00", SbcDecoder::compareAndWrite),
    /// SBC-3.
    WRITE_16("8A 18 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::write),
    /// SBC-3.
    OR_WRITE_16("8B 18 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::orWrite),
    /// SBC-3.
    WRITE_AND_VERIFY_16(
            "8E 16 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::writeAndVerify),
    /// SBC-3.
    VERIFY_16("8F 16 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::verify),
    /// SBC-3.
    PRE_FETCH_16("90 02 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::preFetch),
    /// SBC-3.
    SYNCHRONIZE_CACHE_16(
            "91 02 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::synchronizeCache),
    /// SBC-3.
    WRITE_SAME_16("93 09 FF FF FF FF FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::writeSame16),
    /// SBC-3, a service action.
    READ_CAPACITY_16("9E 10 00 00 00 00 00 00 00 00 FF FF FF FF 00 00", SbcDecoder::readCapacity16),
    /// SBC-3, a service action.
    GET_LBA_STATUS("9E 12 FF FF FF FF FF FF FF FF FF FF FF FF 00 00", SbcDecoder::getLbaStatus),
    /// SPC-4 6.33.
    REPORT_LUNS("A0 00 FF 00 00 00 FF FF FF FF 00 00", SpcDecoder::reportLuns),
    /// SPC-4 6.32, a service action.
    REPORT_IDENTIFYING_INFORMATION(
            "A3 05 00 00 00 00 FF FF FF FF FE 00", SpcDecoder::reportIdentifyingInformation),
    /// SPC-4 6.37, a service action.
    REPORT_PORT_GROUPS("A3 EA 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::reportPortGroups),
    /// SPC-4 6.35, a service action.
    REPORT_OPERATIONS("A3 0C 87 FF FF FF FF FF FF FF 00 00", SpcDecoder::reportOperations),
    /// SPC-4 6.36, a service action.
    REPORT_TASK_MANAGEMENT("A3 0D 80 00 00 00 FF FF FF FF 00 00", SpcDecoder::reportTaskManagement),
    /// SPC-4 6.38, a service action.
    REPORT_TIMESTAMP("A3 0F 00 00 00 00 FF FF FF FF 00 00", SpcDecoder::reportTimestamp),
    /// SBC-3.
    READ_12("A8 18 FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::read),
    /// SBC-3.
    WRITE_12("AA 18 FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::write),
    /// SBC-3.
    WRITE_AND_VERIFY_12("AE 16 FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::writeAndVerify),
    /// SBC-3.
    VERIFY_12("AF 16 FF FF FF FF FF FF FF FF 1F 00", SbcDecoder::verify),
    /// SBC-3.
    READ_DEFECT_DATA_12("B7 1F FF FF FF FF FF FF FF FF 00 00", SbcDecoder::readDefectData12);

    /// Turns the bytes of one operation into a command.
    interface Decoder {
        /// Decodes; what we do not do becomes [Cdb.Refused].
        Cdb decode(CdbBytes bytes);
    }

    private static final int SERVICE_ACTIONS = 32;
    private static final int NACA_BIT = 2;

    /// Operation code × 32 + bits 4 to 0 of byte 1; an operation without service actions stands in all 32 places.
    private static final @Nullable Operation[] LOOKUP = lookupTable();

    private final byte[] usage;
    private final Decoder decoder;

    Operation(String usage, Decoder decoder) {
        this.usage = HexFormat.ofDelimiter(" ").parseHex(usage);
        this.decoder = decoder;
    }

    static Cdb decode(CdbBytes bytes) {
        Operation operation = lookup(bytes.u8(0), bytes.u8(1) % SERVICE_ACTIONS);
        if (operation == null) {
            return new Cdb.Refused(
                    hasServiceActions(bytes.u8(0)) ? Sense.invalidField(1) : Sense.INVALID_OPCODE);
        }
        int control = operation.usage.length - 1;
        if (bytes.bit(control, NACA_BIT)) {
            return new Cdb.Refused(Sense.invalidField(control)); // NormACA is 0
        }
        return operation.decoder.decode(bytes);
    }

    /// The operation of a code and service action, or null.
    static @Nullable Operation lookup(int operationCode, int serviceAction) {
        return LOOKUP[operationCode * SERVICE_ACTIONS + serviceAction];
    }

    /// True for the operation codes of which we have service actions.
    static boolean hasServiceActions(int operationCode) {
        return switch (operationCode) {
            case 0x48, 0x5E, 0x5F, 0x83, 0x84, 0x9E, 0xA3 -> true;
            default -> false;
        };
    }

    /// Operation code, 0 to 255.
    public int code() {
        return usage[0] & 0xFF;
    }

    /// Service action, or 0 for an operation that has none.
    public int serviceAction() {
        return hasServiceActions(code()) ? usage[1] & (SERVICE_ACTIONS - 1) : 0;
    }

    /// Bytes of the CDB.
    public int cdbBytes() {
        return usage.length;
    }

    /// One byte of the CDB usage data.
    public byte usage(int index) {
        return usage[index];
    }

    private static @Nullable Operation[] lookupTable() {
        @Nullable Operation[] table = new @Nullable Operation[256 * SERVICE_ACTIONS];
        for (Operation operation : values()) {
            int first = operation.code() * SERVICE_ACTIONS;
            if (hasServiceActions(operation.code())) {
                table[first + operation.serviceAction()] = operation;
            } else {
                java.util.Arrays.fill(table, first, first + SERVICE_ACTIONS, operation);
            }
        }
        return table;
    }
}
