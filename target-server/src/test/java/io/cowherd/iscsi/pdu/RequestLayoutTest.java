package io.cowherd.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// The bytes of requests, and what is read from them. If a line changes here, we no longer speak iSCSI.
class RequestLayoutTest {
    @Test
    void scsiCommand() throws PduRejected {
        var command =
                new ScsiCommandHeader(
                        Hex.bytes(
                                """
                                41              # immediate, SCSI Command
                                e2              # F, R, W, attribute ORDERED
                                0000            # reserved
                                02 010203       # two words of AHS, 66051 bytes of data
                                0001020304050607 # LUN
                                11121314        # ITT
                                fffffffe        # expected data transfer length
                                21222324        # CmdSN
                                31323334        # ExpStatSN
                                2a00000000010000 0800000000000000 # CDB
                                0005 02 00 80000001 # AHS: bidirectional read length
                                """));
        assertEquals(0x01, command.opcode());
        assertTrue(command.isImmediate());
        assertTrue(command.isFinal());
        assertTrue(command.reads());
        assertTrue(command.writes());
        assertEquals(2, command.attribute());
        assertEquals(8, command.ahsBytes());
        assertEquals(66_051, command.dataSegmentBytes());
        assertEquals(0x0001020304050607L, command.lun());
        assertEquals(0x11121314, command.itt());
        assertEquals(0xFFFF_FFFEL, command.expectedDataTransferBytes());
        assertEquals(0x21222324, command.cmdSn());
        assertEquals(0x31323334, command.expStatSn());
        assertEquals(16, command.cdb().remaining());
        assertEquals(0x2A, command.cdb().get(0));
        assertEquals(8, command.cdb().get(8));
        assertEquals(0x8000_0001L, command.bidirectionalReadBytes());
    }

    @Test
    void additionalHeadersThatReachTooFarAreRefused() {
        ByteBuffer bytes = ByteBuffer.allocate(56).put(4, (byte) 2);
        var command = new ScsiCommandHeader(bytes);
        for (int length = 0;
                length < 0x10000;
                length++) { // every length of the first AHS: an answer or a refusal
            bytes.putShort(48, (short) length).put(50, (byte) 1);
            if (length > 5) {
                assertThrows(PduRejected.class, command::bidirectionalReadBytes);
            }
        }
        bytes.putShort(48, (short) 1).putShort(52, (short) 1); // two of four bytes
        assertEquals(0, bidirectional(command));
    }

    private static long bidirectional(ScsiCommandHeader command) {
        try {
            return command.bidirectionalReadBytes();
        } catch (PduRejected e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void dataOut() {
        var data =
                new DataOutHeader(
                        Hex.bytes(
                                """
                                05 00 0000      # Data-Out, F not set
                                00 000200       # 512 bytes
                                ffffffffffffffff # LUN, ignored
                                11121314        # ITT
                                41424344        # TTT
                                00000000        # reserved
                                31323334        # ExpStatSN
                                00000000        # reserved
                                00000007        # DataSN
                                fffffe00        # buffer offset
                                00000000        # reserved
                                """));
        assertEquals(0x05, data.opcode());
        assertFalse(data.isFinal());
        assertFalse(data.isImmediate());
        assertEquals(0x41424344, data.ttt());
        assertEquals(7, data.dataSn());
        assertEquals(0xFFFF_FE00L, data.bufferOffset());
    }

    @Test
    void login() {
        var login =
                new LoginRequestHeader(
                        Hex.bytes(
                                """
                                43              # immediate, Login
                                87              # T, CSG 1, NSG 3
                                0001            # Version-max 0, Version-min 1
                                00 00007f       # 127 bytes
                                400001370203 ff01 # ISID, TSIH
                                11121314        # ITT
                                fffe 0000       # CID
                                21222324        # CmdSN
                                31323334        # ExpStatSN
                                00000000000000000000000000000000
                                """));
        assertTrue(login.transits());
        assertFalse(login.continues());
        assertEquals(1, login.currentStage());
        assertEquals(3, login.nextStage());
        assertEquals(1, login.versionMin());
        assertEquals(0x400001370203L, login.isid());
        assertEquals(0xFF01, login.tsih());
        assertEquals(0xFFFE, login.cid());
        login.bytes().put(1, (byte) 0x44);
        assertTrue(login.continues());
        assertFalse(login.transits());
    }

    @Test
    void text() {
        var text =
                new TextRequestHeader(
                        Hex.bytes(
                                """
                                04 40 0000      # Text, C
                                00 000010
                                0000000000000000 # LUN
                                11121314        # ITT
                                51525354        # TTT
                                21222324 31323334
                                00000000000000000000000000000000
                                """));
        assertTrue(text.continues());
        assertFalse(text.isFinal());
        assertEquals(0x51525354, text.ttt());
    }

    @Test
    void taskManagement() {
        var request =
                new TaskManagementHeader(
                        Hex.bytes(
                                """
                                42 85 0000      # immediate, function 5
                                00 000000
                                0001000000000000 # LUN
                                11121314        # ITT
                                61626364        # referenced task tag
                                21222324 31323334
                                00000000000000000000000000000000
                                """));
        assertEquals(5, request.function());
        assertEquals(0x61626364, request.referencedTaskTag());
        assertEquals(0x0001000000000000L, request.lun());
    }

    @Test
    void logout() {
        var logout =
                new LogoutRequestHeader(
                        Hex.bytes(
                                """
                                46 81 0000      # immediate, reason 1
                                00 000000
                                0000000000000000
                                11121314        # ITT
                                fffe 0000       # CID
                                21222324 31323334
                                00000000000000000000000000000000
                                """));
        assertEquals(1, logout.reason());
        assertEquals(0xFFFE, logout.cid());
    }

    @Test
    void nopOut() {
        var nop =
                new NopOutHeader(
                        Hex.bytes(
                                """
                                40 80 0000
                                00 000004
                                0001000000000000 # LUN
                                11121314        # ITT
                                ffffffff        # TTT
                                21222324 31323334
                                00000000000000000000000000000000
                                """));
        assertTrue(nop.isPing());
        nop.bytes().putInt(16, -1);
        assertFalse(nop.isPing());
    }

    @Test
    void serialNumbersWrapAround() {
        assertTrue(SerialNumber.compare(1, 2) < 0);
        assertTrue(SerialNumber.compare(-1, 0) < 0, "FFFFFFFF comes before 0");
        assertTrue(SerialNumber.compare(Integer.MIN_VALUE, Integer.MAX_VALUE) > 0);
        assertEquals(0, SerialNumber.compare(7, 7));
    }

    @Test
    void unassignedOpcodesAreNone() {
        int assigned = 0;
        for (int value = 0; value < 64; value++) {
            assigned += Opcodes.of(value) == null ? 0 : 1;
        }
        assertEquals(18, assigned);
    }
}
