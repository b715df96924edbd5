package io.cowherd.management;

import io.cowherd.admission.AcceptFailures;
import io.cowherd.admission.Admission;
import io.cowherd.admission.RefusalLog;
import io.cowherd.config.ManagementLimits;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The connections to the API, and how long each may take. In the life of one:
///
/// 1. **Accepted**: its first request's header has `httpRequestMillis` to come, however it dribbles in.
/// 2. **Header complete**: the body has `httpRequestMillis`.
/// 3. **At work**: a complete request, with a token. No deadline; the connection keeps its place whoever comes.
/// 4. **Answered**: the next request's header has `httpIdleSeconds`, then from 2 again.
///
/// In all states but 3 it is the first to go when places run out, oldest first. What is at work is bounded by `operations`, for
/// changes and for queries, and `eventSubscribers`: fewer than there are places, so probes always find one.
///
/// **Threading.** *Thread-safe*: a concurrent map; what is in it is confined to its connection's event loop.
final class ApiConnections {
    private static final Logger LOG = LoggerFactory.getLogger(ApiConnections.class);

    // Immutable
    private final Vertx vertx;
    private final ManagementLimits limits;
    private final Admission admission;
    private final RefusalLog evictions;
    private final AcceptFailures acceptFailures;

    // Any thread
    private final Map<HttpConnection, Guest> guests = new ConcurrentHashMap<>();

    ApiConnections(Vertx vertx, ManagementLimits limits) {
        this.vertx = vertx;
        this.limits = limits;
        int all = limits.httpConnections();
        this.admission = new Admission(new Admission.Bounds(all, all, all));
        RefusalLog.Delay delay = (millis, work) -> vertx.setTimer(millis, _ -> work.run());
        this.evictions =
                new RefusalLog(
                        LOG::warn, delay, 1, "%d more connections to the API had to make room");
        this.acceptFailures = new AcceptFailures(delay, LOG::warn);
    }

    /// Takes in a connection (1).
    void accept(HttpConnection connection) {
        // The interface is Vert.x's own; only there is the channel, which can be closed at once.
        ChannelHandlerContext channel = ((HttpServerConnection) connection).channelHandlerContext();
        acceptFailures.watch(channel.channel());
        Guest guest = new Guest(channel);
        if (!guest.enters()) {
            evictions.say("closing a new connection to the API: all are at work (httpConnections)");
            guest.close();
            return;
        }
        guests.put(connection, guest);
        connection.closeHandler(
                _ -> {
                    guests.remove(connection);
                    guest.left();
                });
        guest.expect("header of a request", limits.httpRequestMillis());
    }

    /// A request's header is complete (2).
    void begun(RoutingContext context) {
        Guest guest = guests.get(context.request().connection());
        if (guest != null) {
            guest.requests++;
            context.addEndHandler(_ -> guest.answered());
            guest.expect("body of a request", limits.httpRequestMillis());
        }
        context.next();
    }

    /// A request that needs no more from its sender, and may take its time (3).
    void complete(RoutingContext context) {
        Guest guest = guests.get(context.request().connection());
        if (guest != null) {
            guest.works();
        }
        context.next();
    }

    /// One connection.
    private final class Guest {
        private final ChannelHandlerContext channel;
        private Admission.@Nullable Place place;
        private long deadline = -1;

        /// Requests that are not answered yet; more than one if they come without waiting for answers.
        private int requests;

        Guest(ChannelHandlerContext channel) {
            this.channel = channel;
        }

        boolean enters() {
            place = admission.enter(channel.channel().remoteAddress(), this::evict);
            return place != null;
        }

        private void evict() {
            evictions.say(
                    "closing the oldest connection to the API that has no request at work (httpConnections)");
            if (channel.executor().inEventLoop()) {
                // Not behind what has queued up here: a flood would come in faster than it goes.
                close();
            } else {
                channel.executor().execute(this::close);
            }
        }

        private void close() {
            var _ = channel.close(); // not the connection's: that waits for what its peer does not
            // take
        }

        private void expect(String what, long withinMillis) {
            vertx.cancelTimer(deadline);
            deadline =
                    vertx.setTimer(
                            withinMillis,
                            _ -> {
                                LOG.debug("no {} within {} ms", what, withinMillis);
                                close();
                            });
        }

        private void works() {
            vertx.cancelTimer(deadline);
            if (place != null) {
                place.secure();
            }
        }

        private void answered() {
            requests--;
            if (requests == 0 && channel.channel().isActive()) { // 4
                expect("request", TimeUnit.SECONDS.toMillis(limits.httpIdleSeconds()));
                if (place != null) {
                    place.expose();
                }
            }
        }

        private void left() {
            vertx.cancelTimer(deadline);
            if (place != null) {
                place.leave();
            }
        }
    }
}
