package io.cowherd.iscsi.pdu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jscsi.parser.OperationCode;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.junit.jupiter.api.Test;

/// The bytes of what the target sends. Each flyweight is used twice with other values first: nothing may be left over.
class ResponseLayoutTest {
    private static final String COUNTERS =
            """
            a1a2a3a4        # StatSN
            b1b2b3b4        # ExpCmdSN
            c1c2c3c4        # MaxCmdSN
            """;

    private static void stamp(ResponseHeader header, int length) {
        header.statSn(0xA1A2A3A4);
        header.window(0xB1B2B3B4, 0xC1C2C3C4);
        header.dataSegmentBytes(length);
    }

    private static void assertBytes(String expected, BasicHeader header) {
        assertEquals(Hex.plain(expected), Hex.of(header));
    }

    @Test
    void scsiResponse() {
        var response = new ScsiResponseHeader();
        response.completed(-1, (byte) -1, -1);
        response.residual(Residual.bidirectional(0, 1, 0, 1));
        response.completed(0x11121314, (byte) 2, 5);
        response.residual(Residual.of(512, 200));
        stamp(response, 20);
        assertBytes(
                """
                21 82 00 02     # SCSI Response, F and U, completed at target, CHECK CONDITION
                00 000014       # 20 bytes of sense
                0000000000000000
                11121314        # ITT
                00000000        # SNACK tag
                """
                        + COUNTERS
                        + """
                00000005        # ExpDataSN
                00000000        # bidirectional read residual
                00000138        # residual: 312
                """,
                response);
    }

    @Test
    void residualOfBothDirections() {
        var response = new ScsiResponseHeader();
        response.completed(0x11121314, (byte) 0, 0);
        response.residual(Residual.bidirectional(512, 1024, 0xFFFF_FFFFL, 0));
        assertEquals(0x80 | 0x04 | 0x08, response.flags() & 0xFF); // F, O, u
        assertEquals(-1, response.bytes().getInt(40));
        assertEquals(512, response.bytes().getInt(44));
    }

    @Test
    void dataIn() {
        var data = new DataInHeader();
        data.data(-1, -1, -1);
        data.endsCommand(Residual.of(1, 2));
        data.data(0x11121314, 3, 0x2000);
        stamp(data, 8192);
        data.statSn(0);
        assertBytes(
                """
                25 00 00 00     # Data-In, in the middle of a sequence
                00 002000
                0000000000000000
                11121314        # ITT
                ffffffff        # TTT
                00000000        # StatSN: reserved without S
                b1b2b3b4
                c1c2c3c4
                00000003        # DataSN
                00002000        # buffer offset
                00000000        # residual: reserved without S
                """,
                data);
        data.endsSequence();
        assertEquals(0x80, data.flags() & 0xFF);
        data.endsCommand(Residual.of(10_000, 9_999));
        assertEquals(0x83, data.flags() & 0xFF, "F, U, S");
        assertEquals(1, data.bytes().getInt(44));
    }

    @Test
    void r2t() {
        var r2t = new R2tHeader();
        r2t.request(-1, -1, -1, -1);
        r2t.range(-1, -1);
        r2t.request(0x0001020304050607L, 0x11121314, 0x41424344, 2);
        r2t.range(65_536, 196_608);
        stamp(r2t, 0);
        assertBytes(
                """
                31 80 0000      # R2T, the leading 1
                00 000000
                0001020304050607 # LUN
                11121314        # ITT
                41424344        # TTT
                """
                        + COUNTERS
                        + """
                00000002        # R2TSN
                00010000        # buffer offset
                00030000        # desired length
                """,
                r2t);
    }

    @Test
    void login() {
        var request =
                new LoginRequestHeader(
                        Hex.bytes(
                                """
                                43 87 0000 00 000000 400001370203 0000 11121314 00010000 21222324
                                31323334 00000000000000000000000000000000
                                """));
        var response = new LoginResponseHeader();
        response.answer(request);
        response.stage(1, 3, true);
        response.tsih(-1);
        response.status((short) -1);
        response.answer(request);
        response.stage(1, 3, true);
        response.tsih(0xFE01);
        stamp(response, 7);
        assertBytes(
                """
                23 87 00 00     # Login Response, T, CSG 1, NSG 3, versions 0
                00 000007
                400001370203 fe01 # ISID, TSIH
                11121314        # ITT
                00000000
                """
                        + COUNTERS
                        + """
                0000 0000       # status: success
                0000000000000000
                """,
                response);
        response.answer(request);
        response.stage(0, 3, false);
        response.status((short) 0x0203);
        assertEquals(0x00, response.flags() & 0xFF, "no T, CSG 0");
        assertEquals(0x0203, response.bytes().getShort(36));
    }

    @Test
    void text() {
        var response = new TextResponseHeader();
        response.partial(-1, -1);
        response.last(0x11121314);
        stamp(response, 5);
        assertBytes(
                """
                24 80 0000      # Text Response, F
                00 000005
                0000000000000000
                11121314        # ITT
                ffffffff        # TTT
                """
                        + COUNTERS
                        + "000000000000000000000000",
                response);
        response.partial(0x11121314, 7);
        assertEquals(0x40, response.flags());
        assertEquals(7, response.bytes().getInt(20));
        response.wantsMore(0x11121314, 7);
        assertEquals(0, response.flags());
    }

    @Test
    void taskManagement() {
        var response = new TaskManagementResponseHeader();
        response.answer(-1, (byte) -1);
        response.answer(0x11121314, (byte) 5);
        stamp(response, 0);
        assertBytes(
                """
                22 80 05 00     # TMF Response, the leading 1, not supported
                00 000000
                0000000000000000
                11121314        # ITT
                00000000
                """
                        + COUNTERS
                        + "000000000000000000000000",
                response);
    }

    @Test
    void logout() {
        var response = new LogoutResponseHeader();
        response.answer(-1, (byte) -1);
        response.answer(0x11121314, (byte) 2);
        stamp(response, 0);
        assertBytes(
                """
                26 80 02 00     # Logout Response, the leading 1, recovery not supported
                00 000000
                0000000000000000
                11121314        # ITT
                00000000
                """
                        + COUNTERS
                        + """
                00000000
                0000 0000       # Time2Wait, Time2Retain
                00000000
                """,
                response);
    }

    @Test
    void nopIn() {
        var nop = new NopInHeader();
        nop.ping(-2);
        nop.answer(0x0001020304050607L, 0x11121314);
        stamp(nop, 4);
        assertBytes(
                """
                20 80 0000      # NOP-In, the leading 1
                00 000004
                0001020304050607 # LUN
                11121314        # ITT
                ffffffff        # TTT
                """
                        + COUNTERS
                        + "000000000000000000000000",
                nop);
        nop.ping(9);
        assertEquals(-1, nop.itt());
        assertEquals(9, nop.bytes().getInt(20));
        assertEquals(0, nop.lun());
    }

    @Test
    void asyncMessage() {
        var message = new AsyncMessageHeader();
        message.dropSession(-1);
        message.requestLogout(3);
        stamp(message, 0);
        assertBytes(
                """
                32 80 0000      # Asynchronous Message, the leading 1
                00 000000
                0000000000000000
                ffffffff
                00000000
                """
                        + COUNTERS
                        + """
                01 00 0000      # event 1
                0000 0003       # parameter 3: seconds
                00000000
                """,
                message);
        message.dropSession(2);
        assertEquals(3, message.bytes().get(36));
        assertEquals(2, message.bytes().getShort(40));
    }

    @Test
    void reject() {
        var reject = new RejectHeader();
        reject.reject(ReasonCode.PROTOCOL_ERROR);
        reject.reject(ReasonCode.INVALID_PDU_FIELD);
        stamp(reject, 48);
        assertBytes(
                """
                3f 80 09 00     # Reject, the leading 1, invalid PDU field
                00 000030
                0000000000000000
                ffffffff
                00000000
                """
                        + COUNTERS
                        + "000000000000000000000000",
                reject);
    }

    /// jSCSI's enums carry the codes; if they moved, these would.
    @Test
    void codesAreThoseOfTheRfc() {
        assertEquals(0x21, OperationCode.SCSI_RESPONSE.value());
        assertEquals(0x3F, OperationCode.REJECT.value());
        assertEquals(2, ReasonCode.DATA_DIGEST_ERROR.value());
        assertEquals(0x0A, ReasonCode.LONG_OPERATION_REJECT.value());
    }
}
