package io.cowherd.management;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// `GET /v1/events`: server-sent events (`text/event-stream`), or the kept ones as a list.
///
/// A stream starts with the next event, or after the `Last-Event-ID` it names, as far back as the log reaches. A reader
/// that is too slow is cut off and comes back with `Last-Event-ID`: nothing is queued for it beyond the connection's own
/// write queue.
///
/// **Threading.** *Thread-safe*: events are handed to each connection's event loop; the set of streams is concurrent.
final class EventStream {
    private static final String MEDIA_TYPE = "text/event-stream";
    private static final long HEARTBEAT_MILLIS = 15_000;

    // Immutable
    private final Vertx vertx;
    private final EventLog log;

    // Any thread
    private final Set<HttpServerResponse> open = ConcurrentHashMap.newKeySet();

    EventStream(Vertx vertx, EventLog log) {
        this.vertx = vertx;
        this.log = log;
    }

    /// A stream for who accepts one, and the kept events as a list for everybody else.
    void answer(RoutingContext context) {
        String accept = context.request().getHeader("Accept");
        if (accept == null || !accept.contains(MEDIA_TYPE)) {
            Answers.send(context, Reply.ok(Map.of("events", log.kept())));
        } else {
            open(context);
        }
    }

    private void open(RoutingContext context) {
        HttpServerResponse response = context.response();
        Context loop = vertx.getOrCreateContext();
        Consumer<Event> subscriber = event -> loop.runOnContext(_ -> write(response, event));
        long lastSeen;
        try {
            String header = context.request().getHeader("Last-Event-ID");
            lastSeen = header == null ? log.lastId() : Long.parseLong(header);
        } catch (NumberFormatException _) {
            Answers.send(
                    context,
                    Problem.invalid(
                            "Last-Event-ID is not a number.", "Send the id of an earlier event."));
            return;
        }
        response.setChunked(true)
                .putHeader("Content-Type", MEDIA_TYPE)
                .putHeader("Cache-Control", "no-store");
        if (!log.subscribe(lastSeen, subscriber)) {
            response.setChunked(false);
            Answers.send(
                    context,
                    Problem.unavailable(
                            "Too many streams of events are open.", "Close one, or try later."));
            return;
        }
        open.add(response);
        long heartbeat = vertx.setPeriodic(HEARTBEAT_MILLIS, _ -> response.write(":\n\n"));
        context.addEndHandler( // ended by us, or closed by them
                _ -> {
                    vertx.cancelTimer(heartbeat);
                    log.unsubscribe(subscriber);
                    open.remove(response);
                });
        response.write(": events of volumes\n\n");
    }

    private static void write(HttpServerResponse response, Event event) {
        if (response.closed() || response.ended()) {
            return;
        }
        if (response.writeQueueFull()) {
            response.reset();
            return;
        }
        String data = new String(Json.encode(event), java.nio.charset.StandardCharsets.UTF_8);
        response.write(
                "id: " + event.id() + "\nevent: " + event.type() + "\ndata: " + data + "\n\n");
    }

    /// Ends all streams, so that their connections can be closed.
    void close() {
        open.forEach(HttpServerResponse::end);
    }
}
