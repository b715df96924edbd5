package io.cowherd.forward;

import io.cowherd.iscsi.wire.BufferBudget;
import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.scsi.target.TestHost;
import io.cowherd.scsi.target.TestTarget;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/// An owner with a real target, and another node that its hosts talk to, with a cable between them.
final class TwoNodes implements AutoCloseable {
    /// The owner's own portal, and the other node's.
    static final int DIRECT = 1;

    static final int FORWARDED = 0x102;

    static final long BUFFERED_BYTES = 64 << 20;
    static final ClusterSecret SECRET =
            new ClusterSecret("only nodes know this".getBytes(StandardCharsets.US_ASCII));

    /// Impatient, so that nobody waits; but commands wait long for an owner.
    static final ForwardSettings SETTINGS =
            new ForwardSettings(SECRET, null, 16 << 20, 100, 50, 1_000, 5_000, 5, 20_000, 20_000);

    final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    final ForwardTransport transport =
            new ForwardTransport(loops, NioSocketChannel::new, NioServerSocketChannel::new);
    final BufferBudget budget = new BufferBudget(BUFFERED_BYTES);
    final TestTarget owner;
    final ForwardListener listener;
    final Relay cable;
    final ClusterTarget forwarded;
    volatile OwnerLookup.Answer answer;
    volatile boolean isOwner = true;
    volatile long epoch = 1;

    TwoNodes(BlockDevice lun0) throws Exception {
        this(lun0, SETTINGS, SETTINGS);
    }

    TwoNodes(BlockDevice lun0, ForwardSettings owners, ForwardSettings callers) throws Exception {
        owner = TestTarget.of(lun0);
        listener =
                new ForwardListener(
                        owners,
                        transport,
                        name ->
                                isOwner && name.equals(TestTarget.NAME)
                                        ? here()
                                        : new OwnerLookup.Moving(),
                        budget,
                        BUFFERED_BYTES);
        InetSocketAddress bound =
                listener.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .toCompletableFuture()
                        .get();
        cable = new Relay(bound);
        answer = new OwnerLookup.Remote(cable.address(), 1);
        forwarded = new ClusterTarget(TestTarget.NAME, _ -> answer, callers, transport);
    }

    private OwnerLookup.Here here() {
        return new OwnerLookup.Here(owner.device, epoch, owner.device::blockSizes);
    }

    /// A status that has a host try again: BUSY, 2/04/0A, or a unit attention.
    static boolean asksForAnotherTry(TestHost.Answer answer) {
        boolean isUnitAttention = answer.sense().startsWith("6/");
        return answer.status() == 0x08 || answer.sense().equals("2/04/0A") || isUnitAttention;
    }

    /// Sends a command as a host does: again, for as long as it is asked to.
    static TestHost.Answer insist(TestHost host, String cdb, byte[] out) {
        while (true) {
            TestHost.Answer answer = host.send(cdb, out);
            if (!asksForAnotherTry(answer)) {
                return answer;
            }
        }
    }

    /// A host that talks to the owner.
    TestHost direct(String name) {
        return TestHost.ready(owner.device, name, DIRECT);
    }

    /// A host that talks to the other node.
    TestHost forwarded(String name) {
        return TestHost.ready(forwarded, name, FORWARDED);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cable.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        owner.close();
    }
}
