package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;

/// What holds for every PDU a target sends, whatever the conversation: RFC 7143 11, and what Windows' initiator logs as an
/// error (profile 0 and c.1). Bit 7 of byte 1, StatSN without gaps, a window that is never shut backwards, reserved
/// fields zero, known task tags only, data in order and not beyond what was expected, exact residuals, nothing but sense in
/// a SCSI Response.
final class WireRules {
    static final int NO_TAG = -1;

    private static final int NOP_IN = 0x20;
    private static final int SCSI_RESPONSE = 0x21;
    private static final int TASK_MANAGEMENT_RESPONSE = 0x22;
    private static final int LOGIN_RESPONSE = 0x23;
    private static final int TEXT_RESPONSE = 0x24;
    private static final int DATA_IN = 0x25;
    private static final int LOGOUT_RESPONSE = 0x26;
    private static final int R2T = 0x31;
    private static final int ASYNC = 0x32;
    private static final int REJECT = 0x3F;

    private static final int OVERFLOW = 0x04;
    private static final int UNDERFLOW = 0x02;
    private static final int HAS_STATUS = 0x01;
    private static final int CHECK_CONDITION = 0x02;

    final Agreement agreed = new Agreement();
    private final Map<Integer, Outstanding> outstanding = new HashMap<>();

    /// The next StatSN, which we tell the target.
    int expStatSn;

    /// The CmdSN of our next request.
    int cmdSn = 1;

    int expCmdSn = 1;
    int maxCmdSn;
    private boolean hasBegun;

    Outstanding sent(Message request, byte[] toWrite) {
        var one = new Outstanding(request, toWrite);
        if (request.itt() != NO_TAG) {
            outstanding.put(request.itt(), one);
        }
        return one;
    }

    /// The request of that task tag.
    Outstanding of(int itt) {
        Outstanding found = outstanding.get(itt);
        assertNotNull(found, "no request is outstanding with task tag " + Integer.toHexString(itt));
        return found;
    }

    /// No PDU may come for it any more.
    void forget(int itt) {
        outstanding.remove(itt);
    }

    int outstandingRequests() {
        return outstanding.size();
    }

    /// Checks a PDU and takes note of it.
    void received(Message pdu) {
        assertEquals(0, pdu.u8(0) & 0xC0, () -> "bits 7 and 6 of byte 0: " + pdu);
        assertEquals(0, pdu.u8(4), () -> "AHS: " + pdu);
        assertTrue(
                pdu.data.length <= agreed.initiatorMaxDataSegment,
                () -> pdu.data.length + " bytes, we take " + agreed.initiatorMaxDataSegment);
        switch (pdu.opcode()) {
            case NOP_IN -> nopIn(pdu);
            case SCSI_RESPONSE -> scsiResponse(pdu);
            case TASK_MANAGEMENT_RESPONSE -> taskManagementResponse(pdu);
            case LOGIN_RESPONSE -> loginResponse(pdu);
            case TEXT_RESPONSE -> textResponse(pdu);
            case DATA_IN -> dataIn(pdu);
            case LOGOUT_RESPONSE -> logoutResponse(pdu);
            case R2T -> r2t(pdu);
            case ASYNC -> async(pdu);
            case REJECT -> reject(pdu);
            default -> throw new AssertionError("no target sends this: " + pdu);
        }
        window(pdu);
    }

    private void window(Message pdu) {
        int expected = pdu.u32(28);
        int max = pdu.u32(32);
        boolean isLoginRefusal = pdu.opcode() == LOGIN_RESPONSE && pdu.u16(36) != 0;
        if (isLoginRefusal) {
            return; // all three counters are invalid then
        }
        assertTrue(expected - expCmdSn >= 0, () -> "ExpCmdSN went back: " + pdu);
        assertTrue(expected - cmdSn <= 0, () -> "ExpCmdSN beyond what we have sent: " + pdu);
        assertTrue(max - expected >= -1, () -> "MaxCmdSN below ExpCmdSN - 1: " + pdu);
        assertTrue(!hasBegun || max - maxCmdSn >= 0, () -> "MaxCmdSN went back: " + pdu);
        expCmdSn = expected;
        maxCmdSn = max;
        hasBegun = true;
    }

    /// A PDU that takes a StatSN.
    private void status(Message pdu) {
        int statSn = pdu.u32(24);
        if (hasBegun) {
            assertEquals(expStatSn, statSn, () -> "StatSN: " + pdu);
        }
        expStatSn = statSn + 1;
    }

    /// A PDU that only shows the next one.
    private void noStatus(Message pdu) {
        assertEquals(expStatSn, pdu.u32(24), () -> "StatSN that is not advanced: " + pdu);
    }

    private static void zero(Message pdu, int from, int end) {
        for (int i = from; i < end; i++) {
            int at = i;
            assertEquals(0, pdu.u8(i), () -> "reserved byte " + at + ": " + pdu);
        }
    }

    private static void flags(Message pdu, int expected) {
        assertEquals(expected, pdu.u8(1), () -> "byte 1: " + pdu);
    }

    private static void noData(Message pdu) {
        assertEquals(0, pdu.data.length, () -> "no data belongs here: " + pdu);
    }

    private Outstanding requestOf(Message pdu, int opcode) {
        Outstanding request = outstanding.get(pdu.itt());
        assertNotNull(request, () -> "no request has this task tag: " + pdu);
        assertEquals(opcode, request.request.opcode(), () -> "answered by " + pdu);
        return request;
    }

    private void end(Outstanding request, Message pdu) {
        outstanding.remove(pdu.itt());
        request.end = pdu;
    }

    private void nopIn(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 2, 4);
        zero(pdu, 36, 48);
        if (pdu.itt() == NO_TAG) {
            noStatus(pdu);
            noData(pdu);
            return;
        }
        assertEquals(NO_TAG, pdu.u32(20), () -> "TTT of an answer: " + pdu);
        Outstanding ping = requestOf(pdu, 0x00);
        status(pdu);
        end(ping, pdu);
    }

    private void scsiResponse(Message pdu) {
        int flags = pdu.u8(1);
        assertEquals(0x80, flags & 0xE1, () -> "byte 1: " + pdu);
        assertEquals(0, flags & 0x18, () -> "residual of a second direction: " + pdu);
        assertEquals(0, pdu.u8(2), () -> "response: " + pdu);
        zero(pdu, 8, 16);
        zero(pdu, 20, 24);
        zero(pdu, 40, 44);
        Outstanding command = requestOf(pdu, 0x01);
        assertEquals(
                command.nextDataSn + command.nextR2tSn,
                pdu.u32(36),
                () -> "ExpDataSN counts Data-In and R2T: " + pdu);
        sense(pdu);
        residual(pdu, command);
        status(pdu);
        end(command, pdu);
    }

    private static void sense(Message pdu) {
        if (pdu.u8(3) != CHECK_CONDITION) {
            noData(pdu);
            return;
        }
        int length = ((pdu.data[0] & 0xFF) << 8) | (pdu.data[1] & 0xFF);
        assertEquals(pdu.data.length - 2, length, () -> "sense length: " + pdu);
        switch (pdu.data[2] & 0x7F) {
            case 0x70 ->
                    assertEquals(length - 8, pdu.data[9], () -> "additional sense length: " + pdu);
            case 0x72 -> assertTrue(length >= 8, () -> "sense length: " + pdu);
            default -> throw new AssertionError("sense is current: " + Bytes.show(pdu.data));
        }
    }

    /// Both bits exclude each other; what was read and the residual make up what was expected.
    private static void residual(Message pdu, Outstanding command) {
        int bits = pdu.u8(1) & (OVERFLOW | UNDERFLOW);
        int count = pdu.u32(44);
        assertNotEquals(OVERFLOW | UNDERFLOW, bits, () -> "O and U: " + pdu);
        assertEquals(bits != 0, count != 0, () -> "residual count without its bit: " + pdu);
        if (command.isRead()) {
            int missing = bits == UNDERFLOW ? count : 0;
            boolean good = pdu.u8(3) == 0;
            if (good || bits == UNDERFLOW) {
                assertEquals(
                        command.edtl(), command.read.size() + missing, () -> "residual: " + pdu);
            }
        }
    }

    private void taskManagementResponse(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 3, 4);
        zero(pdu, 8, 16);
        zero(pdu, 20, 24);
        zero(pdu, 36, 48);
        noData(pdu);
        Outstanding request = requestOf(pdu, 0x02);
        status(pdu);
        end(request, pdu);
        if (pdu.u8(2) == 0) {
            aborted(request.request);
        }
    }

    /// After "function complete" nothing may come for what was aborted.
    private void aborted(Message request) {
        int function = request.u8(1) & 0x7F;
        boolean sameLunOnly = function <= 5;
        if (function == 1) {
            forget(request.u32(20));
            return;
        }
        outstanding
                .values()
                .removeIf(
                        one ->
                                one.request.opcode() == 0x01
                                        && (!sameLunOnly || one.request.u32(8) == request.u32(8)));
    }

    private void loginResponse(Message pdu) {
        assertEquals(0, pdu.u8(1) & 0x30, () -> "reserved bits of byte 1: " + pdu);
        assertEquals(0, pdu.u16(2), () -> "versions: " + pdu);
        zero(pdu, 20, 24);
        zero(pdu, 38, 48);
        Outstanding request = requestOf(pdu, 0x03);
        assertEquals(
                Bytes.show(java.util.Arrays.copyOfRange(request.request.header, 8, 14)),
                Bytes.show(java.util.Arrays.copyOfRange(pdu.header, 8, 14)),
                "ISID");
        if (pdu.u16(36) == 0) {
            boolean entersFullFeature = (pdu.u8(1) & 0x83) == 0x83;
            assertEquals(
                    entersFullFeature,
                    pdu.u16(14) != 0,
                    () -> "TSIH comes with the last answer: " + pdu);
            status(pdu);
        }
        end(request, pdu);
    }

    private void textResponse(Message pdu) {
        boolean isFinal = (pdu.u8(1) & 0x80) != 0;
        assertEquals(0, pdu.u8(1) & 0x3F, () -> "byte 1: " + pdu);
        zero(pdu, 2, 4);
        zero(pdu, 36, 48);
        assertEquals(isFinal, pdu.u32(20) == NO_TAG, () -> "TTT as F says: " + pdu);
        Outstanding request = requestOf(pdu, 0x04);
        status(pdu);
        end(request, pdu);
    }

    private void dataIn(Message pdu) {
        int flags = pdu.u8(1);
        boolean hasStatus = (flags & HAS_STATUS) != 0;
        boolean isFinal = (flags & 0x80) != 0;
        assertEquals(0, flags & 0x78, () -> "byte 1: " + pdu);
        zero(pdu, 2, 3);
        zero(pdu, 8, 16);
        assertEquals(NO_TAG, pdu.u32(20), () -> "TTT: " + pdu);
        Outstanding command = requestOf(pdu, 0x01);
        assertTrue(command.isRead(), () -> "data of a command that does not read: " + pdu);
        assertEquals(command.nextDataSn++, pdu.u32(36), () -> "DataSN: " + pdu);
        assertEquals(command.read.size(), pdu.u32(40), () -> "buffer offset: " + pdu);
        command.read.writeBytes(pdu.data);
        assertTrue(command.read.size() <= command.edtl(), () -> "beyond EDTL: " + pdu);
        command.burstBytes += pdu.data.length;
        assertTrue(command.burstBytes <= agreed.maxBurst, () -> "beyond MaxBurstLength: " + pdu);
        if (isFinal) {
            command.burstBytes = 0;
        }
        if (hasStatus) {
            assertTrue(isFinal, () -> "S without F: " + pdu);
            assertEquals(0, pdu.u8(3), () -> "S goes with GOOD only: " + pdu);
            residual(pdu, command);
            status(pdu);
            end(command, pdu);
        } else {
            zero(pdu, 3, 4);
            zero(pdu, 24, 28);
            zero(pdu, 44, 48);
            assertEquals(0, flags & 0x06, () -> "residual without status: " + pdu);
        }
    }

    private void logoutResponse(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 3, 4);
        zero(pdu, 8, 16);
        zero(pdu, 20, 24);
        zero(pdu, 36, 40);
        zero(pdu, 44, 48);
        noData(pdu);
        Outstanding request = requestOf(pdu, 0x06);
        status(pdu);
        end(request, pdu);
    }

    private void r2t(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 2, 4);
        noData(pdu);
        assertNotEquals(NO_TAG, pdu.u32(20), () -> "TTT: " + pdu);
        noStatus(pdu);
        Outstanding command = requestOf(pdu, 0x01);
        assertTrue(command.isWrite(), () -> "R2T for what does not write: " + pdu);
        assertEquals(command.request.u32(8), pdu.u32(8), () -> "LUN: " + pdu);
        assertEquals(command.nextR2tSn++, pdu.u32(36), () -> "R2TSN: " + pdu);
        assertEquals(command.solicitedUpTo, pdu.u32(40), () -> "buffer offset: " + pdu);
        int length = pdu.u32(44);
        assertTrue(length > 0 && length <= agreed.maxBurst, () -> "desired length: " + pdu);
        command.solicitedUpTo += length;
        assertTrue(command.solicitedUpTo <= command.edtl(), () -> "beyond EDTL: " + pdu);
    }

    private void async(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 2, 4);
        assertEquals(NO_TAG, pdu.itt(), () -> "task tag: " + pdu);
        zero(pdu, 20, 24);
        zero(pdu, 44, 48);
        status(pdu);
    }

    private void reject(Message pdu) {
        flags(pdu, 0x80);
        zero(pdu, 3, 4);
        zero(pdu, 8, 16);
        assertEquals(NO_TAG, pdu.itt(), () -> "task tag: " + pdu);
        zero(pdu, 20, 24);
        zero(pdu, 40, 48);
        assertEquals(Message.HEADER_BYTES, pdu.data.length, () -> "the rejected header: " + pdu);
        status(pdu);
        Message rejected = new Message(pdu.data, new byte[0]);
        if (rejected.opcode() != 0x05) { // a rejected Data-Out leaves its command
            forget(rejected.itt());
        }
    }
}
