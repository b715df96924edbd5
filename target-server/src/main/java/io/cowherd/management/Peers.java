package io.cowherd.management;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cowherd.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Has the other nodes of the cluster answer: for what they own, and for their part of a list. Their token is ours, for it lies
/// in the data directory.
///
/// A request that comes from another node ([#ASKED_BY]) is answered here, whatever is here: it goes round no further.
///
/// **Threading.** *Thread-safe*: called on worker threads, and blocks.
final class Peers {
    /// Header of a request that a node makes for its own client; has that node's name.
    static final String ASKED_BY = "Cowherd-Asked-By";

    private static final Logger LOG = LoggerFactory.getLogger(Peers.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /// A part of a list that comes later than that is left out.
    private static final Duration LIST_TIMEOUT = Duration.ofSeconds(3);

    private static final int OK = 200;

    /// As long as a client waits for us.
    private static final Duration CHANGE_TIMEOUT = Duration.ofMinutes(5);

    /// By group, then origin, then number.
    static final Comparator<JsonNode> VOLUMES =
            Comparator.<JsonNode, String>comparing(volume -> volume.path("vg_name").asText())
                    .thenComparing(Peers::originOf)
                    .thenComparingInt(volume -> volume.path("lun").asInt());

    /// By the whole text.
    static final Comparator<JsonNode> LINES = Comparator.comparing(JsonNode::asText);

    /// As each node has them.
    static final Comparator<JsonNode> AS_THEY_COME = (_, _) -> 0;

    private final Nodes nodes;
    private final String name;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();

    /// @param name this node's
    Peers(Nodes nodes, String name) {
        this.nodes = nodes;
        this.name = name;
    }

    /// The endpoint's answer, with the same list of the other nodes among its own.
    ///
    /// @param list name of the array in the answer
    /// @param order of its items
    Endpoint everywhere(String list, Comparator<JsonNode> order, Endpoint here) {
        return call -> {
            Reply own = here.answer(call);
            List<HostPort> others = call.isFromNode() ? List.of() : nodes.others();
            if (others.isEmpty()) {
                return own;
            }
            List<CompletableFuture<@Nullable JsonNode>> answers =
                    others.stream().map(node -> ask(node, call)).toList();
            ObjectNode all = Json.tree(Objects.requireNonNull(own.body()));
            var items = new ArrayList<JsonNode>();
            all.path(list).forEach(items::add);
            for (CompletableFuture<@Nullable JsonNode> answer : answers) {
                JsonNode theirs = answer.join();
                if (theirs != null) {
                    theirs.path(list).forEach(items::add);
                }
            }
            items.sort(order);
            all.putArray(list).addAll(items);
            return new Reply(own.status(), all, own.location());
        };
    }

    private static String originOf(JsonNode volume) {
        return volume.path(volume.hasNonNull("origin") ? "origin" : "lv_name").asText();
    }

    private CompletableFuture<@Nullable JsonNode> ask(HostPort node, Call call) {
        HttpRequest request = request(node, call).timeout(LIST_TIMEOUT).GET().build();
        return http.sendAsync(request, BodyHandlers.ofByteArray())
                .<@Nullable JsonNode>thenApply(Peers::parse)
                .exceptionally(
                        failure -> {
                            LOG.warn(
                                    "node at {} is left out of a list: {}",
                                    node,
                                    failure.toString());
                            return null;
                        });
    }

    private static @Nullable JsonNode parse(HttpResponse<byte[]> response) {
        if (response.statusCode() != OK) {
            return null;
        }
        try {
            return Json.parse(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The answer of the node that owns the volume in the path; the endpoint's if that is this one.
    Endpoint atOwner(Endpoint here) {
        return call -> {
            Nodes.Elsewhere elsewhere =
                    call.isFromNode() ? null : nodes.elsewhere(call.volumeName());
            return elsewhere == null ? here.answer(call) : relay(elsewhere, call);
        };
    }

    /// The answer of the node that the path names; the endpoint's if that is this one, or not up.
    Endpoint atNode(Endpoint here) {
        return call -> {
            String node = call.path("node");
            HostPort management = call.isFromNode() ? null : nodes.management(node);
            return management == null
                    ? here.answer(call)
                    : relay(new Nodes.Elsewhere(node, management), call);
        };
    }

    private Reply relay(Nodes.Elsewhere elsewhere, Call call) throws RequestRefusedException {
        HostPort node = elsewhere.management();
        if (node == null) {
            throw new RequestRefusedException(
                    Problem.unavailable(
                            elsewhere.node() == null
                                    ? "No node serves this volume at present."
                                    : elsewhere.node() + ", which serves this volume, is down.",
                            "Try again in some seconds: another node takes it over. See cowherd nodes."));
        }
        HttpRequest request =
                request(node, call)
                        .timeout(CHANGE_TIMEOUT)
                        .header("Content-Type", "application/json")
                        .method(call.method(), BodyPublishers.ofByteArray(call.bodyBytes()))
                        .build();
        try {
            HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
            JsonNode body = response.body().length == 0 ? null : Json.parse(response.body());
            return new Reply(
                    response.statusCode(),
                    body,
                    response.headers().firstValue("Location").orElse(null));
        } catch (IOException e) {
            LOG.warn("node at {} does not answer", node, e);
            throw new RequestRefusedException(
                    Problem.unavailable(
                            "The node " + elsewhere.node() + " does not answer.",
                            call.method().equals("GET")
                                    ? "Try again."
                                    : "Whether the request took effect is not known: look before you repeat it."));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RequestRefusedException(
                    Problem.unavailable("The server is stopping.", "Ask another node."));
        }
    }

    private HttpRequest.Builder request(HostPort node, Call call) {
        return HttpRequest.newBuilder(URI.create("http://" + node + call.uri()))
                .header("Authorization", call.authorization())
                .header(ASKED_BY, name);
    }
}
