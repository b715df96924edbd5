package io.cowherd.scsi.sense;

import java.nio.ByteBuffer;

/// Why a command ended with CHECK CONDITION (SPC-4 4.5), in fixed or descriptor format. Big-endian.
///
/// Fixed format, always 18 bytes:
///
/// | offset | size | field               | meaning                                                        |
/// |-------:|-----:|---------------------|----------------------------------------------------------------|
/// |      0 |    1 | response code       | `70`, or `F0` if INFORMATION is valid                          |
/// |      2 |    1 | sense key           |                                                                |
/// |      3 |    4 | INFORMATION         | LBA or byte offset; not valid if it needs more than 32 bits    |
/// |      7 |    1 | additional length   | `0A`                                                           |
/// |     12 |    2 | ASC, ASCQ           |                                                                |
/// |     15 |    3 | sense key specific  | field pointer: `C0` in the CDB, `80` in data; then byte number; or progress: `80`, then 65536ths |
///
/// Descriptor format: `72`, key, ASC, ASCQ, three zeros, additional length; then an information descriptor
/// (`00 0A 80 00`, 8 bytes) and a sense key specific one (`02 06 00 00`, 3 bytes, `00`), each only if there is something to say.
///
/// Pinned byte for byte by `SenseLayoutTest`.
///
/// **Threading.** *Immutable.*
///
/// @param key what kind of trouble
/// @param code ASC in the upper byte, ASCQ in the lower
/// @param information LBA of the first block in error, or byte offset of a miscompare; [#NO_INFORMATION] if none
/// @param pointer where the wrong field is: byte number from 0, plus [#IN_CDB] if that counts in the CDB; progress in 65536ths
///     if it is NOT READY; or [#NO_POINTER]
public record Sense(SenseKey key, int code, long information, int pointer) {
    /// No INFORMATION.
    public static final long NO_INFORMATION = -1;

    /// No field pointer.
    public static final int NO_POINTER = -1;

    /// Added to the byte number of a field in the CDB.
    public static final int IN_CDB = 0x10000;

    /// Bytes of the longest encoding.
    public static final int MAX_BYTES = 28;

    /// Nothing to say.
    public static final Sense NONE = of(SenseKey.NO_SENSE, 0x0000);

    /// PARAMETER LIST LENGTH ERROR.
    public static final Sense PARAMETER_LIST_LENGTH = of(SenseKey.ILLEGAL_REQUEST, 0x1A00);

    /// INVALID COMMAND OPERATION CODE.
    public static final Sense INVALID_OPCODE = of(SenseKey.ILLEGAL_REQUEST, 0x2000);

    /// LOGICAL BLOCK ADDRESS OUT OF RANGE.
    public static final Sense LBA_OUT_OF_RANGE = of(SenseKey.ILLEGAL_REQUEST, 0x2100);

    /// INVALID FIELD IN CDB, for a field that has no byte of its own to point at.
    public static final Sense INVALID_FIELD = of(SenseKey.ILLEGAL_REQUEST, 0x2400);

    /// LOGICAL UNIT NOT SUPPORTED: there is nothing behind this LUN.
    public static final Sense NO_SUCH_LUN = of(SenseKey.ILLEGAL_REQUEST, 0x2500);

    /// INVALID RELEASE OF PERSISTENT RESERVATION.
    public static final Sense INVALID_RELEASE = of(SenseKey.ILLEGAL_REQUEST, 0x2604);

    /// INSUFFICIENT REGISTRATION RESOURCES.
    public static final Sense NO_REGISTRATION_RESOURCES = of(SenseKey.ILLEGAL_REQUEST, 0x5504);

    /// SAVING PARAMETERS NOT SUPPORTED.
    public static final Sense SAVING_NOT_SUPPORTED = of(SenseKey.ILLEGAL_REQUEST, 0x3900);

    /// WRITE PROTECTED, by what the logical unit is.
    public static final Sense WRITE_PROTECTED = of(SenseKey.DATA_PROTECT, 0x2700);

    /// LOGICAL UNIT SOFTWARE WRITE PROTECTED, by SWP in the control mode page.
    public static final Sense SOFTWARE_WRITE_PROTECTED = of(SenseKey.DATA_PROTECT, 0x2702);

    /// SPACE ALLOCATION FAILED WRITE PROTECT: the store is full.
    public static final Sense SPACE_ALLOCATION_FAILED = of(SenseKey.DATA_PROTECT, 0x2707);

    /// UNRECOVERED READ ERROR.
    public static final Sense READ_ERROR = of(SenseKey.MEDIUM_ERROR, 0x1100);

    /// WRITE ERROR - AUTO REALLOCATION FAILED.
    public static final Sense WRITE_ERROR = of(SenseKey.MEDIUM_ERROR, 0x0C02);

    /// INTERNAL TARGET FAILURE.
    public static final Sense INTERNAL_FAILURE = of(SenseKey.HARDWARE_ERROR, 0x4400);

    /// LOGICAL UNIT NOT ACCESSIBLE, ASYMMETRIC ACCESS STATE TRANSITION: hosts try again.
    public static final Sense ACCESS_STATE_TRANSITION = of(SenseKey.NOT_READY, 0x040A);

    /// MISCOMPARE DURING VERIFY OPERATION.
    public static final Sense MISCOMPARE = of(SenseKey.MISCOMPARE, 0x1D00);

    /// OPERATION IN PROGRESS: a copy of that list identifier is running.
    public static final Sense COPY_IN_PROGRESS = of(SenseKey.ILLEGAL_REQUEST, 0x0016);

    /// TOO MANY TARGET DESCRIPTORS.
    public static final Sense TOO_MANY_COPY_TARGETS = of(SenseKey.ILLEGAL_REQUEST, 0x2606);

    /// UNSUPPORTED TARGET DESCRIPTOR TYPE CODE.
    public static final Sense UNSUPPORTED_COPY_TARGET = of(SenseKey.ILLEGAL_REQUEST, 0x2607);

    /// TOO MANY SEGMENT DESCRIPTORS.
    public static final Sense TOO_MANY_COPY_SEGMENTS = of(SenseKey.ILLEGAL_REQUEST, 0x2608);

    /// UNSUPPORTED SEGMENT DESCRIPTOR TYPE CODE.
    public static final Sense UNSUPPORTED_COPY_SEGMENT = of(SenseKey.ILLEGAL_REQUEST, 0x2609);

    /// UNEXPECTED INEXACT SEGMENT: the bytes to be copied are not whole blocks of the destination.
    public static final Sense INEXACT_COPY_SEGMENT = of(SenseKey.COPY_ABORTED, 0x260A);

    /// COPY ABORTED, and no more to say: a range that is not there, or a request to stop.
    public static final Sense COPY_ABORTED = of(SenseKey.COPY_ABORTED, 0x0000);

    /// UNREACHABLE COPY TARGET: a segment names a descriptor that is not there.
    public static final Sense UNREACHABLE_COPY_TARGET = of(SenseKey.COPY_ABORTED, 0x0804);

    /// THIRD PARTY DEVICE FAILURE: the source could not be read, or the destination not be written.
    public static final Sense COPY_DEVICE_FAILURE = of(SenseKey.COPY_ABORTED, 0x0D01);

    /// COPY TARGET DEVICE NOT REACHABLE: no logical unit of that name, for this initiator.
    public static final Sense COPY_TARGET_NOT_FOUND = of(SenseKey.COPY_ABORTED, 0x0D02);

    /// SANITIZE COMMAND FAILED.
    public static final Sense SANITIZE_FAILED = of(SenseKey.MEDIUM_ERROR, 0x3103);

    /// INSUFFICIENT RESOURCES.
    public static final Sense INSUFFICIENT_RESOURCES = of(SenseKey.ILLEGAL_REQUEST, 0x5503);

    private static final int INVALID_FIELD_IN_LIST = 0x2600;

    /// Validates the parts.
    public Sense {
        if (code < 0 || code > 0xFFFF || information < NO_INFORMATION || pointer < NO_POINTER) {
            throw new IllegalArgumentException(
                    "Not a sense: code %x, information %d, pointer %d"
                            .formatted(code, information, pointer));
        }
    }

    /// Sense that needs no more words.
    public static Sense of(SenseKey key, int code) {
        return new Sense(key, code, NO_INFORMATION, NO_POINTER);
    }

    /// INVALID FIELD IN CDB, pointing at a byte of the CDB.
    public static Sense invalidField(int cdbByte) {
        return new Sense(SenseKey.ILLEGAL_REQUEST, 0x2400, NO_INFORMATION, IN_CDB + cdbByte);
    }

    /// INVALID FIELD IN PARAMETER LIST, pointing at a byte of the data-out.
    public static Sense invalidListField(int listByte) {
        return new Sense(SenseKey.ILLEGAL_REQUEST, INVALID_FIELD_IN_LIST, NO_INFORMATION, listByte);
    }

    /// LOGICAL UNIT NOT READY, SANITIZE IN PROGRESS.
    ///
    /// @param progress how far it is, in 65536ths: 0 to 65535; stands where a field pointer would
    public static Sense sanitizing(int progress) {
        return new Sense(SenseKey.NOT_READY, 0x041B, NO_INFORMATION, progress);
    }

    /// The same with INFORMATION.
    public Sense withInformation(long value) {
        return new Sense(key, code, value, pointer);
    }

    /// Encodes into a new buffer, ready to read.
    ///
    /// @param descriptorFormat D_SENSE of the control mode page, or DESC of REQUEST SENSE
    public ByteBuffer encode(boolean descriptorFormat) {
        return descriptorFormat ? descriptorFormat() : fixedFormat();
    }

    private ByteBuffer fixedFormat() {
        boolean fits = information != NO_INFORMATION && information <= 0xFFFF_FFFFL;
        ByteBuffer out = ByteBuffer.allocate(18);
        out.put(0, (byte) (fits ? 0xF0 : 0x70));
        out.put(2, (byte) key.code());
        out.putInt(3, fits ? (int) information : 0);
        out.put(7, (byte) 0x0A);
        out.putShort(12, (short) code);
        putPointer(out, 15);
        return out;
    }

    private ByteBuffer descriptorFormat() {
        int informationBytes = information == NO_INFORMATION ? 0 : 12;
        int pointerBytes = pointer == NO_POINTER ? 0 : 8;
        ByteBuffer out = ByteBuffer.allocate(8 + informationBytes + pointerBytes);
        out.put(0, (byte) 0x72);
        out.put(1, (byte) key.code());
        out.putShort(2, (short) code);
        out.put(7, (byte) (informationBytes + pointerBytes));
        if (informationBytes > 0) {
            out.putInt(8, 0x000A_8000);
            out.putLong(12, information);
        }
        if (pointerBytes > 0) {
            out.putShort(8 + informationBytes, (short) 0x0206);
            putPointer(out, 8 + informationBytes + 4);
        }
        return out;
    }

    private void putPointer(ByteBuffer out, int offset) {
        if (pointer == NO_POINTER) {
            return;
        }
        out.put(offset, (byte) (pointer >= IN_CDB ? 0xC0 : 0x80));
        out.putShort(offset + 1, (short) pointer);
    }

    /// Like `5/24/00`, as the standard's tables and most logs write it.
    @Override
    public String toString() {
        return "%X/%02X/%02X".formatted(key.code(), code >> 8, code & 0xFF);
    }
}
