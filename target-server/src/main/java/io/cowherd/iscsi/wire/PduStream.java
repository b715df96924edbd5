package io.cowherd.iscsi.wire;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.pdu.ConnectionFailed;
import io.netty.buffer.ByteBuf;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One TCP connection as a stream of PDUs, both ways: [PduFramer] cuts what comes in, [PduWriter] batches what goes out.
///
/// **Reading stops** while more than `Limits.unsentBytes` wait to be sent, or while the receiver holds the stream; what
/// has been read by then waits here, at most what one turn of the event loop reads.
///
/// **Threading.** *Confined to the connection's event loop*, which [#check()] asserts.
public final class PduStream extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PduStream.class);

    /// Most bytes of one read of the socket; buffers grow towards it while reads fill them. With Netty's 64 KiB, writes of
    /// 64 KiB took 1.4 times the CPU.
    private static final int MOST_READ_BYTES = 256 << 10;

    private static final int LEAST_READ_BYTES = 64;
    private static final int FIRST_READ_BYTES = 2048;

    // Immutable
    private final int unsentBytes;
    private final BufferBudget budget;

    // Owned by the event loop
    private final ArrayDeque<ByteBuf> backlog = new ArrayDeque<>();
    private final PduFramer framer;
    private @Nullable PduReceiver receiver;
    private @Nullable ChannelHandlerContext context;
    private @Nullable PduWriter writer;
    private boolean isHeld;
    private boolean isConsuming;
    private boolean isClosed;

    /// A stream that belongs to no channel yet: add it to a pipeline.
    ///
    /// @param unsentBytes bytes that may wait to be sent before reading stops
    /// @param budget that data segments of this connection draw on
    public PduStream(int unsentBytes, BufferBudget budget) {
        this.unsentBytes = unsentBytes;
        this.budget = budget;
        this.framer = new PduFramer();
    }

    /// Says who listens; before the stream is added to a pipeline.
    public void receiver(PduReceiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        writer = new PduWriter(ctx, budget);
        ctx.channel()
                .config()
                .setRecvByteBufAllocator(
                        new AdaptiveRecvByteBufAllocator(
                                LEAST_READ_BYTES, FIRST_READ_BYTES, MOST_READ_BYTES))
                .setWriteBufferWaterMark(new WriteBufferWaterMark(unsentBytes / 2, unsentBytes));
    }

    // What the receiver may ask

    /// Header of the PDU at hand, with its AHS; borrowed until the next PDU, the same object for all PDUs.
    public ByteBuffer received() {
        return framer.header();
    }

    /// Bound for data segments of received PDUs; a longer one ends the connection.
    public void maxDataSegmentBytes(int bytes) {
        framer.maxDataSegmentBytes(bytes);
    }

    /// Switches digests on, both ways, from the next PDU on.
    public void digests(boolean header, boolean data) {
        framer.digests(header, data);
        writer().digests(header, data);
    }

    /// Sends and allocates for this connection.
    public PduWriter writer() {
        if (writer == null) {
            throw new AssertionError("The stream is in no pipeline.");
        }
        return writer;
    }

    /// Runs work on the event loop.
    public Executor loop() {
        return channelContext().executor();
    }

    /// True if the calling thread is the event loop.
    public boolean isOnLoop() {
        return channelContext().executor().inEventLoop();
    }

    /// Asserts that the calling thread is the event loop. Always on.
    public void check() {
        if (!isOnLoop()) {
            throw new AssertionError(
                    Thread.currentThread() + " is not the event loop of " + remoteAddress());
        }
    }

    /// Address and port of the initiator; null if the connection was gone before anybody asked.
    public @Nullable InetSocketAddress peer() {
        return (InetSocketAddress) channel().remoteAddress();
    }

    /// Address of the initiator, for people.
    public String remoteAddress() {
        return channel().remoteAddress() instanceof InetSocketAddress address
                ? new HostPort(address.getAddress().getHostAddress(), address.getPort()).toString()
                : String.valueOf(channel().remoteAddress());
    }

    /// The address that the initiator connected to.
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) channel().localAddress();
    }

    /// Takes in no more PDUs until [#resume()].
    public void hold() {
        check();
        isHeld = true;
        updateReading();
    }

    /// Goes on after [#hold()].
    public void resume() {
        check();
        isHeld = false;
        updateReading();
    }

    /// Bytes that wait to be sent, with what the queue itself costs.
    public long unsentBytes() {
        ChannelOutboundBuffer queue = channel().unsafe().outboundBuffer();
        return queue == null ? 0 : queue.totalPendingWriteBytes();
    }

    /// Ends the connection over a mistake of ours.
    public void bug(Throwable bug) {
        exceptionCaught(channelContext(), bug);
    }

    /// Closes at once; what is queued is dropped.
    public void closeNow() {
        check();
        isClosed = true;
        ChannelFuture _ = channelContext().close(); // not the channel's: Vert.x would flush first
    }

    /// Sends what is queued, then closes; PDUs that still come in are not looked at. An initiator that does not read
    /// keeps this from ending: see [#closeNow()].
    public void closeAfterFlush() {
        check();
        isClosed = true;
        writer().close();
    }

    // What the channel tells

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        backlog.add((ByteBuf) message);
        writer().beginBatch();
        try {
            drain();
        } finally {
            writer().endBatch();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        // Each read was answered at its end, and Vert.x behind us has seen no byte.
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        updateReading();
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof java.io.IOException)) {
            LOG.error("{}: internal error, the connection is closed", remoteAddress(), cause);
        }
        isClosed = true;
        listener().failed(new ConnectionFailed("connection broke: " + cause));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        isClosed = true;
        discardBacklog();
        listener().closed();
        ctx.fireChannelInactive();
    }

    private void updateReading() {
        boolean reads = !isHeld && channel().isWritable();
        channel().config().setAutoRead(reads);
        if (reads && !backlog.isEmpty() && !isConsuming) {
            channelContext()
                    .executor()
                    .execute(this::drainLater); // not here: we may be deep inside a flush
        }
    }

    private void drainLater() {
        writer().beginBatch();
        try {
            drain();
        } catch (RuntimeException | AssertionError bug) { // Netty does this for channelRead
            exceptionCaught(channelContext(), bug);
        } finally {
            writer().endBatch();
        }
    }

    private void drain() {
        if (isConsuming) {
            return;
        }
        isConsuming = true;
        try {
            while (!backlog.isEmpty() && mayConsume()) {
                ByteBuf in = backlog.element();
                while (in.isReadable() && mayConsume()) {
                    isClosed |= !framer.step(in, listener());
                }
                if (!in.isReadable()) {
                    backlog.remove().release();
                }
            }
        } finally {
            isConsuming = false;
            if (isClosed) {
                discardBacklog();
            }
        }
    }

    private boolean mayConsume() {
        return !isClosed && !isHeld && channel().isWritable();
    }

    private void discardBacklog() {
        if (!isConsuming) {
            backlog.forEach(ByteBuf::release);
            backlog.clear();
        }
    }

    private PduReceiver listener() {
        if (receiver == null) {
            throw new AssertionError("Nobody listens to the stream.");
        }
        return receiver;
    }

    private ChannelHandlerContext channelContext() {
        if (context == null) {
            throw new AssertionError("The stream is in no pipeline.");
        }
        return context;
    }

    private Channel channel() {
        return channelContext().channel();
    }
}
