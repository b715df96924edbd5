package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Digests in all four combinations, and wrong ones. The initiator checks those of the target.
@ExtendWith(LeakWatch.class)
class DigestTest {
    private final Conversation conversation = new Conversation();

    @AfterEach
    void stop() {
        conversation.close();
    }

    private static byte[] payload(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + 3);
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"None, None", "CRC32C, None", "None, CRC32C", "CRC32C, CRC32C"})
    void everythingWorksWithThem(String header, String data) {
        try (var initiator =
                conversation.session(
                        "HeaderDigest=" + header + (header.equals("None") ? "" : ",None"),
                        "DataDigest=" + data,
                        "MaxRecvDataSegmentLength=700",
                        "MaxBurstLength=1024")) {
            byte[] bytes = payload(2048);
            initiator.sends(
                    initiator
                            .write10(1, 3, 4)
                            .with(java.util.Arrays.copyOf(bytes, 1021))); // an odd length
            Pdu r2t = initiator.receives(0x31);
            assertEquals(1021, r2t.u32(40));
            assertEquals(1024, r2t.u32(44));
            initiator.sends(
                    dataOut(
                            1,
                            r2t.u32(20),
                            0,
                            1021,
                            true,
                            java.util.Arrays.copyOfRange(bytes, 1021, 2045)));
            r2t = initiator.receives(0x31);
            initiator.sends(
                    dataOut(
                            1,
                            r2t.u32(20),
                            0,
                            2045,
                            true,
                            java.util.Arrays.copyOfRange(bytes, 2045, 2048)));
            assertEquals(0, initiator.receives(0x21).u8(3));
            assertArrayEquals(bytes, conversation.fake.bytes(3 * 512, 2048));

            initiator.sends(initiator.read10(2, 3, 4));
            int offset = 0;
            byte[] read = new byte[2048];
            while (offset < 2048) {
                Pdu part = initiator.receives(0x25);
                System.arraycopy(part.data, 0, read, offset, part.data.length);
                offset += part.data.length;
            }
            assertArrayEquals(bytes, read);
            initiator.sends(
                    initiator.command(3, 0xC1, 37, 0x12, 0, 0, 0, 37, 0)); // odd, with padding
            assertEquals(36, initiator.receives(0x25).data.length);
            initiator.sends(initiator.read10(4, FakeTarget.BLOCKS, 1));
            assertEquals(20, initiator.receives(0x21).data.length, "sense");
            initiator.sends(initiator.nopOut(payload(5)));
            assertArrayEquals(payload(5), initiator.receives(0x20).data);
        }
    }

    @Test
    void aWrongHeaderDigestEndsTheConnection() {
        try (var initiator = conversation.session("HeaderDigest=CRC32C");
                var other = conversation.initiator()) {
            other.logsInAs("iqn.other:x", Conversation.TARGET);
            byte[] bytes = initiator.encode(initiator.testUnitReady());
            bytes[48] ^= 1;
            initiator.raw(bytes);
            initiator.seesClose();
            other.sync();
        }
    }

    @Test
    void aWrongDataDigestIsRejectedAndEndsTheConnection() {
        try (var initiator = conversation.session("DataDigest=CRC32C")) {
            byte[] before = conversation.fake.bytes(512, 512);
            byte[] bytes = initiator.encode(initiator.write10(1, 1, 1).with(payload(512)));
            bytes[100] ^= 1;
            initiator.raw(bytes);
            assertEquals(2, initiator.receives(0x3F).u8(2), "data digest error");
            initiator.seesClose();
            assertArrayEquals(before, conversation.fake.bytes(512, 512));
        }
    }
}
