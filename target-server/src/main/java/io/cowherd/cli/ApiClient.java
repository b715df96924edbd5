package io.cowherd.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cowherd.config.ServerSettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Talks to the management API. Refusals come back as [CommandFailedException] with the server's cause and correction.
final class ApiClient {
    /// Numbers stay as the server wrote them: a Data% of `0.00` is not `0.0`.
    static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                    .build();

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration IMPATIENCE = Duration.ofSeconds(5);
    private static final int FIRST_ERROR_STATUS = 400;
    private static final int UNAUTHORIZED = 401;

    private final URI server;
    private final @Nullable String token;
    private final Duration queryTimeout;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();

    ApiClient(URI server, @Nullable String token) {
        this(server, token, ANSWER_TIMEOUT);
    }

    private ApiClient(URI server, @Nullable String token, Duration queryTimeout) {
        this.server = server;
        this.token = token;
        this.queryTimeout = queryTimeout;
    }

    /// One that waits for the answer to a question no more than some seconds: for who can ask another node.
    ApiClient impatient() {
        return new ApiClient(server, token, IMPATIENCE);
    }

    JsonNode get(String path) throws CommandFailedException {
        return send(request(path).timeout(queryTimeout).GET().build());
    }

    /// Posts the fields that are not null.
    JsonNode post(String path, Map<String, ?> body) throws CommandFailedException {
        return send("POST", path, body);
    }

    /// Puts the fields that are not null.
    JsonNode put(String path, Map<String, ?> body) throws CommandFailedException {
        return send("PUT", path, body);
    }

    private JsonNode send(String method, String path, Map<String, ?> body)
            throws CommandFailedException {
        try {
            byte[] json = MAPPER.writeValueAsBytes(body);
            return send(
                    request(path)
                            .header("Content-Type", "application/json")
                            .method(method, BodyPublishers.ofByteArray(json))
                            .build());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /// Deletes, and returns what is answered; nothing if that is empty.
    JsonNode delete(String path) throws CommandFailedException {
        return send(request(path).DELETE().build());
    }

    /// Hands over the lines of a stream until it ends.
    void lines(String path, Map<String, String> headers, Consumer<String> line)
            throws CommandFailedException {
        HttpRequest.Builder request = request(path).GET();
        headers.forEach(request::header);
        HttpResponse<Stream<String>> response = exchange(request.build(), BodyHandlers.ofLines());
        try (Stream<String> lines = response.body()) {
            if (response.statusCode() >= FIRST_ERROR_STATUS) {
                throw refused(response.statusCode(), String.join("\n", lines.toList()));
            }
            lines.forEach(line);
        }
    }

    static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(server.resolve(path)).timeout(ANSWER_TIMEOUT);
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    private JsonNode send(HttpRequest request) throws CommandFailedException {
        HttpResponse<String> response = exchange(request, BodyHandlers.ofString());
        if (response.statusCode() >= FIRST_ERROR_STATUS) {
            throw refused(response.statusCode(), response.body());
        }
        try {
            return MAPPER.readTree(response.body());
        } catch (JsonProcessingException e) {
            throw notOurs(response.statusCode());
        }
    }

    private <T> HttpResponse<T> exchange(HttpRequest request, HttpResponse.BodyHandler<T> handler)
            throws CommandFailedException {
        try {
            return http.send(request, handler);
        } catch (ConnectException e) {
            throw unconnected(e);
        } catch (HttpConnectTimeoutException _) {
            throw new CommandFailedException(
                    server.getHost() + " does not answer.",
                    "Is the server's address right (--server, COWHERD_SERVER), and may it be reached from here?");
        } catch (IOException e) {
            throw new CommandFailedException(
                    "The conversation with " + server + " failed: " + e.getMessage() + ".",
                    request.method().equals("GET")
                            ? "Is this the management address of a Cowherd server? It speaks http, by default on port "
                                    + ServerSettings.DEFAULT_HTTP.port()
                                    + "."
                            : "Whether the request took effect is not known: look before you repeat it.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("Interrupted.", "");
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(
                    "The token cannot be sent: it has characters that no token has.",
                    "Give the text of the file token in the server's data directory.");
        }
    }

    private CommandFailedException unconnected(ConnectException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return new CommandFailedException(
                        "There is no host " + server.getHost() + ": its name is not known here.",
                        "Name the server with --server or COWHERD_SERVER.");
            }
        }
        return new CommandFailedException(
                "There is no server at " + server + ".",
                "Start one (cowherd serve, cowherd demo), or name it with --server or COWHERD_SERVER.");
    }

    private CommandFailedException refused(int status, String body) {
        try {
            JsonNode problem = MAPPER.readTree(body);
            if (problem.hasNonNull("cause")) {
                String correction =
                        status == UNAUTHORIZED
                                ? "Give the text of the file token in the server's data directory: --token-file"
                                        + " DIR/token, or COWHERD_TOKEN."
                                : problem.path("correction").asText("");
                return new CommandFailedException(problem.path("cause").asText(), correction);
            }
        } catch (JsonProcessingException _) {
            // not a problem of ours: told below
        }
        return notOurs(status);
    }

    private CommandFailedException notOurs(int status) {
        return new CommandFailedException(
                server + " answered with status " + status + " and no text of Cowherd's.",
                "Is this the management address of a Cowherd server?");
    }
}
