package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.target.TestHost;
import io.cowherd.scsi.target.TestTarget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: strangers and broken nodes are closed, hold no memory, and disturb nobody. Method: bytes at the listener's socket.
@Timeout(60)
final class HostilePeerTest {
    private TwoNodes nodes;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(MemoryDevice.numbered(1 << 20, 1000));
    }

    /// Goal: the others are served, and nothing is left.
    @AfterEach
    void stop() throws Exception {
        TestHost far = nodes.forwarded("iqn.honest");
        far.send("28 00 00 00 00 40 00 00 08 00").good();
        far.close();
        while (nodes.budget.usedBytes() > 0 || !nodes.owner.device.nexuses().isEmpty()) {
            Thread.onSpinWait();
        }
        nodes.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(nodes.cable.address());
        return socket;
    }

    private static void send(Socket socket, int tag, Message message) throws IOException {
        ByteBuf frame = Frame.encode(UnpooledByteBufAllocator.DEFAULT, tag, message);
        byte[] bytes = ByteBufUtil.getBytes(frame);
        frame.release();
        socket.getOutputStream().write(bytes);
    }

    private static Message receive(Socket socket) throws Exception {
        while (true) {
            var in = new DataInputStream(socket.getInputStream());
            byte[] bytes = new byte[in.readInt()];
            in.readFully(bytes);
            ByteBuf frame = Unpooled.wrappedBuffer(bytes);
            Frame.check(frame);
            Message message = Frame.decode(frame);
            if (!(message instanceof Message.KeepAlive)) {
                return message;
            }
        }
    }

    /// A node of ours, with an open nexus.
    private Socket member() throws Exception {
        Socket socket = connect();
        var handshake =
                new Handshake(ClusterSecret.Role.CALLER, TwoNodes.SECRET, new SecureRandom());
        send(socket, 0, handshake.hello());
        Message proof = handshake.received(receive(socket));
        send(socket, 0, java.util.Objects.requireNonNull(proof));
        handshake.received(receive(socket));
        send(
                socket,
                0,
                new Message.Open(
                        TestTarget.NAME, "iqn.bad,i,0x1", TwoNodes.FORWARDED, 0, false, null));
        assertEquals(Message.Opened.class, receive(socket).getClass());
        return socket;
    }

    private static void assertClosed(Socket socket) throws IOException {
        try {
            while (socket.getInputStream().read() >= 0) {}
        } catch (IOException _) {
            // reset: closed as well
        }
        socket.close();
    }

    @Test
    void strangersAreClosed() throws Exception {
        long seed = Long.getLong("cowherd.seed", 11);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            byte[] bytes = new byte[1 + random.nextInt(300)];
            random.nextBytes(bytes);
            if (random.nextBoolean()) {
                ByteBuffer.wrap(bytes).put(0, (byte) 0); // a length that could be
            }
            try (Socket socket = connect()) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                assertClosed(socket);
            }
        }
    }

    @Test
    void whoDoesNotKnowTheSecretOpensNothing() throws Exception {
        Socket socket = connect();
        ClusterSecret wrong = new ClusterSecret(new byte[ClusterSecret.MIN_BYTES]);
        var handshake = new Handshake(ClusterSecret.Role.CALLER, wrong, new SecureRandom());
        send(socket, 0, handshake.hello());
        Message proof = handshake.received(receive(socket));
        send(socket, 0, java.util.Objects.requireNonNull(proof));
        assertClosed(socket);
    }

    @Test
    void anOwnerThatDoesNotKnowTheSecretIsNotBelieved() throws Exception {
        var handshake =
                new Handshake(ClusterSecret.Role.CALLER, TwoNodes.SECRET, new SecureRandom());
        Message.Hello hello = (Message.Hello) handshake.hello();
        Message.Proof mine =
                (Message.Proof)
                        java.util.Objects.requireNonNull(
                                handshake.received(new Message.Hello(1, hello.nonce())));
        assertThrows(PeerFailure.class, () -> handshake.received(mine), "its own, sent back");
        var newer = new Handshake(ClusterSecret.Role.CALLER, TwoNodes.SECRET, new SecureRandom());
        assertThrows(PeerFailure.class, () -> newer.received(new Message.Hello(2, hello.nonce())));
        assertNotEquals(
                TwoNodes.SECRET.proof(ClusterSecret.Role.OWNER, hello.nonce(), hello.nonce()),
                mine.code());
    }

    @Test
    void anOpeningBeforeTheProofIsRefused() throws Exception {
        Socket socket = connect();
        send(socket, 0, new Message.Hello(1, new Bytes32(1, 2, 3, 4)));
        send(
                socket,
                0,
                new Message.Open(TestTarget.NAME, "iqn.bad", TwoNodes.FORWARDED, 0, false, null));
        assertClosed(socket);
    }

    @Test
    void moreCommandsThanAgreedEndTheConnection() throws Exception {
        Socket socket = member();
        for (int tag = 0; tag <= ClusterNexus.MAX_TASKS; tag++) {
            send(socket, tag, new Message.Begin(0, 0, 0, TaskAttribute.SIMPLE));
        }
        assertClosed(socket);
    }

    @Test
    void moreDataThanAnnouncedEndsTheConnection() throws Exception {
        Socket socket = member();
        send(
                socket,
                1,
                new Message.Begin(0, 0x2A00000000000000L, 0x01L << 56, TaskAttribute.SIMPLE));
        send(socket, 1, new Message.Execute(-1, 512, 0, 512, 0));
        ByteBuf data =
                Frame.encodeData(UnpooledByteBufAllocator.DEFAULT, 1, ByteBuffer.allocate(513));
        socket.getOutputStream().write(ByteBufUtil.getBytes(data));
        data.release();
        assertClosed(socket);
    }

    /// Goal: a caller that has told its host less than the owner wants does not get a write of nothing answered GOOD.
    @Test
    void lessThanTheOwnerWantsIsNotExecuted() throws Exception {
        try (Socket socket = member()) {
            Message.Status answer = execute(socket, 1, 0, new Message.Execute(-1, 0, 0, 0, 0));
            assertEquals(2, answer.status(), "a unit attention");
            long write = 0x2AL << 56;
            answer = execute(socket, 2, write, new Message.Execute(-1, 0, 0, 0, 0));
            assertEquals(ForwardedTask.BUSY, answer.status());
            long read = 0x28L << 56;
            answer = execute(socket, 3, read, new Message.Execute(-1, 0, 0, 0, 0));
            assertEquals(ForwardedTask.BUSY, answer.status());
        }
    }

    /// Has a command on one block executed.
    private static Message.Status execute(
            Socket socket, int tag, long cdbHead, Message.Execute execute) throws Exception {
        send(socket, tag, new Message.Begin(0, cdbHead, 1L << 56, TaskAttribute.SIMPLE));
        send(socket, tag, execute);
        while (true) {
            if (receive(socket) instanceof Message.Status status) {
                return status;
            }
        }
    }

    /// Goal: a broken member, which has the secret, hurts only its own nexus.
    @Test
    void membersMaySayAnything() throws Exception {
        long seed = Long.getLong("cowherd.seed", 12);
        Random random = new Random(seed);
        List<Message> vocabulary =
                List.of(
                        new Message.Begin(0, 0x28L << 56, 8L << 56, TaskAttribute.SIMPLE),
                        new Message.Begin(0, 0x2AL << 56, 8L << 56, TaskAttribute.ORDERED),
                        new Message.Execute(-1, 4096, 4096, 4096, 4096),
                        new Message.Execute(4096, 4096, 0, 0, 0),
                        new Message.Execute(-1, 1 << 30, 1 << 30, 1 << 30, 1 << 30),
                        new Message.Abort(),
                        new Message.Close(),
                        new Message.Manage(io.cowherd.scsi.TaskManagement.ABORT_TASK_SET, 0),
                        new Message.Show(null, io.cowherd.config.access.LunRights.ALL),
                        new Message.Gone(77));
        for (int i = 0; i < 40; i++) {
            try (Socket socket = member()) {
                for (int step = random.nextInt(30); step >= 0; step--) {
                    Message message = vocabulary.get(random.nextInt(vocabulary.size()));
                    send(socket, random.nextInt(4), message);
                }
            } catch (IOException _) {
                // closed by the listener
            }
        }
    }
}
