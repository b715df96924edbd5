package io.cowherd.management;

import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.LinkedHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns replies and failures into HTTP answers. The one place where a failure becomes a status.
///
/// **Threading.** *Immutable*; called on the connection's event loop.
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    static void send(RoutingContext context, Reply reply) {
        HttpServerResponse response = begin(context, reply.status());
        String location = reply.location();
        if (location != null) {
            response.putHeader("Location", location);
        }
        Object body = reply.body();
        if (body == null) {
            response.end();
            return;
        }
        response.putHeader("Content-Type", "application/json");
        response.end(Buffer.buffer(Json.encode(body)));
    }

    static void send(RoutingContext context, Problem problem) {
        var members = new LinkedHashMap<String, Object>();
        members.put("type", "about:blank");
        members.put("title", problem.title());
        members.put("status", problem.status());
        members.put("detail", (problem.cause() + " " + problem.correction()).strip());
        members.put("instance", context.request().path());
        members.put("code", problem.code());
        members.put("cause", problem.cause());
        members.put("correction", problem.correction());
        if (!problem.users().isEmpty()) {
            members.put("users", problem.users());
        }
        begin(context, problem.status())
                .putHeader("Content-Type", "application/problem+json")
                .end(Buffer.buffer(Json.encode(members)));
    }

    private static HttpServerResponse begin(RoutingContext context, int status) {
        return context.response()
                .setStatusCode(status)
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff");
    }

    static void sendFailure(RoutingContext context, Throwable failure) {
        if (context.response().ended() || context.response().closed()) {
            return; // nobody is there to hear it
        }
        send(context, problemOf(context, failure));
    }

    private static Problem problemOf(RoutingContext context, Throwable failure) {
        return switch (failure) {
            case RequestRefusedException refused -> refused.problem();
            case VolumeRefusedException refused -> Problem.of(refused);
            case IOException io -> {
                FencedException fenced = FencedException.behind(io);
                if (fenced != null) {
                    yield unowned(fenced);
                }
                LOG.error("{} {} failed", context.request().method(), context.request().path(), io);
                yield new Problem(
                        Problem.INTERNAL_ERROR,
                        "IO_ERROR",
                        "Storage failed",
                        "The server's storage failed: " + FileFault.describe(io) + ".",
                        "The server's log has more.");
            }
            default -> {
                LOG.error(
                        "{} {}: a fault in the server",
                        context.request().method(),
                        context.request().path(),
                        failure);
                yield new Problem(
                        Problem.INTERNAL_ERROR,
                        "FAULT",
                        "A fault in the server",
                        "The server has a fault: " + failure + ".",
                        "Please report it with the server's log.");
            }
        };
    }

    /// In a cluster: this node may not be the owner now.
    private static Problem unowned(FencedException fenced) {
        return Problem.unavailable(
                fenced.getMessage() + ".", "Try again in some seconds. See cowherd nodes.");
    }
}
