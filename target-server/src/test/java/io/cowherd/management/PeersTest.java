package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.Volumes;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** Any node of a cluster can be asked for any volume. **Method.** Two APIs over fakes; the first has the group `a`, the
/// second all others.
final class PeersTest {
    private final HttpClient http = HttpClient.newHttpClient();
    private final AtomicReference<@Nullable HostPort> second = new AtomicReference<>();
    private final AtomicReference<@Nullable HostPort> first = new AtomicReference<>();
    private final List<RunningApi> running = new ArrayList<>();

    /// Where everything is, by the group's name.
    private record TwoNodes(String own, AtomicReference<@Nullable HostPort> other, Nodes alone)
            implements Nodes {
        @Override
        public List<NodeView> list() {
            return alone.list();
        }

        @Override
        public List<HostPort> others() {
            HostPort address = other.get();
            return address == null ? List.of() : List.of(address);
        }

        @Override
        public @Nullable HostPort management(String node) {
            return node.equals(own) ? null : other.get();
        }

        @Override
        public @Nullable Elsewhere elsewhere(VolumeName volume) {
            boolean isFirst = volume.group().equals("a");
            return isFirst == own.equals("first")
                    ? null
                    : new Elsewhere(isFirst ? "first" : "second", other.get());
        }

        @Override
        public void place(Volume origin) throws VolumeRefusedException {
            alone.place(origin);
        }

        @Override
        public void move(VolumeName origin, String node) throws VolumeRefusedException {
            alone.move(origin, node);
        }

        @Override
        public void drain(String node, Draining draining) throws VolumeRefusedException {
            throw new VolumeRefusedException(
                    VolumeRefusedException.Reason.CONFLICT, own + " was asked", "");
        }
    }

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        for (String name : List.of("first", "second")) {
            AtomicReference<@Nullable HostPort> other = name.equals("first") ? second : first;
            running.add(
                    new RunningApi(
                            directory,
                            ManagementLimits.DEFAULTS,
                            volumes -> nodes(name, other, volumes)));
        }
        first.set(running.get(0).address());
        second.set(running.get(1).address());
    }

    private static Nodes nodes(
            String name, AtomicReference<@Nullable HostPort> other, Volumes volumes) {
        return new TwoNodes(name, other, RunningApi.singleNode(volumes));
    }

    @AfterEach
    void stop() {
        running.forEach(RunningApi::close);
    }

    private HttpResponse<String> send(int node, String method, String path, String body)
            throws Exception {
        RunningApi api = running.get(node);
        return http.send(
                HttpRequest.newBuilder(URI.create(api.url() + path))
                        .header("Authorization", "Bearer " + api.token)
                        .header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                BodyHandlers.ofString());
    }

    private JsonNode answer(int status, HttpResponse<String> response) throws Exception {
        assertEquals(status, response.statusCode(), response::body);
        return new ObjectMapper().readTree(response.body());
    }

    private void make(int node, String group) throws Exception {
        String body = "{'vg_name':'%s','lv_name':'base','lv_size':'1G'}".formatted(group);
        answer(201, send(node, "POST", "/v1/volumes", body));
    }

    @Test
    void aListHasWhatEveryNodeServes() throws Exception {
        make(0, "a");
        make(1, "b");
        for (int node = 0; node < 2; node++) {
            JsonNode volumes = answer(200, send(node, "GET", "/v1/volumes", "")).path("volumes");
            assertEquals(2, volumes.size(), volumes::toString);
            assertEquals("a", volumes.get(0).path("vg_name").asText());
            assertEquals("b", volumes.get(1).path("vg_name").asText());
        }
    }

    @Test
    void aChangeIsMadeByTheNodeThatOwnsTheVolume() throws Exception {
        make(1, "b");
        JsonNode fork =
                answer(201, send(0, "POST", "/v1/volumes/b/base:fork", "{'lv_name':'trial'}"));
        assertEquals("b/trial", fork.path("lv_full_name").asText());
        assertEquals(2, running.get(1).volumes.list().size());
        assertEquals(0, running.get(0).volumes.list().size());
        answer(200, send(0, "GET", "/v1/volumes/b/trial", ""));
        assertEquals(204, send(0, "DELETE", "/v1/volumes/b/trial", "").statusCode());
        JsonNode refused = answer(404, send(0, "GET", "/v1/volumes/b/trial", ""));
        assertEquals("There is no volume b/trial.", refused.path("cause").asText());
    }

    @Test
    void aNodeThatIsDownIsLeftOutOfListsAndNamedByChanges() throws Exception {
        make(0, "a");
        try (var nobody = new ServerSocket(0)) {
            second.set(new HostPort("127.0.0.1", nobody.getLocalPort()));
        }
        JsonNode volumes = answer(200, send(0, "GET", "/v1/volumes", "")).path("volumes");
        assertEquals(1, volumes.size());
        String body = "{'lv_name':'trial'}";
        JsonNode refused = answer(503, send(0, "POST", "/v1/volumes/b/base:fork", body));
        assertTrue(
                refused.path("cause").asText().startsWith("The node second does not answer."),
                refused::toString);
        second.set(null);
        refused = answer(503, send(0, "POST", "/v1/volumes/b/base:fork", body));
        assertTrue(refused.path("cause").asText().startsWith("second, which"), refused::toString);
    }

    @Test
    void aNodeIsDrainedByItself() throws Exception {
        JsonNode refused = answer(409, send(0, "PUT", "/v1/nodes/second/drain", "{}"));
        assertEquals("second was asked", refused.path("cause").asText());
        second.set(null);
        refused = answer(409, send(0, "PUT", "/v1/nodes/second/drain", "{}"));
        assertEquals("first was asked", refused.path("cause").asText());
    }

    /// Two nodes that each believe the other to be the owner: no request goes round between them.
    @Test
    void aRequestIsPassedOnOnce() throws Exception {
        running.add(
                new RunningApi(
                        running.get(0).tokenFile.resolveSibling("."),
                        ManagementLimits.DEFAULTS,
                        volumes -> nodes("first", first, volumes)));
        JsonNode refused = answer(404, send(2, "GET", "/v1/volumes/b/base", ""));
        assertEquals("There is no volume b/base.", refused.path("cause").asText());
    }
}
