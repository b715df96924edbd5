package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The second reader of [Frame]'s bytes.
final class FrameLayoutTest {
    private static final UnpooledByteBufAllocator UNPOOLED = UnpooledByteBufAllocator.DEFAULT;
    private static final Message.Show SHOW =
            new Message.Show(
                    new Host("iqn.a", "192.0.2.1", "bob"),
                    new LunRights(LunSet.parse("0,2"), LunRights.Access.READ_ONLY));

    private static final List<Message> MESSAGES =
            List.of(
                    new Message.Hello(1, new Bytes32(1, 2, 3, 4)),
                    new Message.Proof(new Bytes32(5, 6, 7, 8)),
                    new Message.Open("iqn.t", "iqn.a,i,0x1", 0x102, 7, true, SHOW),
                    new Message.Open("iqn.t", "iqn.a,i,0x1", 1, 0, false, null),
                    new Message.Opened(9, new LunFacts(1 << 20, Map.of(3, 4096))),
                    new Message.Refused(Message.Reason.NOT_UNDERSTOOD),
                    new Message.Facts(new LunFacts(1 << 20, Map.of(3, 4096))),
                    new Message.Begin(1L << 48, 0x28L << 56, 5, TaskAttribute.ORDERED),
                    new Message.Execute(-1, 1024, 2048, 1000, 2000),
                    new Message.Abort(),
                    new Message.Status(
                            (byte) 2,
                            Message.Ending.ABORTED_BY_OTHERS,
                            10,
                            9,
                            ByteBuffer.wrap(new byte[] {0x70, 0, 6})),
                    new Message.NotBegun(),
                    new Message.Manage(TaskManagement.LOGICAL_UNIT_RESET, 1L << 48),
                    new Message.Managed(TaskManagement.Response.REJECTED),
                    SHOW,
                    new Message.Show(null, LunRights.ALL),
                    new Message.Attention(),
                    new Message.Close(),
                    new Message.Gone(77),
                    new Message.KeepAlive());

    @Test
    void bytesAreAsDocumented() {
        assertBytes(
                0,
                new Message.Hello(1, new Bytes32(1, 2, 3, 4)),
                """
                00 000000 00000000 4348 4657 0001 0000
                0000000000000001 0000000000000002 0000000000000003 0000000000000004\
                """);
        assertBytes(
                0,
                new Message.Open("iqn.t", "iqn.a", 0x102, 7, true, SHOW),
                """
                02 000000 00000000 0000000000000007 0102 01 0005 69716E2E74 0005 69716E2E61
                01 01 0003 302C32 01 0005 69716E2E61 0009 3139322E302E322E31 01 0003 626F62\
                """);
        assertBytes(
                0,
                new Message.Opened(9, new LunFacts(1 << 20, Map.of(3, 4096))),
                "03 000000 00000000 0000000000000009 00100000 0001 0003 0C");
        assertBytes(
                5,
                new Message.Begin(1L << 48, 0x28L << 56, 5, TaskAttribute.ORDERED),
                "06 000000 00000005 0001000000000000 2800000000000000 0000000000000005 02");
        assertBytes(
                6,
                new Message.Execute(-1, 1024, 2048, 1000, 2000),
                "07 000000 00000006 FFFFFFFFFFFFFFFF 00000400 00000800 000003E8 000007D0");
        assertBytes(
                7,
                new Message.Status(
                        (byte) 2,
                        Message.Ending.ABORTED,
                        10,
                        9,
                        ByteBuffer.wrap(new byte[] {0x70, 0, 6})),
                "0A 000000 00000007 02 01 0000000A 00000009 700006");
        assertBytes(
                8,
                new Message.Manage(TaskManagement.LOGICAL_UNIT_RESET, 1L << 48),
                "0C 000000 00000008 02 0001000000000000");
        assertBytes(0, new Message.KeepAlive(), "12 000000 00000000");
    }

    private static void assertBytes(int tag, Message message, String hex) {
        ByteBuf frame = Frame.encode(UNPOOLED, tag, message);
        assertEquals(frame.readableBytes() - 4, frame.getInt(0));
        String found = ByteBufUtil.hexDump(frame, 8, frame.readableBytes() - 8);
        assertEquals(hex.replaceAll("\\s", "").toLowerCase(java.util.Locale.ROOT), found);
        frame.release();
    }

    @Test
    void dataFollowsTheHeader() throws PeerFailure {
        ByteBuf frame = Frame.encodeData(UNPOOLED, 3, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        frame.skipBytes(4);
        assertEquals(3, Frame.check(frame));
        assertEquals(new Message.Data(), Frame.decode(frame));
        assertEquals("010203", ByteBufUtil.hexDump(frame));
        frame.release();
    }

    @Test
    void everyMessageComesBack() throws PeerFailure {
        for (Message message : MESSAGES) {
            ByteBuf frame = Frame.encode(UNPOOLED, 42, message);
            frame.skipBytes(4);
            assertEquals(42, Frame.check(frame));
            assertEquals(message, Frame.decode(frame));
            frame.release();
        }
    }

    @Test
    void aFlippedBitIsSeen() {
        for (Message message : MESSAGES) {
            ByteBuf frame = Frame.encode(UNPOOLED, 42, message);
            for (int bit = 32; bit < frame.readableBytes() * 8; bit++) {
                ByteBuf bad = frame.copy().skipBytes(4);
                bad.setByte(bit / 8, bad.getByte(bit / 8) ^ 1 << bit % 8);
                assertThrows(PeerFailure.class, () -> Frame.check(bad));
                bad.release();
            }
            frame.release();
        }
    }

    /// Goal: whatever a broken peer says with a right CRC is a message, or a refusal by name. Method: bodies that are cut
    /// short, or changed at random.
    @Test
    void whateverElseIsRefusedByName() {
        long seed = Long.getLong("cowherd.seed", 5);
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            Message message = MESSAGES.get(random.nextInt(MESSAGES.size()));
            ByteBuf frame = Frame.encode(UNPOOLED, 42, message).skipBytes(8);
            byte[] body = ByteBufUtil.getBytes(frame);
            frame.release();
            for (int change = random.nextInt(3); change >= 0; change--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            int length = random.nextBoolean() ? body.length : 8 + random.nextInt(body.length - 7);
            ByteBuf bad = Unpooled.wrappedBuffer(body, 0, length);
            try {
                Frame.decode(bad);
            } catch (PeerFailure e) {
                assertEquals(false, e.getMessage() == null, "seed " + seed);
            }
        }
    }
}
