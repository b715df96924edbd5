package io.cowherd.iscsi.portal;

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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens on one portal with an accepting server on every event loop; Vert.x spreads the connections over them. Each
/// connection gets our [PduStream] in its pipeline in front of Vert.x's own handler, which never sees a byte.
///
/// **Threading.** *Thread-safe: one volatile field; the rest is Vert.x's.*
final class PortalListener {
    private static final Logger LOG = LoggerFactory.getLogger(PortalListener.class);

    /// Vert.x shares one system-chosen port among servers that listen on the same negative port.
    private static final AtomicInteger NEXT_SHARED_PORT = new AtomicInteger(-1);

    /// One connection may hold this part of the server's buffers.
    private static final int SHARE_OF_BUFFERS = 2;

    private final Vertx vertx;
    private final ServerScope scope;
    private final ConnectionCount count;
    private volatile Portal portal;
    private volatile @Nullable String deployment;

    PortalListener(Vertx vertx, Portal portal, ServerScope scope, ConnectionCount count) {
        this.vertx = vertx;
        this.portal = portal;
        this.scope = scope;
        this.count = count;
    }

    /// Binds the portal.
    Future<Void> start() {
        int wanted = portal.listen().port();
        int port = wanted == 0 ? NEXT_SHARED_PORT.getAndDecrement() : wanted;
        int loops = Runtime.getRuntime().availableProcessors();
        return vertx.deployVerticle(
                        () -> new Acceptor(port), new DeploymentOptions().setInstances(loops))
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
            if (!count.tryEnter()) {
                LOG.warn("{}: too many connections, closed", channel.remoteAddress());
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
            var connection = new IscsiConnection(stream, scope, portal, new Counted());
            pipeline.addBefore("handler", "iscsi", stream);
            connection.accepted();
        }
    }

    /// Keeps the count of one connection right.
    private final class Counted implements IscsiConnection.Listener {
        private boolean isLoggedIn;

        @Override
        public void loggedIn() {
            isLoggedIn = true;
            count.loggedIn();
        }

        @Override
        public void closed() {
            count.left(isLoggedIn);
        }
    }
}
