package io.cowherd.forward;

import io.cowherd.admission.Admission;
import io.cowherd.admission.RefusalLog;
import io.cowherd.forward.OwnerLookup.Here;
import io.cowherd.iscsi.wire.BufferBudget;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where other nodes bring their hosts' commands: opens the nexuses of hosts at the targets that this node owns.
///
/// **Threading.** *Thread-safe: who is here is guarded by one lock, which is never held while anybody else is called.*
public final class ForwardListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardListener.class);

    private static final int LINES_PER_MINUTE = 5;

    /// Connections that have proved nothing yet; all, and of one address.
    private static final int MAX_STRANGERS = 128;

    private static final int MAX_STRANGERS_PER_ADDRESS = 32;

    /// One connection may hold this part of the buffers.
    private static final int SHARE_OF_BUFFERS = 2;

    /// The ports of a nexus.
    private record Ports(String target, String initiatorPort, int relativePort) {}

    // Immutable
    private final ForwardSettings settings;
    private final ForwardTransport transport;
    private final OwnerLookup lookup;
    private final BufferBudget budget;
    private final long shareBytes;
    private final Admission admission;
    private final RefusalLog log;

    // Guarded by this
    private final Map<Ports, HostConnection> last = new HashMap<>();
    private final Map<HostConnection, Admission.Place> places = new HashMap<>();
    private @Nullable Channel socket;

    /// Does not listen yet.
    ///
    /// @param lookup asked for each nexus whether the target is here
    /// @param budget memory for the data of all connections, hosts' own included
    /// @param bufferedBytes of the budget
    public ForwardListener(
            ForwardSettings settings,
            ForwardTransport transport,
            OwnerLookup lookup,
            BufferBudget budget,
            long bufferedBytes) {
        this.settings = settings;
        this.transport = transport;
        this.lookup = lookup;
        this.budget = budget;
        this.shareBytes = bufferedBytes / SHARE_OF_BUFFERS;
        this.admission =
                new Admission(
                        new Admission.Bounds(
                                settings.connections(), MAX_STRANGERS, MAX_STRANGERS_PER_ADDRESS));
        this.log =
                new RefusalLog(
                        LOG::warn,
                        (millis, work) -> {
                            var _ =
                                    transport
                                            .loops()
                                            .next()
                                            .schedule(work, millis, TimeUnit.MILLISECONDS);
                        },
                        LINES_PER_MINUTE,
                        "%d more connections from other nodes were closed");
    }

    /// Listens.
    ///
    /// @return completes with the address it is bound to, or with why it is not
    public CompletionStage<InetSocketAddress> start(InetSocketAddress address) {
        var bound = new CompletableFuture<InetSocketAddress>();
        var binding =
                new ServerBootstrap()
                        .group(transport.loops())
                        .channelFactory(transport.listeners())
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        accept(channel);
                                    }
                                })
                        .bind(address);
        binding.addListener(
                done -> {
                    if (done.isSuccess()) {
                        synchronized (this) {
                            socket = binding.channel();
                        }
                        bound.complete((InetSocketAddress) binding.channel().localAddress());
                    } else {
                        bound.completeExceptionally(done.cause());
                    }
                });
        return bound;
    }

    private void accept(Channel channel) {
        var connection = new HostConnection(settings, this, channel, budget.share(shareBytes));
        Admission.Place place = admission.enter(channel.remoteAddress(), connection::close);
        if (place == null) {
            log.say(channel.remoteAddress() + ": closed, all places for other nodes are taken");
            var _ = channel.close();
            return;
        }
        synchronized (this) {
            places.put(connection, place);
        }
        var tls = settings.tls();
        connection.join(channel, tls == null ? null : tls.listener());
    }

    // -- what connections ask --

    @Nullable Here find(String target) {
        return lookup.find(target) instanceof Here here ? here : null;
    }

    void complain(String line) {
        log.say(line);
    }

    void after(Channel channel, long millis, Runnable action) {
        var _ = channel.eventLoop().schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    void authenticated(HostConnection connection) {
        Admission.Place place;
        synchronized (this) {
            place = places.get(connection);
        }
        if (place != null) {
            place.secure();
        }
    }

    void left(HostConnection connection) {
        Admission.Place place;
        synchronized (this) {
            place = places.remove(connection);
        }
        if (place != null) {
            place.leave();
        }
    }

    /// A nexus of these ports shall be opened. One that there is ends: its host's node has come again.
    ///
    /// @return completes when nothing of any former nexus of these ports is executed any more
    CompletionStage<Void> enter(HostConnection connection, Message.Open open) {
        var ports = new Ports(open.target(), open.initiatorPort(), open.relativePort());
        HostConnection former;
        synchronized (this) {
            former = last.put(ports, connection);
        }
        var _ = connection.drained.thenRun(() -> forget(ports, connection));
        if (former == null) {
            return CompletableFuture.completedFuture(null);
        }
        former.close();
        return former.drained;
    }

    private synchronized void forget(Ports ports, HostConnection connection) {
        last.remove(ports, connection);
    }

    // -- the end --

    /// Has the nexuses of a target leave, once the lookup does not say any more that it is here: what is executed may end, then the
    /// callers are told and look for the next owner.
    ///
    /// @param drainMillis after this long what is executed is aborted
    /// @return completes when no forwarded task is executed any more
    public CompletionStage<Void> leave(String target, int drainMillis) {
        Set<HostConnection> here = new HashSet<>();
        synchronized (this) {
            last.forEach(
                    (ports, connection) -> {
                        if (ports.target.equals(target)) {
                            here.add(connection);
                        }
                    });
        }
        here.forEach(connection -> connection.leave(drainMillis));
        return CompletableFuture.allOf(
                here.stream().map(c -> c.drained).toArray(CompletableFuture[]::new));
    }

    /// Stops listening, and closes all connections: callers do not know what was executed. [#leave] goes before.
    @Override
    public void close() {
        List<HostConnection> all;
        Channel listening;
        synchronized (this) {
            all = new ArrayList<>(places.keySet());
            listening = socket;
            socket = null;
        }
        if (listening != null) {
            var _ = listening.close();
        }
        all.forEach(PeerConnection::close);
    }
}
