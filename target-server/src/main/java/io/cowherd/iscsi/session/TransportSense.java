package io.cowherd.iscsi.session;

import java.nio.ByteBuffer;

/// How a command ends that the transport could not carry: the status, and fixed-format sense where there is any
/// (RFC 7143 11.4.7.2).
enum TransportSense {
    /// Unsolicited data that was not agreed on: ABORTED COMMAND, 0C/0C.
    UNEXPECTED_UNSOLICITED_DATA(0x0C, 0x0C),
    /// Data beyond, short of, or out of the order of what was asked for: ABORTED COMMAND, 0C/0D.
    INCORRECT_AMOUNT_OF_DATA(0x0C, 0x0D),
    /// No memory for the data: TASK SET FULL, the initiator tries again.
    NO_MEMORY;

    private static final byte CHECK_CONDITION = 0x02;
    private static final byte TASK_SET_FULL = 0x28;
    private static final int FIXED_SENSE_BYTES = 18;

    private final byte status;
    private final byte asc;
    private final byte ascq;

    TransportSense() {
        this(TASK_SET_FULL, 0, 0);
    }

    TransportSense(int asc, int ascq) {
        this(CHECK_CONDITION, asc, ascq);
    }

    TransportSense(byte status, int asc, int ascq) {
        this.status = status;
        this.asc = (byte) asc;
        this.ascq = (byte) ascq;
    }

    byte status() {
        return status;
    }

    /// The sense, the caller's; empty unless the status is CHECK CONDITION.
    ByteBuffer sense() {
        if (status != CHECK_CONDITION) {
            return ByteBuffer.allocate(0);
        }
        return ByteBuffer.allocate(FIXED_SENSE_BYTES)
                .put(0, (byte) 0x70) // current, fixed format
                .put(2, (byte) 0x0B) // ABORTED COMMAND
                .put(7, (byte) (FIXED_SENSE_BYTES - 8))
                .put(12, asc)
                .put(13, ascq);
    }
}
