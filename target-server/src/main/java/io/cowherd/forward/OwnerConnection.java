package io.cowherd.forward;

import io.cowherd.admission.RefusalLog;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;

/// The caller's side of a connection: from a nexus to the node that may own its target.
///
/// **Threading.** *Confined to the connection's event loop*, but what it tells the nexus it tells at the nexus's home.
final class OwnerConnection extends PeerConnection {
    /// Who hears of it, at home.
    interface Listener {
        /// The owner has proved who it is.
        void authenticated(OwnerConnection connection);

        /// The owner says something.
        ///
        /// @param frame borrowed; what is left in it is data
        void received(OwnerConnection connection, int tag, Message message, ByteBuf frame)
                throws PeerFailure;

        /// There is no connection any more, or never was; the last call, once.
        void lost(OwnerConnection connection);
    }

    private final Listener listener;
    private final Executor home;
    private final EventLoop loop;
    private final RefusalLog log;

    private OwnerConnection(
            ForwardSettings settings,
            Listener listener,
            Executor home,
            EventLoop loop,
            RefusalLog log) {
        super(settings, ClusterSecret.Role.CALLER);
        this.listener = listener;
        this.home = home;
        this.loop = loop;
        this.log = log;
    }

    /// Connects.
    ///
    /// @param home of the nexus; its own event loop carries the connection, if it is one of the transport's
    static OwnerConnection to(
            InetSocketAddress owner,
            ForwardSettings settings,
            ForwardTransport transport,
            Listener listener,
            Executor home,
            RefusalLog log) {
        boolean isLoop = home instanceof EventLoop own && transport.loops().equals(own.parent());
        EventLoop loop = isLoop ? (EventLoop) home : transport.loops().next();
        var connection = new OwnerConnection(settings, listener, home, loop, log);
        var tls = settings.tls();
        new Bootstrap()
                .group(loop)
                .channelFactory(transport.sockets())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, settings.openMillis())
                .handler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                connection.join(channel, tls == null ? null : tls.caller());
                            }
                        })
                .connect(owner)
                .addListener(
                        connected -> {
                            if (!connected.isSuccess()) {
                                connection.complain(
                                        "Node %s cannot be reached: %s"
                                                .formatted(owner, connected.cause()));
                                connection.gone();
                            }
                        });
        return connection;
    }

    @Override
    Executor home() {
        return home;
    }

    @Override
    void authenticated() {
        atHome(() -> listener.authenticated(this));
    }

    @Override
    void accept(int tag, ByteBuf frame) throws PeerFailure {
        if (home.equals(loop)) {
            super.accept(tag, frame);
            return;
        }
        ByteBuf copy = Unpooled.copiedBuffer(frame); // nobody has to give it back
        post(() -> acceptAtHome(tag, copy));
    }

    private void acceptAtHome(int tag, ByteBuf frame) {
        try {
            super.accept(tag, frame);
        } catch (PeerFailure e) {
            fail(e.getMessage());
        }
    }

    @Override
    void received(int tag, Message message, ByteBuf frame) throws PeerFailure {
        listener.received(this, tag, message, frame);
    }

    @Override
    void gone() {
        atHome(() -> listener.lost(this));
    }

    @Override
    void complain(String line) {
        log.say(line);
    }

    private void atHome(Runnable action) {
        if (home.equals(loop)) {
            action.run();
        } else {
            post(action);
        }
    }
}
