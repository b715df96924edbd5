package io.cowherd.forward;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One TCP connection between two nodes: frames in and out, proofs, signs of life. It carries one nexus: so what one host does
/// holds up no other, the end of the connection is the end of the nexus at the owner, and order is TCP's.
///
/// **Threading.** *Confined to the connection's event loop*, but for sending, which belongs to the `home` of the nexus. At the
/// owner that is the same; at the caller it is if that is possible.
abstract class PeerConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(PeerConnection.class);

    /// Bytes that wait for a slow peer: data stops at the higher mark, and goes on at the lower.
    private static final WriteBufferWaterMark UNSENT_BYTES =
            new WriteBufferWaterMark(256 << 10, 512 << 10);

    /// Bytes beyond the mark, of frames that are no data, at which nothing more is begun.
    private static final int MAX_CONGESTION_BYTES = 1 << 20;

    private static final SecureRandom RANDOM = new SecureRandom();

    // Immutable
    final ForwardSettings settings;
    private final ClusterSecret.Role role;
    private final Handshake handshake;
    private final FrameDecoder decoder = new FrameDecoder();

    // Owned by home
    final Outbox outbox = new Outbox(this::hasRoom, this::sendData);
    private boolean flushIsScheduled;

    // Owned by the event loop
    private volatile @Nullable ChannelHandlerContext context;
    private long heardNanos;
    private @Nullable Future<?> keepAlive;

    PeerConnection(ForwardSettings settings, ClusterSecret.Role role) {
        this.settings = settings;
        this.role = role;
        this.handshake = new Handshake(role, settings.secret(), RANDOM);
    }

    /// Puts itself into the pipeline of a new socket.
    final void join(Channel channel, @Nullable SslContext tls) {
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT_BYTES);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        if (tls != null) {
            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
        }
        channel.pipeline().addLast(decoder, this);
    }

    // -- what the two sides do differently --

    /// Runs what belongs to the nexus.
    abstract Executor home();

    /// Both have proved who they are. On the event loop.
    abstract void authenticated();

    /// A message has come, but no KeepAlive. On the event loop.
    ///
    /// @param frame borrowed; what is left in it is data
    abstract void received(int tag, Message message, ByteBuf frame) throws PeerFailure;

    /// The connection is gone. On the event loop, once.
    abstract void gone();

    /// Says in the log why it was closed; strangers can make that happen any number of times.
    abstract void complain(String line);

    // -- in --

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        heardNanos = System.nanoTime();
        int period = settings.keepAliveMillis();
        keepAlive =
                ctx.executor()
                        .scheduleAtFixedRate(
                                this::keepAlive, period, period, TimeUnit.MILLISECONDS);
        var _ =
                ctx.executor()
                        .schedule(
                                this::checkHandshake, settings.openMillis(), TimeUnit.MILLISECONDS);
        if (role == ClusterSecret.Role.CALLER) {
            writeNow(ctx, handshake.hello());
        }
    }

    private void checkHandshake() {
        if (!handshake.isDone()) {
            fail("it has not proved who it is within " + settings.openMillis() + " ms");
        }
    }

    private void keepAlive() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || !ctx.channel().isActive()) {
            return;
        }
        long silentMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heardNanos);
        if (silentMillis > settings.silenceMillis()) {
            fail("it has said nothing for " + silentMillis + " ms");
        } else if (handshake.isDone() && ctx.channel().isWritable()) {
            writeNow(ctx, new Message.KeepAlive());
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object read) {
        ByteBuf frame = (ByteBuf) read;
        try {
            if (!ctx.channel().isActive()) {
                return; // what came behind what it was closed for
            }
            heardNanos = System.nanoTime();
            int tag = Frame.check(frame);
            if (handshake.isDone()) {
                accept(tag, frame);
            } else {
                greet(ctx, Frame.decode(frame));
            }
        } catch (PeerFailure e) {
            fail(e.getMessage());
        } finally {
            ReferenceCountUtil.release(frame);
        }
    }

    private void greet(ChannelHandlerContext ctx, Message message) throws PeerFailure {
        Message answer = handshake.received(message);
        if (answer != null) {
            writeNow(ctx, answer);
        }
        if (handshake.isDone()) {
            decoder.trust();
            authenticated();
        }
    }

    /// Takes in a checked frame; borrowed.
    void accept(int tag, ByteBuf frame) throws PeerFailure {
        Message message = Frame.decode(frame);
        if (!(message instanceof Message.KeepAlive)) {
            received(tag, message, frame);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Future<?> timer = keepAlive;
        if (timer != null) {
            timer.cancel(false);
        }
        gone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        switch (cause) {
            case DecoderException e -> fail(String.valueOf(e.getMessage()));
            case IOException e -> {
                LOG.debug("Connection with {}", ctx.channel().remoteAddress(), e);
                close();
            }
            default -> {
                LOG.error("Connection with {}", ctx.channel().remoteAddress(), cause);
                close();
            }
        }
    }

    /// Closes the connection for what the peer has done.
    final void fail(@Nullable String what) {
        ChannelHandlerContext ctx = context;
        if (ctx != null && ctx.channel().isActive()) {
            complain(
                    "The connection with node %s is closed: %s"
                            .formatted(ctx.channel().remoteAddress(), what));
            close();
        }
    }

    // -- out --

    private static void writeNow(ChannelHandlerContext ctx, Message message) {
        ChannelFuture _ =
                ctx.writeAndFlush(Frame.encode(ctx.alloc(), 0, message), ctx.voidPromise());
    }

    /// Sends a message, with what else is sent in this turn of the event loop.
    final void send(int tag, Message message) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            write(ctx, Frame.encode(ctx.alloc(), tag, message));
        }
    }

    private void sendData(int tag, ByteBuffer data) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            write(ctx, Frame.encodeData(ctx.alloc(), tag, data));
        }
    }

    private void write(ChannelHandlerContext ctx, ByteBuf frame) {
        ChannelFuture _ = ctx.write(frame, ctx.voidPromise());
        if (!flushIsScheduled) {
            flushIsScheduled = true;
            post(this::flush);
        }
    }

    private void flush() {
        flushIsScheduled = false;
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.flush();
        }
    }

    private boolean hasRoom() {
        ChannelHandlerContext ctx = context;
        return ctx != null && ctx.channel().isWritable();
    }

    /// True if the peer is so slow that nothing more should be begun.
    final boolean isCongested() {
        ChannelHandlerContext ctx = context;
        return ctx != null
                && ctx.channel().isActive() // a closed one says that it will never be writable
                && ctx.channel().bytesBeforeWritable() > MAX_CONGESTION_BYTES;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            post(outbox::pump);
        }
    }

    /// Runs something at home. If that is no more, nobody waits for the nexus.
    final void post(Runnable action) {
        try {
            home().execute(action);
        } catch (RejectedExecutionException e) {
            LOG.debug("The event loop of a nexus has ended before its connection.", e);
            close();
        }
    }

    /// Closes at once; what is unsent is lost. Any thread.
    final void close() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            var _ = ctx.close();
        }
    }
}
