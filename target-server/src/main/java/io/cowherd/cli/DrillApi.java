package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.cowherd.config.HostPort;
import io.cowherd.config.ServerSettings;
import io.cowherd.drill.Cluster;
import io.cowherd.drill.DrillFailedException;
import io.cowherd.drill.DrillSettings;
import io.cowherd.drill.ListedNode;
import io.cowherd.drill.initiator.HostClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.StreamSupport;

/// The drill's volume, by the API of whichever node answers: the one that was named, and those that it has listed.
///
/// **Threading.** *Confined to the thread of the command.*
final class DrillApi implements Cluster {
    private static final String NODES = "/v1/nodes";

    private static final int MAX_REMOVALS = 20;
    private static final Duration BETWEEN_REMOVALS = Duration.ofSeconds(1);

    private final VolumePath volume;
    private final UnaryOperator<String> shell;
    private final ApiOptions options;
    private final List<ApiClient> clients = new ArrayList<>(); // who answered last comes first
    private final List<String> addresses = new ArrayList<>();

    /// @param shell kills the node of that name, and returns what went wrong, or an empty text
    DrillApi(ApiOptions options, VolumePath volume, UnaryOperator<String> shell)
            throws CommandFailedException {
        this.options = options;
        this.volume = volume;
        this.shell = shell;
        clients.add(options.impatientClient());
    }

    /// Makes the volume.
    ///
    /// @return its iSCSI target
    String make() throws CommandFailedException {
        Map<String, Object> body =
                Map.of(
                        "vg_name",
                        volume.group(),
                        "lv_name",
                        volume.volume(),
                        "lv_size",
                        DrillSettings.VOLUME_BYTES,
                        "block_size",
                        512);
        get(NODES);
        return clients.getFirst().post("/v1/volumes", body).path("target").asText();
    }

    /// Removes the volume, whoever is logged in; again and again, while its family has no owner, for instance.
    void remove() throws CommandFailedException {
        for (int tries = 1; ; tries++) {
            try {
                get(NODES);
                clients.getFirst().delete(volume.url() + "?force=true");
                return;
            } catch (CommandFailedException e) {
                if (tries == MAX_REMOVALS) {
                    throw e;
                }
                HostClock.SYSTEM.pause(BETWEEN_REMOVALS);
            }
        }
    }

    @Override
    public List<ListedNode> nodes() throws DrillFailedException {
        JsonNode listed = list(NODES).path("nodes");
        var nodes = new ArrayList<ListedNode>();
        for (JsonNode node : listed) {
            addFallback(node.path("management").asText());
            nodes.add(
                    new ListedNode(
                            node.path("name").asText(),
                            state(node.path("state").asText()),
                            StreamSupport.stream(node.path("portals").spliterator(), false)
                                    .map(portal -> HostPort.parse(portal.asText(), 3260))
                                    .toList()));
        }
        return nodes;
    }

    private static ListedNode.State state(String text) {
        return switch (text) {
            case "up" -> ListedNode.State.UP;
            case "drained" -> ListedNode.State.DRAINED;
            default ->
                    ListedNode.State.DOWN; // a state that we do not know is no reason to rely on it
        };
    }

    /// The nodes of a cluster share their token, so it is shown to each.
    private void addFallback(String address) throws DrillFailedException {
        if (address.isEmpty() || addresses.contains(address)) {
            return;
        }
        addresses.add(address);
        try {
            clients.add(
                    options.impatientClient(
                            HostPort.parse(address, ServerSettings.DEFAULT_HTTP.port())));
        } catch (CommandFailedException e) {
            throw failed(e);
        }
    }

    @Override
    public String owner() throws DrillFailedException {
        return list(volume.url()).path("owner").asText();
    }

    @Override
    public void move(String node) throws DrillFailedException {
        list(NODES);
        try {
            clients.getFirst().post(volume.url() + ":move", Map.of("node", node));
        } catch (CommandFailedException e) {
            throw failed(e);
        }
    }

    @Override
    public void kill(String node) throws DrillFailedException {
        String wrong = shell.apply(node);
        if (!wrong.isEmpty()) {
            throw new DrillFailedException(wrong, "");
        }
    }

    private JsonNode list(String path) throws DrillFailedException {
        try {
            return get(path);
        } catch (CommandFailedException e) {
            throw failed(e);
        }
    }

    private static DrillFailedException failed(CommandFailedException e) {
        return new DrillFailedException(String.valueOf(e.getMessage()), e.correction());
    }

    /// Asks one after the other, until one answers.
    private JsonNode get(String path) throws CommandFailedException {
        var silent = new ArrayList<CommandFailedException>();
        for (ApiClient client : List.copyOf(clients)) {
            try {
                JsonNode answer = client.get(path);
                clients.remove(client);
                clients.addFirst(client);
                return answer;
            } catch (CommandFailedException e) {
                silent.add(e);
            }
        }
        throw silent.getFirst();
    }
}
