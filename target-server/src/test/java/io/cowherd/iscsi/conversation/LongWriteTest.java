package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Goal: long and short data arrive as they were sent, in any order and however TCP cuts them. Method: random writes against
/// a model, sent in random pieces; then every byte is compared.
@ExtendWith(LeakWatch.class)
@Timeout(120)
class LongWriteTest {
    private static final int BLOCK = FakeTarget.BLOCK_BYTES;
    private static final int ROUNDS = 300;
    private static final int FIRST_BURST = 65_536;
    private static final int[] LENGTHS = {1, 8, 63, 64, 65, 127, 128, 129, 300, 512};

    private final Random random = new Random(Long.getLong("cowherd.seed", 7));
    private final Conversation conversation = new Conversation();
    private final byte[] model = conversation.fake.bytes(0, FakeTarget.BLOCKS * BLOCK);

    @AfterEach
    void stop() {
        conversation.close();
    }

    /// Sends bytes in pieces that have nothing to do with PDUs.
    private void inPieces(ScriptedInitiator initiator, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int most = random.nextInt(4) == 0 ? 100 : 100_000;
            int end = Math.min(bytes.length, at + 1 + random.nextInt(most));
            initiator.raw(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"None", "CRC32C"})
    void everyByteArrives(String digest) {
        try (var initiator =
                conversation.session("HeaderDigest=" + digest, "DataDigest=" + digest)) {
            for (int round = 0; round < ROUNDS; round++) {
                int blocks = LENGTHS[random.nextInt(LENGTHS.length)];
                int lba = random.nextInt(FakeTarget.BLOCKS - blocks);
                byte[] data = new byte[blocks * BLOCK];
                random.nextBytes(data);
                write(initiator, round, lba, data);
                System.arraycopy(data, 0, model, lba * BLOCK, data.length);
            }
            assertArrayEquals(model, conversation.fake.bytes(0, model.length));
        }
    }

    private void write(ScriptedInitiator initiator, int itt, int lba, byte[] data) {
        int immediate = Math.min(data.length, FIRST_BURST);
        Pdu command = initiator.write10(itt, lba, data.length / BLOCK);
        inPieces(initiator, initiator.encode(command.with(Arrays.copyOf(data, immediate))));
        if (immediate < data.length) {
            answer(initiator, itt, data);
        }
        assertEquals(0, initiator.receives(0x21).u8(3));
    }

    private void answer(ScriptedInitiator initiator, int itt, byte[] data) {
        Pdu r2t = initiator.receives(0x31);
        int at = r2t.u32(40);
        int end = at + r2t.u32(44);
        assertEquals(data.length, end, "one burst is enough");
        for (int dataSn = 0; at < end; dataSn++) {
            int next = Math.min(end, at + 4 * (1 + random.nextInt(50_000)));
            byte[] part = Arrays.copyOfRange(data, at, next);
            Pdu pdu = dataOut(itt, r2t.u32(20), dataSn, at, next == end, part);
            inPieces(initiator, initiator.encode(pdu));
            at = next;
        }
    }

    @Test
    void aConnectionThatBreaksInTheMiddleChangesNothing() {
        try (var initiator = conversation.session()) {
            byte[] pdu = initiator.encode(initiator.write10(1, 7, 128).with(new byte[FIRST_BURST]));
            initiator.raw(Arrays.copyOf(pdu, pdu.length - 10_000));
            eventually("its data is there", () -> conversation.server.bufferedBytes() > 0);
        }
        eventually("it has ended", () -> conversation.server.connections() == 0);
        assertArrayEquals(model, conversation.fake.bytes(0, model.length));
    }

    @Test
    void aWrongDataDigestOfLongDataEndsTheConnection() {
        try (var initiator = conversation.session("DataDigest=CRC32C")) {
            byte[] data = new byte[FIRST_BURST];
            random.nextBytes(data);
            byte[] pdu = initiator.encode(initiator.write10(1, 7, 128).with(data));
            pdu[50_000] ^= 1;
            initiator.raw(pdu);
            assertEquals(2, initiator.receives(0x3F).u8(2), "data digest error");
            initiator.seesClose();
        }
        assertArrayEquals(model, conversation.fake.bytes(0, model.length));
    }
}
