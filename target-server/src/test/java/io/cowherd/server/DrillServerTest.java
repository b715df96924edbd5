package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.drill.Cluster;
import io.cowherd.drill.Drill;
import io.cowherd.drill.DrillReport;
import io.cowherd.drill.DrillSettings;
import io.cowherd.drill.ListedNode;
import io.cowherd.drill.initiator.Dialer;
import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.Timing;
import io.cowherd.drill.initiator.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `cowherd drill` as it is typed, against a server of this process with two portals; and the drill itself, over connections that
/// are cut.
@Timeout(120)
class DrillServerTest {
    private static final HostPort ANY = new HostPort("127.0.0.1", 0);

    @TempDir private Path data = Path.of("replaced");
    private CowherdServer server;
    private Path report = Path.of("replaced");

    @BeforeEach
    void start() throws Exception {
        report = data.resolve("report.json");
        var settings =
                new ServerSettings(
                        data.resolve("data"),
                        "node-1",
                        List.of(new PortalSetting(ANY, null), new PortalSetting(ANY, null)),
                        ANY,
                        TransportSetting.AUTO,
                        AccessSettings.DEFAULTS,
                        Limits.DEFAULTS,
                        ManagementLimits.DEFAULTS);
        server = CowherdServer.start(settings, CowherdServer.Preparation.NONE);
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private TypedCommand run(String command) {
        return TypedCommand.run(server, data.resolve("data"), command);
    }

    private TypedCommand drill(String options) {
        return run("drill --settle 0 --workers 3 --report " + report + options);
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper().readTree(Files.readString(report));
    }

    @Test
    void aServerAloneIsMeasuredAndTheVolumeGoes() throws Exception {
        TypedCommand ran = drill(" --seed 42");
        assertEquals(0, ran.code(), ran.err());
        assertTrue(ran.out().endsWith("PASSED\n"), ran.out());
        assertTrue(ran.err().contains("can only measure"), ran.err());
        JsonNode json = report();
        assertEquals("PASSED", json.path("verdict").asText());
        assertEquals(42, json.at("/settings/seed").asLong());
        assertEquals("node-1", json.at("/events/0/from").asText());
        assertEquals("UNDISTURBED", json.at("/stalls/0/kind").asText());
        assertTrue(json.path("acknowledged_writes").asLong() >= 3);
        assertTrue(json.path("verified_blocks").asInt() >= 3);
        assertEquals(server.advertisedPortals().toString(), texts(json.path("portals")));
        assertFalse(run("ls").out().contains("drill"));
    }

    private static String texts(JsonNode array) {
        var texts = new java.util.ArrayList<String>();
        array.forEach(each -> texts.add(each.asText()));
        return texts.toString();
    }

    @Test
    void theVolumeMayBeKeptAndIsThenRefused() {
        assertEquals(0, drill(" --keep --volume volumeGroup/mine").code());
        assertTrue(run("ls").out().contains("mine"));
        report = data.resolve("another.json");
        TypedCommand again = drill(" --volume volumeGroup/mine");
        assertEquals(1, again.code());
        assertTrue(again.err().contains("volumeGroup/mine"), again.err());
        assertTrue(run("ls").out().contains("mine"), "what it has not made it does not remove");
        assertFalse(Files.exists(report), "nothing came of it");
    }

    @Test
    void aReportIsNeverOverwritten() throws Exception {
        Files.writeString(report, "mine");
        TypedCommand ran = drill("");
        assertEquals(1, ran.code());
        assertTrue(ran.err().contains("--report"), ran.err());
        assertEquals("mine", Files.readString(report));
        assertFalse(run("ls").out().contains("drill"));
    }

    @Test
    void wrongUsageIsTold() {
        for (String wrong :
                List.of(
                        "--kills 2",
                        "--workers 0",
                        "--workers 65",
                        "--moves -1",
                        "--settle 3601")) {
            assertEquals(2, run("drill " + wrong).code(), wrong);
        }
        assertEquals(2, run("drill --chap-user web01").code());
    }

    @Test
    void itProvesWhoItIs() throws Exception {
        Path secret = data.resolve("secret");
        Files.writeString(secret, "twelve bytes");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        assertEquals(0, run("chap set web01 --secret-file " + secret).code());
        TypedCommand unknown = drill("");
        assertEquals(1, unknown.code());
        assertTrue(unknown.err().contains("--chap-user"), unknown.err());
        TypedCommand known = drill(" --chap-user web01 --chap-secret-file " + secret);
        assertEquals(0, known.code(), known.err());
    }

    /// Cuts a connection every so many times that something is to be received.
    private record CuttingDialer(Dialer under, int every, AtomicInteger count) implements Dialer {
        @Override
        public Wire dial(HostPort portal) throws IOException {
            Wire wire = under.dial(portal);
            return new Wire() {
                @Override
                public void send(ByteBuffer bytes) throws IOException {
                    wire.send(bytes);
                }

                @Override
                public void receive(ByteBuffer room) throws IOException {
                    if (count.incrementAndGet() % every == 0) {
                        wire.close();
                    }
                    wire.receive(room);
                }

                @Override
                public void close() throws IOException {
                    wire.close();
                }
            };
        }
    }

    private record OneNode(List<String> portals) implements Cluster {
        @Override
        public List<ListedNode> nodes() {
            var node =
                    new ListedNode(
                            "node-1",
                            ListedNode.State.UP,
                            portals.stream().map(portal -> HostPort.parse(portal, 0)).toList());
            return List.of(node);
        }

        @Override
        public String owner() {
            return "node-1";
        }

        @Override
        public void move(String node) {}

        @Override
        public void kill(String node) {}
    }

    /// Nothing that was acknowledged is lost when connections are, all the time, and what was under way is issued again.
    @Test
    void aRealTargetKeepsEveryWriteThroughLostConnections() throws Exception {
        assertEquals(0, run("create volumeGroup/cut -L 64M").code());
        var dialer = new CuttingDialer(Dialer.tcp(Timing.DEFAULTS), 53, new AtomicInteger());
        var around =
                new Drill.Surroundings(
                        new OneNode(server.advertisedPortals()),
                        dialer,
                        Timing.DEFAULTS,
                        HostClock.SYSTEM,
                        InstantSource.system(),
                        _ -> {});
        var settings = new DrillSettings(0, 0, Duration.ZERO, 4, 42);
        var host = new Drill.Host("iqn.2026-11.io.cowherd:drill", 7, null);
        DrillReport result =
                new Drill(around, settings, host, "iqn.2026-11.io.cowherd:volumeGroup.cut").run();
        assertEquals(List.of(), result.errors());
        assertEquals(DrillReport.Verdict.PASSED, result.verdict());
        assertTrue(result.acknowledgedWrites() > 0);
    }
}
