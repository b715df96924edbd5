package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Data-In: split, numbered, bounded, with the status where it belongs and residuals to the byte.
@ExtendWith(LeakWatch.class)
class ReadTest {
    private static final int FINAL = 0x80;
    private static final int OVERFLOW = 0x04;
    private static final int UNDERFLOW = 0x02;
    private static final int STATUS = 0x01;

    private final Conversation conversation = new Conversation();

    @AfterEach
    void stop() {
        conversation.close();
    }

    @Test
    void aSmallReadIsOnePduWithItsStatus() {
        try (var initiator = conversation.session()) {
            Pdu read = initiator.read10(0x77, 3, 8);
            initiator.sends(read);
            Pdu data = initiator.receives(0x25);
            assertEquals(FINAL | STATUS, data.flags());
            assertEquals(0, data.u8(3), "GOOD");
            assertEquals(0x77, data.itt());
            assertEquals(-1, data.u32(20), "TTT");
            assertEquals(0, data.u32(36), "DataSN");
            assertEquals(0, data.u32(40), "offset");
            assertEquals(0, data.u32(44), "residual");
            assertEquals(2, data.expCmdSn());
            assertEquals(129, data.maxCmdSn(), "the slot is free again");
            assertArrayEquals(conversation.fake.bytes(3 * 512, 8 * 512), data.data);
        }
    }

    /// 9 blocks with PDUs of 1000 bytes and bursts of 2048: 1000, 1000, 48 F, 1000, 1000, 48 F, 512 F S.
    @Test
    void aLongReadIsSplitAtTheInitiatorsLengthAndAtBursts() {
        try (var initiator =
                conversation.session("MaxRecvDataSegmentLength=1000", "MaxBurstLength=2048")) {
            initiator.sends(initiator.read10(1, 0, 9));
            int[] lengths = {1000, 1000, 48, 1000, 1000, 48, 512};
            int[] flags = {0, 0, FINAL, 0, 0, FINAL, FINAL | STATUS};
            byte[] all = new byte[9 * 512];
            int offset = 0;
            for (int i = 0; i < lengths.length; i++) {
                Pdu data = initiator.receives(0x25);
                assertEquals(lengths[i], data.data.length);
                assertEquals(flags[i], data.flags());
                assertEquals(i, data.u32(36), "DataSN");
                assertEquals(offset, data.u32(40), "offset");
                System.arraycopy(data.data, 0, all, offset, data.data.length);
                offset += data.data.length;
            }
            assertArrayEquals(conversation.fake.bytes(0, all.length), all);
        }
    }

    /// The residual matrix of reads: what the initiator expects, what the CDB asks for.
    @ParameterizedTest
    @CsvSource({
        "512, 1, 0, 0",
        "1024, 1, 2, 512",
        "513, 1, 2, 1",
        "511, 1, 4, 1",
        "256, 2, 4, 768",
        "1, 1, 4, 511",
        "0, 1, 4, 512",
        "0, 0, 0, 0",
        "512, 0, 2, 512",
        "-1, 1, 2, -513" // 4 GiB - 1 expected
    })
    void residualsAreExact(int edtl, int blocks, int flag, int residual) {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, edtl, rw10(0x28, 5, blocks)));
            int sent = (int) Math.min(Integer.toUnsignedLong(edtl), blocks * 512L);
            Pdu last = initiator.receives();
            if (sent > 0) {
                assertEquals(0x25, last.opcode());
                assertEquals(FINAL | STATUS | flag, last.flags());
                assertArrayEquals(conversation.fake.bytes(5 * 512, sent), last.data);
            } else {
                assertEquals(0x21, last.opcode());
                assertEquals(FINAL | flag, last.flags());
                assertEquals(0, last.data.length);
            }
            assertEquals(0, last.u8(3), "GOOD");
            assertEquals(residual, last.u32(44));
            initiator.sync();
        }
    }

    @Test
    void dataThatIsShorterThanItsAllocationLengthUnderflows() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 255, 0x12, 0, 0, 0, 255, 0));
            Pdu data = initiator.receives(0x25);
            assertEquals(FINAL | STATUS | UNDERFLOW, data.flags());
            assertEquals(255 - FakeTarget.INQUIRY_BYTES, data.u32(44));
            assertEquals(FakeTarget.INQUIRY_BYTES, data.data.length);
        }
    }

    @Test
    void aFailedReadSendsSenseAndNothingElse() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.read10(1, FakeTarget.BLOCKS, 1));
            Pdu response = initiator.receives(0x21);
            assertEquals(FINAL | UNDERFLOW, response.flags());
            assertEquals(0, response.u8(2), "completed at target");
            assertEquals(2, response.u8(3), "CHECK CONDITION");
            assertEquals(512, response.u32(44), "nothing was transferred");
            assertEquals(20, response.data.length, "length, sense");
            assertEquals(18, response.data[1]);
            assertEquals(5, response.data[2 + 2]);
            assertEquals(0x21, response.data[2 + 12]);
        }
    }

    /// A TEST UNIT READY with the R bit, as ESXi sends it; a READ without; a WRITE's flag on a READ; both flags.
    @Test
    void directionsThatDoNotMatchAreResiduals() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 0, 0x00));
            assertEquals(FINAL, initiator.receives(0x21).flags());

            initiator.sends(initiator.command(2, 0x81, 512, rw10(0x28, 0, 1)));
            Pdu none = initiator.receives(0x21);
            assertEquals(FINAL | OVERFLOW, none.flags(), "no direction: all of it overflows");
            assertEquals(512, none.u32(44));

            initiator.sends(initiator.command(3, 0xA1, 512, rw10(0x28, 0, 1)));
            Pdu write = initiator.receives(0x21);
            assertEquals(FINAL | UNDERFLOW, write.flags(), "nothing was written");
            assertEquals(512, write.u32(44));

            initiator.sends(initiator.command(4, 0xE1, 512, rw10(0x28, 0, 1)));
            Pdu both = initiator.receives(0x21);
            assertEquals(
                    FINAL | 0x10 | UNDERFLOW, both.flags(), "o: no room to read; U: not written");
            assertEquals(512, both.u32(40));
            assertEquals(512, both.u32(44));
            initiator.sync();
        }
    }

    /// Both flags and an AHS that says how much is read: the data comes, the status in a response of its own.
    @Test
    void aBidirectionalCommandReadsWhatItsAhsSays() {
        try (var initiator = conversation.session()) {
            Pdu command = initiator.command(4, 0xE1, 0, rw10(0x28, 0, 1));
            command.bhs.put(4, (byte) 2);
            initiator.raw(initiator.encode(command));
            initiator.raw(new byte[] {0, 5, 2, 0, 0, 0, 1, 0}); // 256 bytes
            Pdu data = initiator.receives(0x25);
            assertEquals(FINAL, data.flags(), "no S");
            assertArrayEquals(conversation.fake.bytes(0, 256), data.data);
            Pdu response = initiator.receives(0x21);
            assertEquals(FINAL | 0x10, response.flags());
            assertEquals(1, response.u32(36), "ExpDataSN");
            assertEquals(256, response.u32(40));
            initiator.sync();
        }
    }

    @Test
    void whatCompletesLaterOvertakesNothingOfItsOwn() {
        try (var initiator = conversation.session()) {
            int count = 40;
            for (int i = 0; i < count; i++) {
                int opcode = i % 2 == 0 ? FakeTarget.LATER_READ : 0x28;
                initiator.sends(initiator.command(i, 0xC1, 512, rw10(opcode, i, 1)));
            }
            var seen = new java.util.BitSet();
            for (int i = 0; i < count; i++) {
                Pdu data = initiator.receives(0x25);
                assertArrayEquals(conversation.fake.bytes(data.itt() * 512, 512), data.data);
                seen.set(data.itt());
            }
            assertEquals(count, seen.cardinality());
        }
    }

    @Test
    void theInitiatorMayChangeItsLengthLater() {
        try (var initiator = conversation.session("MaxRecvDataSegmentLength=8192")) {
            initiator.sends(initiator.textRequest("MaxRecvDataSegmentLength=512"));
            assertEquals("", initiator.receives(0x24).text());
            initiator.sends(initiator.read10(1, 0, 2));
            assertEquals(512, initiator.receives(0x25).data.length);
            assertEquals(FINAL | STATUS, initiator.receives(0x25).flags());
        }
    }

    @Test
    void countsAreForManagement() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.read10(1, 0, 2));
            initiator.receives(0x25);
            initiator.sends(initiator.write10(2, 0, 1).with(conversation.fake.bytes(0, 512)));
            initiator.receives(0x21);
            var info = conversation.server.sessions().getFirst();
            assertEquals(2, info.commands());
            assertEquals(1024, info.bytesRead());
            assertEquals(512, info.bytesWritten());
        }
    }
}
