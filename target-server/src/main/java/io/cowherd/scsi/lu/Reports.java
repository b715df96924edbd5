package io.cowherd.scsi.lu;

import io.cowherd.scsi.cdb.Cdb;
import java.nio.ByteBuffer;

/// Answers of few bytes to commands that ask (SPC-4, SBC-3). Big-endian, ready to read.
///
/// Pinned byte for byte by `ReportsTest`.
///
/// **Threading.** *Immutable.*
final class Reports {
    private Reports() {}

    /// READ DEFECT DATA: a header that says which lists these are, and that they are empty.
    static ByteBuffer noDefects(Cdb.ReadDefectData cdb) {
        int headerBytes = cdb.header() == Cdb.Header.LONG ? 8 : 4;
        return ByteBuffer.allocate(headerBytes).put(1, (byte) (cdb.lists() | cdb.format()));
    }

    /// REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4 6.36): ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT
    /// RESET, target reset.
    static ByteBuffer taskManagement(boolean extended) {
        int bytes = extended ? 16 : 4;
        return ByteBuffer.allocate(bytes).put(0, (byte) 0xDA).put(3, (byte) (bytes - 4));
    }

    /// REPORT IDENTIFYING INFORMATION (SPC-4 6.32): two zeros, length (2): there is none.
    static ByteBuffer noIdentifyingInformation() {
        return ByteBuffer.allocate(4);
    }

    /// REPORT TIMESTAMP (SPC-4 6.38): length (2), TIMESTAMP ORIGIN 3, *set by other means*, 0, milliseconds since 1970 (6), two
    /// zeros.
    static ByteBuffer timestamp(long millis) {
        return ByteBuffer.allocate(12)
                .putShort(0, (short) 10)
                .put(2, (byte) 3)
                .putShort(4, (short) (millis >> 32))
                .putInt(6, (int) millis);
    }
}
