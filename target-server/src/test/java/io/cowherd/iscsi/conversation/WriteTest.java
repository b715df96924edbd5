package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.login.LoginOffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Writes: immediate data, unsolicited data, R2T, and what is done when the data is wrong.
@ExtendWith(LeakWatch.class)
class WriteTest {
    private static final int GOOD = 0;
    private static final int CHECK_CONDITION = 2;

    private final Conversation conversation =
            new Conversation(Limits.DEFAULTS, LoginOffer.UnsolicitedDataOut.GRANTED);

    @AfterEach
    void stop() {
        conversation.close();
    }

    private static byte[] payload(int length, int salt) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 13 + i / 512 + salt);
        }
        return bytes;
    }

    private static byte[] part(byte[] bytes, int offset, int length) {
        return Arrays.copyOfRange(bytes, offset, offset + length);
    }

    private void assertDisk(int lba, byte[] expected) {
        assertArrayEquals(expected, conversation.fake.bytes(lba * 512, expected.length));
    }

    private static Pdu expectStatus(ScriptedInitiator initiator, int itt, int status) {
        Pdu response = initiator.receives(0x21);
        assertEquals(itt, response.itt());
        assertEquals(status, response.u8(3));
        return response;
    }

    private static Pdu expectR2t(
            ScriptedInitiator initiator, int itt, int sn, int offset, int length) {
        Pdu r2t = initiator.receives(0x31);
        assertEquals(0x80, r2t.flags());
        assertEquals(itt, r2t.itt());
        assertNotEquals(-1, r2t.u32(20), "TTT");
        assertEquals(sn, r2t.u32(36), "R2TSN");
        assertEquals(offset, r2t.u32(40), "offset");
        assertEquals(length, r2t.u32(44), "length");
        return r2t;
    }

    @Test
    void immediateDataNeedsNoR2t() {
        try (var initiator = conversation.session()) {
            byte[] bytes = payload(4096, 1);
            initiator.sends(initiator.write10(1, 9, 8).with(bytes));
            Pdu response = expectStatus(initiator, 1, GOOD);
            assertEquals(0x80, response.flags());
            assertEquals(0, response.data.length);
            assertDisk(9, bytes);
        }
    }

    /// spec/initiators.md b.3: 64 KiB immediate, R2T for the rest, three Data-Outs, and eight commands in between.
    @Test
    void windowsWrites256KiBAndPipelinesEightCommands() {
        try (var windows =
                conversation.session(
                        "InitialR2T=Yes",
                        "MaxRecvDataSegmentLength=65536",
                        "MaxBurstLength=262144",
                        "FirstBurstLength=65536",
                        "MaxOutstandingR2T=16")) {
            byte[] bytes = payload(262_144, 2);
            windows.sends(windows.write10(1, 0, 512).with(part(bytes, 0, 65_536)));
            for (int i = 2; i < 10; i++) {
                byte[] small = payload(512, i);
                windows.sends(
                        i % 2 == 0
                                ? windows.write10(i, 1000 + i, 1).with(small)
                                : windows.read10(i, 2000 + i, 1));
            }
            Pdu r2t = expectR2t(windows, 1, 0, 65_536, 196_608);
            for (int i = 2; i < 10; i++) {
                Pdu answer = windows.receives(i % 2 == 0 ? 0x21 : 0x25);
                assertEquals(i, answer.itt());
            }
            int ttt = r2t.u32(20);
            for (int i = 0; i < 3; i++) {
                int offset = 65_536 * (i + 1);
                windows.sends(dataOut(1, ttt, i, offset, i == 2, part(bytes, offset, 65_536)));
            }
            expectStatus(windows, 1, GOOD);
            assertDisk(0, bytes);
            assertDisk(1002, payload(512, 2));
        }
    }

    @Test
    void burstsAreAskedForOneByOne() {
        try (var initiator = conversation.session("MaxBurstLength=1024", "ImmediateData=No")) {
            byte[] bytes = payload(2560, 3);
            initiator.sends(initiator.write10(1, 4, 5));
            int[] lengths = {1024, 1024, 512};
            for (int i = 0, offset = 0; i < 3; offset += lengths[i++]) {
                Pdu r2t = expectR2t(initiator, 1, i, offset, lengths[i]);
                int half = lengths[i] / 2;
                int ttt = r2t.u32(20);
                initiator.sends(dataOut(1, ttt, 0, offset, false, part(bytes, offset, half)));
                initiator.sends(
                        dataOut(1, ttt, 1, offset + half, true, part(bytes, offset + half, half)));
            }
            Pdu response = expectStatus(initiator, 1, GOOD);
            assertEquals(3, response.u32(36), "ExpDataSN counts R2Ts");
            assertDisk(4, bytes);
        }
    }

    @Test
    void unsolicitedDataFollowsTheCommandUntilTheFBit() {
        try (var initiator = conversation.session("InitialR2T=No", "FirstBurstLength=2048")) {
            byte[] bytes = payload(4096, 4);
            Pdu write = initiator.write10(1, 7, 8).with(part(bytes, 0, 512)).set8(1, 0x21);
            initiator.sends(write);
            initiator.sends(dataOut(1, -1, 0, 512, false, part(bytes, 512, 1024)));
            initiator.sends(dataOut(1, -1, 1, 1536, true, part(bytes, 1536, 512)));
            Pdu r2t = expectR2t(initiator, 1, 0, 2048, 2048);
            initiator.sends(dataOut(1, r2t.u32(20), 0, 2048, true, part(bytes, 2048, 2048)));
            expectStatus(initiator, 1, GOOD);
            assertDisk(7, bytes);
        }
    }

    @Test
    void unsolicitedDataThatWasNotAgreedOnIsRejected() {
        try (var initiator = conversation.session("InitialR2T=Yes")) {
            initiator.sends(initiator.write10(1, 7, 8).set8(1, 0x21));
            assertEquals(4, initiator.receives(0x3F).u8(2), "protocol error");
            initiator.sends(dataOut(1, -1, 0, 0, true, payload(4096, 0)));
            initiator.sync();
            assertDisk(7, conversation.fake.bytes(7 * 512, 512));
        }
    }

    @Test
    void immediateDataThatWasNotAgreedOnFails() {
        try (var initiator = conversation.session("ImmediateData=No")) {
            byte[] before = conversation.fake.bytes(7 * 512, 512);
            initiator.sends(initiator.write10(1, 7, 1).with(payload(512, 5)));
            Pdu response = expectStatus(initiator, 1, CHECK_CONDITION);
            assertEquals(0x0B, response.data[2 + 2], "ABORTED COMMAND");
            assertEquals(0x0C, response.data[2 + 12]);
            assertEquals(0x0C, response.data[2 + 13], "unexpected unsolicited data");
            assertDisk(7, before);
        }
    }

    @Test
    void moreThanFirstBurstLengthFails() {
        try (var initiator = conversation.session("FirstBurstLength=512")) {
            initiator.sends(initiator.write10(1, 7, 2).with(payload(1024, 5)));
            Pdu response = expectStatus(initiator, 1, CHECK_CONDITION);
            assertEquals(0x0D, response.data[2 + 13], "incorrect amount of data");
        }
    }

    /// One field of a Data-Out is wrong. The command fails once its burst is over; the session goes on.
    @ParameterizedTest
    @CsvSource({
        "36, 1", // DataSN
        "36, -1",
        "40, 0", // offset
        "40, 1024",
        "40, -512"
    })
    void wrongDataOutsFailTheCommandAndNothingElse(int field, int value) {
        try (var initiator = conversation.session("ImmediateData=No", "MaxBurstLength=1024")) {
            byte[] before = conversation.fake.bytes(7 * 512, 2048);
            initiator.sends(initiator.write10(1, 7, 4));
            int ttt = initiator.receives(0x31).u32(20);
            initiator.sends(dataOut(1, ttt, 0, 0, true, payload(1024, 0)));
            int second = initiator.receives(0x31).u32(20);
            initiator.sends(
                    dataOut(1, second, 0, 1024, false, payload(512, 6))
                            .set(field, field == 40 && value == 1024 ? 1536 : value));
            initiator.sync(); // nothing is answered before the F bit
            initiator.sends(dataOut(1, second, 1, 1536, true, payload(512, 6)));
            Pdu response = expectStatus(initiator, 1, CHECK_CONDITION);
            assertEquals(0x0D, response.data[2 + 13]);
            assertDisk(7, before);
            initiator.sync();
        }
    }

    @Test
    void burstsThatEndTooEarlyOrTooLateFail() {
        try (var initiator = conversation.session("ImmediateData=No")) {
            initiator.sends(initiator.write10(1, 7, 2));
            int ttt = initiator.receives(0x31).u32(20);
            initiator.sends(dataOut(1, ttt, 0, 0, true, payload(512, 6)));
            expectStatus(initiator, 1, CHECK_CONDITION);
            initiator.sends(initiator.write10(2, 7, 2));
            ttt = initiator.receives(0x31).u32(20);
            initiator.sends(dataOut(2, ttt, 0, 0, true, payload(1536, 6)));
            expectStatus(initiator, 2, CHECK_CONDITION);
            initiator.sync();
        }
    }

    @Test
    void dataThatNobodyAskedForIsRejectedOrDiscarded() {
        try (var initiator = conversation.session("ImmediateData=No")) {
            initiator.sends(dataOut(99, 1, 0, 0, true, payload(512, 6))); // unknown task: discarded
            initiator.sends(initiator.write10(1, 7, 1));
            int ttt = initiator.receives(0x31).u32(20);
            initiator.sends(dataOut(1, ttt + 1, 0, 0, true, payload(512, 6)));
            Pdu reject = initiator.receives(0x3F);
            assertEquals(4, reject.u8(2));
            assertEquals(48, reject.data.length);
            assertEquals(
                    1, java.nio.ByteBuffer.wrap(reject.data).getInt(16), "header of the Data-Out");
            byte[] bytes = payload(512, 7);
            initiator.sends(dataOut(1, ttt, 0, 0, true, bytes));
            expectStatus(initiator, 1, GOOD);
            assertDisk(7, bytes);
        }
    }

    /// The residual matrix of writes: what the initiator announces, what the CDB asks for, what is written.
    @ParameterizedTest
    @CsvSource({
        "512, 1, 0, 0, 512",
        "1024, 1, 2, 512, 512",
        "513, 1, 2, 1, 512",
        "1024, 2, 0, 0, 1024",
        "512, 2, 4, 512, 512",
        "0, 1, 4, 512, 0",
        "512, 0, 2, 512, 0"
    })
    void residualsAreExact(int edtl, int blocks, int flag, int residual, int written) {
        try (var initiator = conversation.session()) {
            byte[] before = conversation.fake.bytes(5 * 512, 1024);
            byte[] bytes = payload(edtl, 8);
            initiator.sends(initiator.command(1, 0xA1, edtl, rw10(0x2A, 5, blocks)).with(bytes));
            Pdu response = expectStatus(initiator, 1, GOOD);
            assertEquals(0x80 | flag, response.flags());
            assertEquals(residual, response.u32(44));
            byte[] expected = before.clone();
            System.arraycopy(bytes, 0, expected, 0, written);
            assertDisk(5, expected);
            assertEquals(
                    edtl == blocks * 512 ? List.of() : List.of((long) edtl),
                    conversation.fake.announced);
        }
    }

    /// A write that cannot work wants no data: what comes with it is swallowed, nothing is asked for.
    @Test
    void aWriteOutOfRangeSwallowsItsDataAndFails() {
        try (var initiator = conversation.session("InitialR2T=No", "FirstBurstLength=4096")) {
            Pdu write = initiator.write10(1, FakeTarget.BLOCKS, 16).with(payload(512, 9));
            initiator.sends(write.set8(1, 0x21));
            initiator.sync();
            initiator.sends(dataOut(1, -1, 0, 512, true, payload(3584, 9)));
            Pdu response = expectStatus(initiator, 1, CHECK_CONDITION);
            assertEquals(0x21, response.data[2 + 12], "LBA out of range");
            assertEquals(0x82, response.flags());
            assertEquals(8192, response.u32(44));
        }
    }

    @Test
    void aCommandThatDoesNotWriteBringsNoData() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.read10(1, 0, 1).with(payload(512, 1)));
            assertEquals(4, initiator.receives(0x3F).u8(2));
            initiator.sync();
        }
    }
}
