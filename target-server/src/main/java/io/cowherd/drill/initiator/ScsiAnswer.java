package io.cowherd.drill.initiator;

import java.nio.ByteBuffer;

/// How a command ended, and what a host makes of it.
///
/// **Threading.** *Immutable.*
///
/// @param status SAM status code
/// @param sense key in bits 16 and up, ASC, ASCQ; 0 if there is none
/// @param data what was read
record ScsiAnswer(int status, int sense, ByteBuffer data) {
    private static final int GOOD = 0x00;
    private static final int CHECK_CONDITION = 0x02;
    private static final int BUSY = 0x08;
    private static final int TASK_SET_FULL = 0x28;
    private static final int NOT_READY = 0x2;
    private static final int UNIT_ATTENTION = 0x6;
    private static final int ABORTED_COMMAND = 0xB;
    private static final int BECOMING_READY =
            0x0400; // ASC 04: not ready, for a reason that may pass
    private static final int STANDBY = 0x02_040B;
    private static final int UNAVAILABLE = 0x02_040C;

    /// What a host does next.
    enum Verdict {
        /// It is done.
        DONE,
        /// Asks again at once: it was told of something.
        AGAIN,
        /// Asks again in a moment.
        LATER,
        /// Asks by another path.
        ELSEWHERE,
        /// Tells whoever wanted it: an I/O error.
        ERROR
    }

    Verdict verdict() {
        return switch (status) {
            case GOOD -> Verdict.DONE;
            case BUSY, TASK_SET_FULL -> Verdict.LATER;
            case CHECK_CONDITION -> ofSense();
            default -> Verdict.ERROR;
        };
    }

    private Verdict ofSense() {
        if (sense == STANDBY || sense == UNAVAILABLE) {
            return Verdict.ELSEWHERE;
        }
        return switch (sense >> 16) {
            case UNIT_ATTENTION -> Verdict.AGAIN;
            case NOT_READY -> (sense & 0xFF00) == BECOMING_READY ? Verdict.LATER : Verdict.ERROR;
            case ABORTED_COMMAND -> Verdict.LATER;
            default -> Verdict.ERROR;
        };
    }

    /// Like `2/04/0A`, or the status if there is no sense.
    String words() {
        return sense == 0
                ? "status %02X".formatted(status)
                : "%X/%02X/%02X".formatted(sense >> 16, sense >> 8 & 0xFF, sense & 0xFF);
    }
}
