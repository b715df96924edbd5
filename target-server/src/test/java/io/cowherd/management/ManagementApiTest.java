package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cowherd.config.ManagementLimits;
import io.cowherd.mapping.volume.BrokenGroup;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Conversations with the API over HTTP, the volumes being fakes.
class ManagementApiTest {
    private static final String BASE = "/v1/volumes/volumeGroup/base";

    private final HttpClient http = HttpClient.newHttpClient();
    private RunningApi api = unstarted();

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        api = new RunningApi(directory);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    @SuppressWarnings("NullAway") // set before each test
    private static RunningApi unstarted() {
        return null;
    }

    @Test
    void aVolumeIsMadeShownAndRemoved() throws Exception {
        JsonNode made =
                expect(
                        201,
                        "POST",
                        "/v1/volumes",
                        "{'vg_name':'volumeGroup','lv_name':'base','lv_size':'1G'}");
        assertEquals(1L << 30, made.path("lv_size").asLong());
        assertEquals("iqn.2026-11.io.cowherd:volumeGroup.base", made.path("target").asText());
        assertEquals(0, made.path("lun").asInt());
        assertTrue(made.path("origin").isNull());
        assertTrue(made.path("data_percent").isNull());

        assertEquals(made, expect(200, "GET", BASE, null));
        assertEquals(made, expect(200, "GET", "/v1/volumes", null).path("volumes").get(0));
        expect(204, "DELETE", BASE, null);
        expect(404, "GET", BASE, null);
    }

    @Test
    void aSnapshotShowsItsStoreAsItsSizeAsLvsDoes() throws Exception {
        makeBase();
        JsonNode snap =
                expect(
                        201,
                        "POST",
                        BASE + "/snapshots",
                        "{'lv_name':'snap','lv_size':'100M','chunk_size':8192,'store':'PO','read_only':true}");
        assertEquals(100L << 20, snap.path("lv_size").asLong());
        assertEquals(1L << 30, snap.path("origin_size").asLong());
        assertEquals(8192, snap.path("chunk_size").asInt());
        assertEquals("base", snap.path("origin").asText());
        assertEquals("read-only", snap.path("lv_permissions").asText());
        assertEquals("iqn.2026-11.io.cowherd:volumeGroup.base", snap.path("target").asText());
        assertEquals(1, snap.path("lun").asInt());
        assertTrue(send("GET", "/v1/volumes", null).body().contains("\"data_percent\":0.00"));
    }

    @Test
    void whatWasNotDoneAsAskedIsNoted() throws Exception {
        makeBase();
        JsonNode large =
                expect(201, "POST", BASE + "/snapshots", "{'lv_name':'large','lv_size':'50G'}");
        assertEquals(
                "[\"Reducing COW size 50.00g down to maximum usable size 1.00g.\"]",
                large.path("notes").toString());
        JsonNode adopted =
                expect(
                        201,
                        "POST",
                        BASE + "/snapshots",
                        "{'lv_name':'adopted','cow_device':'/d','chunk_size':'8k'}");
        assertEquals(
                "[\"The COW store has chunks of 4.00k already; 8.00k does not apply.\"]",
                adopted.path("notes").toString());
        JsonNode asAsked =
                expect(201, "POST", BASE + "/snapshots", "{'lv_name':'small','lv_size':'8M'}");
        assertTrue(asAsked.path("notes").isMissingNode(), asAsked.toString());
        var small = VolumeName.parse("volumeGroup/small");
        api.volumes.change(small, VolumeState.OVERFLOW, "It was full.");
        JsonNode extended =
                expect(200, "POST", "/v1/volumes/volumeGroup/small:extend", "{'lv_size':'+8M'}");
        assertEquals("[\"It was full.\"]", extended.path("notes").toString());
        assertEquals("overflow", extended.path("state").asText());
        JsonNode shown = expect(200, "GET", "/v1/volumes/volumeGroup/small", null);
        assertEquals("It was full.", shown.path("state_reason").asText());
        assertTrue(shown.path("notes").isMissingNode(), shown.toString());
        JsonNode events = expect(200, "GET", "/v1/events", null).path("events");
        JsonNode last = events.get(events.size() - 1);
        assertEquals("extended", last.path("type").asText());
        assertEquals("COW store 16.00m", last.path("detail").asText());
    }

    @Test
    void anUnknownKindOfStoreIsNamed() throws Exception {
        makeBase();
        String cause =
                expect(
                                400,
                                "POST",
                                BASE + "/snapshots",
                                "{'lv_name':'s','lv_size':'8M','store':'Q'}")
                        .path("cause")
                        .asText();
        assertTrue(cause.contains("\"Q\" is none of P, PO, N"), cause);
    }

    @Test
    void aForkCanNeverOverflow() throws Exception {
        makeBase();
        JsonNode fork = expect(201, "POST", BASE + ":fork", "{'lv_name':'trial'}");
        assertTrue(fork.path("lv_size").asLong() > 1L << 30);
    }

    @Test
    void aStoreGrowsByOrTo() throws Exception {
        makeBase();
        expect(201, "POST", BASE + "/snapshots", "{'lv_name':'snap','lv_size':'100M'}");
        String extend = "/v1/volumes/volumeGroup/snap:extend";
        assertEquals(
                200L << 20,
                expect(200, "POST", extend, "{'lv_size':'+100M'}").path("lv_size").asLong());
        assertEquals(
                256L << 20,
                expect(200, "POST", extend, "{'lv_size':268435456}").path("lv_size").asLong());
        expect(400, "POST", extend, "{'lv_size':'1M'}");
        String most = "{'lv_size':'+9223372036854775807b'}";
        assertTrue(expect(400, "POST", extend, most).path("cause").asText().contains("8 EiB"));
    }

    @Test
    void aSnapshotIsRenamedUnderItsHosts() throws Exception {
        makeBase();
        expect(201, "POST", BASE + ":fork", "{'lv_name':'trial'}");
        api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/trial")));
        JsonNode renamed =
                expect(200, "POST", "/v1/volumes/volumeGroup/trial:rename", "{'lv_name':'tried'}");
        assertEquals("volumeGroup/tried", renamed.path("lv_full_name").asText());
        expect(404, "GET", "/v1/volumes/volumeGroup/trial", null);
    }

    @Test
    void anOriginIsNotRenamedUnderItsHosts() throws Exception {
        makeBase();
        api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/base")));
        JsonNode problem = expect(409, "POST", BASE + ":rename", "{'lv_name':'root'}");
        assertEquals("IN_USE", problem.path("code").asText());
        assertTrue(problem.path("cause").asText().contains("iqn.1993-08.org.debian:01:cow"));
        api.hosts.disconnect(List.of("1"));
        assertEquals(
                "iqn.2026-11.io.cowherd:volumeGroup.root",
                expect(200, "POST", BASE + ":rename", "{'lv_name':'root'}")
                        .path("target")
                        .asText());
    }

    @Test
    void whatIsUsedIsNotRemovedAndTheAnswerSaysByWhom() throws Exception {
        makeBase();
        api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/base")));
        JsonNode problem = expect(409, "DELETE", BASE, null);
        assertEquals("IN_USE", problem.path("code").asText());
        assertEquals(
                "volumeGroup/base is in use by iqn.1993-08.org.debian:01:cow (127.0.0.1:40000): whoever is logged"
                        + " in to its target iqn.2026-11.io.cowherd:volumeGroup.base may have any LUN of it open.",
                problem.path("cause").asText());
        assertEquals(
                "iqn.1993-08.org.debian:01:cow",
                problem.path("users").path(0).path("initiator").asText());
        assertFalse(problem.path("correction").asText().isEmpty());
        expect(204, "DELETE", BASE + "?force=true", null);
    }

    @Test
    void aUsedSnapshotKeepsItsOriginToo() throws Exception {
        makeBase();
        expect(201, "POST", BASE + ":fork", "{'lv_name':'trial'}");
        api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/trial")));
        assertEquals(
                "IN_USE",
                expect(409, "DELETE", BASE + "?withSnapshots=true", null).path("code").asText());
        assertEquals(
                "CONFLICT",
                expect(409, "DELETE", BASE + "?force=true", null).path("code").asText());
        assertEquals(1, api.hosts.sessions().size(), "a refusal disconnects nobody");
        expect(204, "DELETE", BASE + "?withSnapshots=true&force=true", null);
        assertEquals(0, expect(200, "GET", "/v1/volumes", null).path("volumes").size());
    }

    @Test
    void namesThatAreOneToHostsAreRefused() throws Exception {
        expect(201, "POST", "/v1/volumes", "{'vg_name':'a','lv_name':'b.c','lv_size':'1G'}");
        for (String body :
                new String[] {
                    "{'vg_name':'a.b','lv_name':'c','lv_size':'1G'}",
                    "{'vg_name':'A','lv_name':'b.C','lv_size':'1G'}"
                }) {
            JsonNode problem = expect(409, "POST", "/v1/volumes", body);
            assertTrue(problem.path("cause").asText().contains("a/b.c"), problem.toString());
        }
    }

    @Test
    void tablesAreThoseOfDmsetup() throws Exception {
        makeBase();
        assertEquals(
                "[\"volumeGroup-base: 0 2097152 linear 7:0 0\"]",
                expect(200, "GET", "/v1/table", null).path("lines").toString());
        assertEquals(
                "[\"0 2097152 linear 7:0 0\"]",
                expect(200, "GET", "/v1/table/volumeGroup-base", null).path("lines").toString());
        assertEquals(1, expect(200, "GET", "/v1/status", null).path("lines").size());
        expect(404, "GET", "/v1/status/volumeGroup", null);
    }

    @Test
    void sessionsAreListedAndEnded() throws Exception {
        makeBase();
        api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/base")));
        JsonNode target = expect(200, "GET", "/v1/targets", null).path("targets").path(0);
        assertEquals(1, target.path("sessions").asInt());
        assertEquals("volumeGroup/base", target.path("luns").path(0).path("lv_full_name").asText());
        JsonNode session = expect(200, "GET", "/v1/sessions", null).path("sessions").path(0);
        assertEquals(
                "{'header_digest':'CRC32C','data_digest':'None',"
                        + "'initiator_max_recv_data_segment_length':65536,"
                        + "'target_max_recv_data_segment_length':262144,"
                        + "'max_burst_length':1048576,'first_burst_length':131072,"
                        + "'initial_r2t':true,'immediate_data':false,'max_outstanding_r2t':1}",
                session.path("negotiated").toString().replace('"', '\''));
        String id = session.path("id").asText();
        expect(204, "DELETE", "/v1/sessions/" + id, null);
        expect(404, "DELETE", "/v1/sessions/" + id, null);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'lv_name':'b','vg_name':'v'              | line 1, column",
                "{'lv_name':'b'} trailing                  | line 1, column",
                "{'lv_name':'b','lv_name':'c'}             | Duplicate",
                "{'lv_nam':'b'}                            | 'lv_nam' (line 1, column 15) is not a field here.",
                "{'lv_name':7}                             | 'lv_name'",
                "{'vg_name':'v'}                           | 'lv_name' is missing.",
                "{'lv_name':'b'}                           | 'vg_name' is missing.",
                "{'vg_name':'v','lv_name':'b'}             | either a size or an existing device",
                "{'vg_name':'v','lv_name':'b','lv_size':1,'device':'/d'} | either a size or an existing device",
                "{'vg_name':'v','lv_name':'b','lv_size':'100'} | lacks a unit",
                "{'vg_name':'v','lv_name':'b','lv_size':-1} | negative",
                "{'vg_name':'v','lv_name':'b','lv_size':1.5} | lv_size",
                "{'vg_name':'v','lv_name':'b','lv_size':'+1G'} | relative",
                "{'vg_name':'v','lv_name':'b','device':'d'} | absolute",
                "{'vg_name':'v/w','lv_name':'b','lv_size':'1G'} | v/w/b",
                "null                                      | null",
                "[]                                        | The body",
            })
    void aBadBodyIsRefusedWithWhereAndWhat(String body, String cause) throws Exception {
        JsonNode problem = expect(400, "POST", "/v1/volumes", body);
        String said = problem.path("cause").asText();
        assertTrue(said.contains(cause.replace('\'', '"')), said);
        assertFalse(said.contains("io.cowherd"), said);
    }

    @Test
    void anEmptyBodyIsRefused() throws Exception {
        assertEquals(
                "The request has no body.",
                expect(400, "POST", "/v1/volumes", "").path("cause").asText());
    }

    @Test
    void aHugeBodyIsRefused() throws Exception {
        String body = "{'lv_name':'" + "b".repeat(70_000) + "'}";
        assertEquals(
                "BODY_TOO_LARGE", expect(413, "POST", "/v1/volumes", body).path("code").asText());
    }

    @Test
    void unknownPathsMethodsAndParametersAreProblems() throws Exception {
        assertEquals("NO_SUCH_PATH", expect(404, "GET", "/v1/volume", null).path("code").asText());
        expect(405, "POST", BASE + ":merge", "{}");
        assertEquals(
                "METHOD_NOT_ALLOWED",
                expect(405, "PUT", "/v1/volumes", "{}").path("code").asText());
        assertTrue(
                expect(400, "DELETE", BASE + "?forse=true", null)
                        .path("correction")
                        .asText()
                        .contains("force"));
        expect(400, "DELETE", BASE + "?force=yes", null);
        expect(400, "GET", "/v1/volumes?watch=true", null);
    }

    @Test
    void aFailureOfStorageIsToldAndNothingElse() throws Exception {
        api.volumes.failWith(new IOException("no space left on device"));
        JsonNode problem =
                expect(500, "POST", "/v1/volumes", "{'vg_name':'v','lv_name':'b','lv_size':'1G'}");
        assertEquals("IO_ERROR", problem.path("code").asText());
        assertTrue(problem.path("cause").asText().contains("no space left on device"));
        api.volumes.failWith(new AccessDeniedException("/data/volumeGroup"));
        assertEquals(
                "The server's storage failed: the server has no permission to use /data/volumeGroup.",
                expect(500, "POST", "/v1/volumes", "{'vg_name':'v','lv_name':'b','lv_size':'1G'}")
                        .path("cause")
                        .asText());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer wrong", "Basic YTpi", "bearer "})
    void withoutTheTokenNothingIsTold(String header) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api.url() + "/v1/volumes"));
        if (!header.isEmpty()) {
            request.header("Authorization", header);
        }
        HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
        assertEquals(401, response.statusCode());
        assertTrue(response.headers().firstValue("WWW-Authenticate").isPresent());
        assertFalse(response.body().contains(api.token));
    }

    /// Goal: a web page whose name was made to point at 127.0.0.1 gets nothing, even from open paths.
    @Test
    void anotherHostsNameIsRefused() throws Exception {
        assertEquals(
                "HTTP/1.1 403 Forbidden", rawGet("/health/ready", "Host: attacker.example\r\n"));
        assertEquals(
                "HTTP/1.1 403 Forbidden", rawGet("/health/ready", "Host: 127.0.0.1.nip.io\r\n"));
        assertEquals("HTTP/1.1 400 Bad Request", rawGet("/health/ready", ""));
        assertEquals("HTTP/1.1 200 OK", rawGet("/health/ready", "Host: LOCALHOST:3261\r\n"));
        assertEquals("HTTP/1.1 200 OK", rawGet("/health/ready", "Host: [::1]\r\n"));
        assertEquals("HTTP/1.1 403 Forbidden", rawGet("/health/ready", "Host: 127.999.1.1\r\n"));
        assertEquals("HTTP/1.1 200 OK", rawGet("/health/ready", "Host: 127.255.1.1\r\n"));
    }

    @Test
    void twoHostsAreRefused() throws Exception {
        String here = "Host: 127.0.0.1\r\n";
        assertEquals(
                "HTTP/1.1 400 Bad Request",
                rawGet("/health/ready", here + "Host: attacker.example\r\n"));
        assertEquals(
                "HTTP/1.1 400 Bad Request", rawGet("http://attacker.example/health/ready", here));
    }

    /// Only numbers and texts are sizes, only texts are paths.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "'lv_size':{}",
                "'lv_size':{'size':{'bytes':4194304,'relative':false}}",
                "'lv_size':[4194304]",
                "'device':{}",
                "'device':{'path':'/dev/null'}"
            })
    void otherFormsOfSizesAndPathsAreRefused(String field) throws Exception {
        JsonNode problem =
                expect(
                        400,
                        "POST",
                        "/v1/volumes",
                        "{'vg_name':'volumeGroup','lv_name':'base'," + field + "}");
        assertEquals("INVALID", problem.path("code").asText());
    }

    private String rawGet(String path, String hostLine) throws IOException {
        URI uri = URI.create(api.url());
        try (var socket = new Socket(uri.getHost(), uri.getPort());
                OutputStream out = socket.getOutputStream();
                var in =
                        new BufferedReader(
                                new InputStreamReader(
                                        socket.getInputStream(), StandardCharsets.ISO_8859_1))) {
            out.write(
                    ("GET " + path + " HTTP/1.1\r\n" + hostLine + "Connection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            return String.valueOf(in.readLine());
        }
    }

    @Test
    void probesFollowReadiness() throws Exception {
        try (var directory = new TemporaryFolder();
                var other = new RunningApi(directory.path())) {
            assertEquals(200, status(other, "/health/live"));
            assertEquals(200, status(other, "/health/started"));
            assertEquals(200, status(other, "/health/ready"));
            other.readiness.become(Readiness.State.STOPPING);
            assertEquals(200, status(other, "/health/live"));
            assertEquals(503, status(other, "/health/ready"));
        }
    }

    @Test
    void groupsThatAreOutOfServiceAreNamed() throws Exception {
        api.volumes.breakGroup(new BrokenGroup("vg", "Its catalog is damaged.", "Mend it."));
        for (String path : List.of("/v1/volumes", "/health/ready")) {
            JsonNode group = expect(200, "GET", path, null).path("broken_groups").path(0);
            assertEquals("vg", group.path("name").asText(), path);
            assertEquals("Its catalog is damaged.", group.path("cause").asText(), path);
            assertEquals("Mend it.", group.path("correction").asText(), path);
        }
    }

    private int status(RunningApi other, String path) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create(other.url() + path)).build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void eventsAreKeptAndStreamed() throws Exception {
        makeBase();
        JsonNode kept = expect(200, "GET", "/v1/events", null).path("events");
        assertEquals("created", kept.path(0).path("type").asText());
        HttpResponse<InputStream> stream =
                http.send(
                        request("/v1/events")
                                .header("Accept", "text/event-stream")
                                .header("Last-Event-ID", "0")
                                .build(),
                        BodyHandlers.ofInputStream());
        try (var lines =
                new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
            assertTrue(nextData(lines).contains("\"type\":\"created\""));
            expect(204, "DELETE", BASE, null);
            String removed = nextData(lines);
            assertTrue(removed.contains("\"type\":\"removed\""), removed);
            assertTrue(removed.contains("volumeGroup/base"), removed);
        }
    }

    private static String nextData(BufferedReader lines) throws IOException {
        String line = Objects.requireNonNull(lines.readLine());
        while (!line.startsWith("data: ")) {
            line = Objects.requireNonNull(lines.readLine());
        }
        return line;
    }

    @Test
    void tooManyStreamsAreRefused() throws Exception {
        ManagementLimits few = new ManagementLimits(256, 65_536, 10_000, 60, 64, 4, 0, 16, 25_000);
        try (var directory = new TemporaryFolder();
                var other = new RunningApi(directory.path(), few)) {
            HttpResponse<String> response =
                    http.send(
                            HttpRequest.newBuilder(URI.create(other.url() + "/v1/events"))
                                    .header("Authorization", "Bearer " + other.token)
                                    .header("Accept", "text/event-stream")
                                    .build(),
                            BodyHandlers.ofString());
            assertEquals(503, response.statusCode());
        }
    }

    private void makeBase() throws Exception {
        expect(
                201,
                "POST",
                "/v1/volumes",
                "{'vg_name':'volumeGroup','lv_name':'base','lv_size':'1G'}");
    }

    private JsonNode expect(int status, String method, String path, @Nullable String body)
            throws Exception {
        HttpResponse<String> response = send(method, path, body);
        assertEquals(status, response.statusCode(), response.body());
        if (status >= 400) {
            assertEquals(
                    "application/problem+json",
                    response.headers().firstValue("Content-Type").orElse(""));
        }
        return new ObjectMapper().readTree(response.body());
    }

    private HttpResponse<String> send(String method, String path, @Nullable String body)
            throws Exception {
        return http.send(
                request(path)
                        .method(
                                method,
                                body == null
                                        ? BodyPublishers.noBody()
                                        : BodyPublishers.ofString(body.replace('\'', '"')))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(api.url() + path))
                .header("Authorization", "Bearer " + api.token);
    }
}
