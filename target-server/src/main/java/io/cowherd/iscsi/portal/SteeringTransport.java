package io.cowherd.iscsi.portal;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Another transport, but for its event loops: one that is stuck hands new connections to the next. Vert.x deals
/// connections out in turn, and one that was dealt to a stuck loop would not even be answered.
///
/// **Threading.** *Immutable*; connections are registered by the accepting thread.
final class SteeringTransport implements Transport {
    private final Transport base;
    private final Supplier<@Nullable Thread> stuck;

    /// @param stuck the thread that an event loop is known to be stuck with, null if none is; asked for each connection
    SteeringTransport(Transport base, Supplier<@Nullable Thread> stuck) {
        this.base = base;
        this.stuck = stuck;
    }

    @Override
    public EventLoopGroup eventLoopGroup(int type, int loops, ThreadFactory threads, int ioRatio) {
        return type == IO_EVENT_LOOP_GROUP
                ? new Loops(loops, threads)
                : base.eventLoopGroup(type, loops, threads, ioRatio);
    }

    private final class Loops extends MultiThreadIoEventLoopGroup {
        Loops(int loops, ThreadFactory threads) {
            super(loops, threads, BusyPolling.factory(base.ioHandlerFactory()));
        }

        @Override
        protected IoEventLoop newChild(
                Executor executor, IoHandlerFactory handlers, Object... none) {
            return new Loop(this, executor, handlers);
        }
    }

    private final class Loop extends SingleThreadIoEventLoop {
        Loop(IoEventLoopGroup group, Executor executor, IoHandlerFactory handlers) {
            super(group, executor, handlers);
        }

        @Override
        public ChannelFuture register(Channel channel) {
            Thread thread = stuck.get();
            return (thread != null && inEventLoop(thread) ? another() : this).take(channel);
        }

        private ChannelFuture take(Channel channel) {
            return super.register(channel);
        }

        /// The next one in the group. No two are stuck at once.
        private Loop another() {
            Loop first = this;
            boolean isPast = false;
            for (EventExecutor each : parent()) {
                Loop loop = (Loop) each;
                if (isPast) {
                    return loop;
                }
                isPast = loop == this;
                first = first == this ? loop : first;
            }
            return first;
        }
    }

    // -- as the base --

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return base.ioHandlerFactory();
    }

    @Override
    public boolean supportsDomainSockets() {
        return base.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
        return base.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
        return base.isAvailable();
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
        return base.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
        return base.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
        return base.convert(address);
    }

    @Override
    @SuppressWarnings("deprecation") // Netty's, not Vert.x's
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return base.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
        return base.datagramChannelFactory();
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return base.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return base.serverChannelFactory(domainSocket);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
        base.configure(channel, options);
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, Bootstrap bootstrap) {
        base.configure(config, domainSocket, bootstrap);
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
        base.configure(config, domainSocket, bootstrap);
    }
}
