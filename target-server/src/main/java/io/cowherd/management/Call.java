package io.cowherd.management;

import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One request whose body has come: what an endpoint sees of it.
///
/// **Threading.** *Immutable*, once made on the event loop.
final class Call {
    private final Map<String, String> pathParameters;
    private final Map<String, String> queryParameters;
    private final Buffer body;
    private final String method;
    private final String uri;
    private final String authorization;
    private final boolean fromNode;

    /// Copies what endpoints need out of the request.
    ///
    /// @throws RequestRefusedException if a query parameter is unknown to `allowedQuery` or given twice
    Call(RoutingContext context, Set<String> allowedQuery) throws RequestRefusedException {
        this.pathParameters = Map.copyOf(context.pathParams());
        for (Map.Entry<String, String> entry : context.queryParams()) {
            if (!allowedQuery.contains(entry.getKey())
                    || context.queryParams().getAll(entry.getKey()).size() > 1) {
                throw new RequestRefusedException(
                        Problem.invalid(
                                "The query parameter \""
                                        + entry.getKey()
                                        + "\" is unknown here or given twice.",
                                allowedQuery.isEmpty()
                                        ? "This request takes none."
                                        : "Known are: " + String.join(", ", allowedQuery) + "."));
            }
        }
        this.queryParameters =
                context.queryParams().entries().stream()
                        .collect(
                                java.util.stream.Collectors.toUnmodifiableMap(
                                        Map.Entry::getKey, Map.Entry::getValue));
        Buffer received = context.body().buffer();
        this.body = received == null ? Buffer.buffer() : received;
        this.method = context.request().method().name();
        this.uri = context.request().uri();
        this.authorization =
                Objects.requireNonNullElse(context.request().getHeader("Authorization"), "");
        this.fromNode = context.request().headers().contains(Peers.ASKED_BY);
    }

    /// `GET`, `POST` and the like.
    String method() {
        return method;
    }

    /// Path and query as they came.
    String uri() {
        return uri;
    }

    /// The header Authorization, with a token that is right.
    String authorization() {
        return authorization;
    }

    /// True if another node asks, for its own client.
    boolean isFromNode() {
        return fromNode;
    }

    byte[] bodyBytes() {
        return body.getBytes();
    }

    String path(String name) {
        String value = pathParameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no parameter " + name);
        }
        return value;
    }

    /// The volume that the path names as `{vg}/{lv}`.
    VolumeName volumeName() throws VolumeRefusedException {
        return VolumeName.parse(path("vg") + "/" + path("lv"));
    }

    /// True if the flag is given as `true` (or alone), false if absent or `false`.
    boolean flag(String name) throws RequestRefusedException {
        String value = queryParameters.getOrDefault(name, "false");
        return switch (value) {
            case "true", "" -> true;
            case "false" -> false;
            default ->
                    throw new RequestRefusedException(
                            Problem.invalid(
                                    "\"" + value + "\" is no value for " + name + ".",
                                    "Write " + name + "=true or " + name + "=false."));
        };
    }

    /// A query parameter; null if it is absent.
    @Nullable String query(String name) {
        return queryParameters.get(name);
    }

    /// The body as JSON of a record's form.
    <T> T body(Class<T> type) throws RequestRefusedException {
        return Json.decode(body.getBytes(), type);
    }
}
