package io.cowherd.iscsi.portal;

import io.cowherd.admission.AcceptFailures;
import io.cowherd.admission.Admission;
import io.cowherd.admission.RefusalLog;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.session.IscsiConnection;
import io.cowherd.iscsi.session.ServerScope;
import io.cowherd.iscsi.wire.PduStream;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Listens on one portal with an accepting server on every event loop; Vert.x spreads the connections over them. Each
/// connection gets our [PduStream] in its pipeline in front of Vert.x's own handler, which never sees a byte.
///
/// **Threading.** *Thread-safe: one volatile field; the rest is Vert.x's.*
final class PortalListener {
    /// Vert.x shares one system-chosen port among servers that listen on the same negative port.
    private static final AtomicInteger NEXT_SHARED_PORT = new AtomicInteger(-1);

    /// One connection may hold this part of the server's buffers.
    private static final int SHARE_OF_BUFFERS = 2;

    private final Vertx vertx;
    private final ServerScope scope;
    private final Admission admission;
    private final RefusalLog evictions;
    private final AcceptFailures acceptFailures;
    private volatile Portal portal;
    private volatile @Nullable String deployment;

    PortalListener(
            Vertx vertx,
            Portal portal,
            ServerScope scope,
            Admission admission,
            RefusalLog evictions,
            AcceptFailures acceptFailures) {
        this.vertx = vertx;
        this.portal = portal;
        this.scope = scope;
        this.admission = admission;
        this.evictions = evictions;
        this.acceptFailures = acceptFailures;
    }

    /// Binds the portal.
    Future<Void> start() {
        int wanted = portal.listen().port();
        int port = wanted == 0 ? NEXT_SHARED_PORT.getAndDecrement() : wanted;
        return vertx.deployVerticle(
                        () -> new Acceptor(port),
                        new DeploymentOptions().setInstances(NetworkTransport.LOOPS))
                .onSuccess(id -> deployment = id)
                .mapEmpty();
    }

    /// Closes the listeners and what is left of their connections.
    Future<Void> close() {
        String id = deployment;
        return id == null ? Future.succeededFuture() : vertx.undeploy(id).mapEmpty();
    }

    /// The portal, bound once [#start()] has completed.
    Portal portal() {
        return portal;
    }

    private final class Acceptor extends VerticleBase {
        private final int port;

        Acceptor(int port) {
            this.port = port;
        }

        @Override
        public Future<?> start() {
            NetServerOptions options =
                    new NetServerOptions().setTcpNoDelay(true).setTcpKeepAlive(true);
            NetServer server = vertx.createNetServer(options).connectHandler(this::accept);
            return server.listen(port, portal.listen().host())
                    .onSuccess(bound -> portal = portal.boundTo(bound.actualPort()));
        }

        private void accept(NetSocket socket) {
            var internal = (NetSocketInternal) socket;
            Channel channel = internal.channelHandlerContext().channel();
            acceptFailures.watch(channel);
            Guest guest = new Guest(channel);
            if (!guest.enters()) {
                evictions.say(
                        channel.remoteAddress()
                                + ": closed, all places are taken (maxConnections)");
                channel.unsafe().close(channel.voidPromise());
                return;
            }
            channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
            ChannelPipeline pipeline = channel.pipeline();
            if (pipeline.get("chunkedWriter") != null) {
                pipeline.remove("chunkedWriter"); // for files, which we do not send
            }
            var share = scope.budget().share(scope.limits().bufferedBytes() / SHARE_OF_BUFFERS);
            PduStream stream = new PduStream(scope.limits().unsentBytes(), share);
            var connection = new IscsiConnection(stream, scope, portal, guest);
            guest.connection = connection;
            pipeline.addBefore("handler", "iscsi", stream);
            connection.accepted();
        }
    }

    /// A connection and its place: exposed until its host has proved who it is, or has logged in.
    ///
    /// **Threading.** *Confined to the connection's event loop*, but for [#evict()].
    private final class Guest implements IscsiConnection.Listener {
        private final Channel channel;
        private Admission.@Nullable Place place;
        private @Nullable IscsiConnection connection;

        Guest(Channel channel) {
            this.channel = channel;
        }

        boolean enters() {
            place = admission.enter(channel.remoteAddress(), this::evict);
            return place != null;
        }

        /// Comes from any thread, but what it does comes after [Acceptor#accept], which is on the loop, has ended.
        private void evict() {
            if (channel.eventLoop().inEventLoop()) {
                // Not behind what has queued up here: a flood would come in faster than it goes.
                evicted();
            } else {
                channel.eventLoop().execute(this::evicted);
            }
        }

        private void evicted() {
            evictions.say(
                    channel.remoteAddress()
                            + ": closed before its login to make room for others"
                            + " (maxUnauthenticatedPerAddress, maxUnauthenticatedConnections)");
            if (connection != null) {
                connection.evict();
            }
        }

        @Override
        public void trusted() {
            if (place != null) {
                place.secure();
            }
        }

        @Override
        public void closed() {
            if (place != null) {
                place.leave();
            }
        }
    }
}
