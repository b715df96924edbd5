package io.cowherd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.cowherd.config.HostPort;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.management.RunningApi;
import io.cowherd.mapping.volume.BrokenGroup;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeState;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// Commands as users type them, against the API over fakes: what they print, where, and their exit codes.
class CommandLineTest {
    private record Ran(int code, String out, String err) {}

    private final List<ServerSettings> started = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();

    private Ran run(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line =
                CowherdCommand.build(
                        (settings, occasion, _) -> {
                            started.add(settings);
                            if (occasion == ServerRunner.Occasion.DEMO) {
                                throw new CommandFailedException("no demo today", "come back");
                            }
                            return 0;
                        },
                        environment::get);
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int code = line.execute(arguments);
        return new Ran(code, out.toString(), err.toString());
    }

    private Ran run(RunningApi api, String command) {
        return run(
                Stream.concat(
                                Stream.of(command.split(" ")),
                                Stream.of(
                                        "--server",
                                        api.url(),
                                        "--token-file",
                                        api.tokenFile.toString()))
                        .toArray(String[]::new));
    }

    private static String ok(Ran ran) {
        assertEquals("", ran.err());
        assertEquals(0, ran.code());
        return ran.out();
    }

    @Test
    void theWordsOfTheDesign(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            assertEquals(
                    "volumeGroup/base created: LUN 0 of iqn.2026-11.io.cowherd:volumeGroup.base\n",
                    ok(run(api, "create volumeGroup/base -L 1G")));
            assertEquals(
                    "volumeGroup/snap created: LUN 1 of iqn.2026-11.io.cowherd:volumeGroup.base\n",
                    ok(run(api, "snapshot volumeGroup/base -n snap -L 100M -c 8k")));
            assertEquals(
                    "volumeGroup/trial\n", ok(run(api, "fork volumeGroup/base trial --quiet")));
            assertEquals(
                    "volumeGroup/snap extended to 200.00m\n",
                    ok(run(api, "extend volumeGroup/snap -L +100M")));
            assertEquals(
                    "volumeGroup/tried is the new name of volumeGroup/trial: LUN 2 of"
                            + " iqn.2026-11.io.cowherd:volumeGroup.base\n",
                    ok(run(api, "rename volumeGroup/trial volumeGroup/tried")));
            assertEquals("volumeGroup/tried removed\n", ok(run(api, "rm volumeGroup/tried")));
            assertEquals(
                    """
                      LV   VG          Attr       LSize   Origin Data% Target                                  LUN Owner
                      base volumeGroup owi-a-s---   1.00g              iqn.2026-11.io.cowherd:volumeGroup.base   0 node-1
                      snap volumeGroup swi-a-s--- 200.00m base   0.00  iqn.2026-11.io.cowherd:volumeGroup.base   1 node-1
                    """,
                    ok(run(api, "ls")).replaceFirst("^", ""));
        }
    }

    @Test
    void listsForMachines(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            ok(run(api, "fork volumeGroup/base trial"));
            String json = ok(run(api, "ls -o json"));
            assertTrue(json.contains("\"data_percent\" : 0.00"), json);
            assertEquals(2, ApiClient.MAPPER.readTree(json).path("volumes").size());
            assertTrue(ok(run(api, "ls -o yaml")).contains("lv_name: \"base\""));
            assertTrue(ok(run(api, "ls -o wide")).contains("LV UUID"));
            assertEquals("volumeGroup/base\nvolumeGroup/trial\n", ok(run(api, "ls -q")));
            assertTrue(ok(run(api, "targets")).contains("127.0.0.1:3260"));
        }
    }

    @Test
    void tablesAreThoseOfDmsetup(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volume-Group/ba-se -L 1G"));
            assertEquals("volume--Group-ba--se: 0 2097152 linear 7:0 0\n", ok(run(api, "table")));
            assertEquals("0 2097152 linear 7:0 0\n", ok(run(api, "table volume-Group/ba-se")));
            assertEquals("0 2097152 linear \n", ok(run(api, "status volume--Group-ba--se")));
            Ran none = run(api, "table nothing");
            assertEquals(1, none.code());
            assertTrue(
                    none.err().startsWith("cowherd: Device nothing does not exist."), none.err());
        }
    }

    /// `node-1` of [RunningApi], which is alone.
    @Test
    void aSingleNodeListsItselfAndCannotBeLeft(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 64M"));
            String nodes = ok(run(api, "nodes")).replaceAll(" +", " ");
            assertTrue(nodes.contains("node-1* up 1 127.0.0.1:3260 127.0.0.1:3261 1.0"), nodes);
            assertEquals(
                    "volumeGroup/base is served by node-1",
                    ok(run(api, "move volumeGroup/base node-1")).strip());
            ok(run(api, "drain node-1 --undo"));
            for (String command :
                    List.of(
                            "move volumeGroup/base node-2",
                            "move volumeGroup/none node-1",
                            "drain node-2",
                            "drain node-1")) {
                assertEquals(1, run(api, command).code(), command);
            }
        }
    }

    @Test
    void sessionsAreListedAndEnded(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/base")));
            assertTrue(ok(run(api, "sessions")).contains("iqn.1993-08.org.debian:01:cow"));
            String wide = ok(run(api, "sessions -o wide")).replaceAll(" +", " ");
            assertTrue(
                    wide.contains(
                            " 00023d000001 1 CRC32C None 65536 262144 1048576 131072 true false 1"),
                    wide);
            Ran refused = run(api, "rm volumeGroup/base");
            assertEquals(1, refused.code());
            assertEquals(
                    """
                    cowherd: volumeGroup/base is in use by iqn.1993-08.org.debian:01:cow (127.0.0.1:40000): whoever is logged in to its target iqn.2026-11.io.cowherd:volumeGroup.base may have any LUN of it open.
                      Log the hosts out, or force it (--force), which disconnects them.
                    """,
                    refused.err());
            assertEquals("session 1 disconnected\n", ok(run(api, "sessions --disconnect 1")));
            assertEquals(1, run(api, "sessions --disconnect 1").code());
            api.hosts.logIn(api.volumes.get(VolumeName.parse("volumeGroup/base")));
            ok(run(api, "rm volumeGroup/base --force"));
            assertTrue(api.hosts.sessions().isEmpty());
        }
    }

    @Test
    void eventsAreListed(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            ok(run(api, "rename volumeGroup/base root"));
            String events = ok(run(api, "events --since 1"));
            assertTrue(events.startsWith("2 "), events);
            assertTrue(events.endsWith("renamed volumeGroup/root was volumeGroup/base\n"), events);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "creat volumeGroup/base",
                "create",
                "create base -L 1G",
                "create a/b/c -L 1G",
                "create volumeGroup/base",
                "create volumeGroup/base -L",
                "create volumeGroup/base -L 1X",
                "create volumeGroup/base -L +1G",
                "create volumeGroup/base -L 1G --device /dev/null",
                "snapshot volumeGroup/base -n snap",
                "snapshot volumeGroup/base -L 1G",
                "extend volumeGroup/base",
                "rename volumeGroup/base other/base",
                "ls -o xml",
                "ls --server http://",
                "serve --portal 127.0.0.1:x",
                "serve --advertise 192.0.2.1:1 --advertise 192.0.2.2:1",
                "serve --portal 127.0.0.1:1 --portal 127.0.0.1:1",
                "serve --http ::1",
                "serve --data=",
                "snapshot volumeGroup/base -n snap -L 1G --store Q",
                "rm volumeGroup/base volumeGroup/snap",
                "rm volumeGroup/base --forse",
            })
    void wrongUsageIsTwo(String command) {
        Ran ran = run(command.isEmpty() ? new String[0] : command.split(" "));
        assertEquals(2, ran.code(), ran.err());
        assertEquals("", ran.out());
        assertFalse(ran.err().isEmpty());
        assertFalse(ran.err().contains("Exception"), ran.err());
        assertTrue(ran.err().startsWith("cowherd: "), ran.err());
        assertTrue(ran.err().matches("(?s).* See: cowherd( \\w+)? --help\n"), ran.err());
        assertTrue(ran.err().lines().count() <= 3, ran.err());
        assertTrue(started.isEmpty());
    }

    @Test
    void whatTheServerRefusesIsOne(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            Ran missing = run(api, "rm volumeGroup/nothing");
            assertEquals(1, missing.code());
            assertEquals(
                    """
                    cowherd: There is no volume volumeGroup/nothing.
                      List them first.
                    """,
                    missing.err());
            assertEquals("", missing.out());
        }
    }

    @Test
    void wrongUsageIsNamed() {
        assertEquals(
                """
                cowherd: "volumeGroup/snap" is one argument too many.
                  See: cowherd rm --help
                """,
                run("rm", "volumeGroup/base", "volumeGroup/snap").err());
        assertEquals(
                """
                cowherd: There is no command "creat".
                  Did you mean create?
                  See: cowherd --help
                """,
                run("creat").err());
        assertTrue(run("ls", "--al").err().startsWith("cowherd: There is no option --al here.\n"));
    }

    /// Goal: what is typed goes before what was exported for another server.
    @Test
    void theTokenThatIsTypedGoesBeforeTheEnvironments(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            environment.put("COWHERD_TOKEN", "the token of another server");
            ok(run(api, "ls"));
            ok(run("ls", "--server", api.url(), "--token", api.token));
            environment.put("COWHERD_SERVER", api.url());
            for (String command : List.of("ls", "table", "status", "sessions", "acl")) {
                environment.put("COWHERD_TOKEN", "the token of another server");
                assertEquals(1, run(command).code(), command);
                environment.put("COWHERD_TOKEN", api.token);
                ok(run(command));
            }
        }
    }

    @Test
    void aStoresKindIsReadInEitherCase(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            ok(run(api, "snapshot volumeGroup/base -n snap -L 100M --store po"));
        }
    }

    @Test
    void whatWasNotDoneAsAskedAndWhatIsWrongAreTold(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            Ran cut = run(api, "snapshot volumeGroup/base -n snap -L 50G -q");
            assertEquals(0, cut.code());
            assertEquals("volumeGroup/snap\n", cut.out());
            assertEquals(
                    "cowherd: Reducing COW size 50.00g down to maximum usable size 1.00g.\n",
                    cut.err());
            api.volumes.change(
                    VolumeName.parse("volumeGroup/snap"), VolumeState.OVERFLOW, "It was full.");
            String wide = ok(run(api, "ls -o wide"));
            assertTrue(wide.contains(" overflow It was full.\n"), wide);
            Ran extended = run(api, "extend volumeGroup/snap -L +4M");
            assertEquals("cowherd: It was full.\n", extended.err());
        }
    }

    @Test
    void eventsAreListedForMachines(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            ok(run(api, "create volumeGroup/base -L 1G"));
            ok(run(api, "rename volumeGroup/base root"));
            JsonNode events =
                    ApiClient.MAPPER
                            .readTree(ok(run(api, "events --since 1 -o json")))
                            .path("events");
            assertEquals(1, events.size());
            assertEquals("renamed", events.path(0).path("type").asText());
        }
    }

    /// Goal: a server that is none of ours is named; that something may have happened is said of changes only. Method: what
    /// answers closes at once.
    @Test
    void whoIsNoServerOfOursIsNamed() throws Exception {
        try (var mute = new ServerSocket(0, 2, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual()
                    .start(
                            () -> {
                                try {
                                    while (true) {
                                        mute.accept().close();
                                    }
                                } catch (IOException _) {
                                    // the end of the test
                                }
                            });
            String url = "http://127.0.0.1:" + mute.getLocalPort();
            Ran list = run("ls", "--server", url);
            assertEquals(1, list.code());
            assertTrue(list.err().contains("Is this the management address"), list.err());
            Ran create = run("create", "volumeGroup/base", "-L", "1G", "--server", url);
            assertTrue(create.err().contains("Whether the request took effect"), create.err());
        }
        String tooLongForDns = "a".repeat(64) + ".invalid"; // so that nobody is asked
        Ran unknown = run("ls", "--server", "http://" + tooLongForDns);
        assertTrue(unknown.err().contains("There is no host " + tooLongForDns), unknown.err());
    }

    @Test
    void withoutATokenTheCureIsTold(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            Ran ran = run("ls", "--server", api.url(), "--token", "wrong-token");
            assertEquals(1, ran.code());
            assertTrue(ran.err().contains("--token-file"), ran.err());
        }
    }

    @Test
    void withoutAServerTheCureIsTold() throws Exception {
        int port;
        try (var closedAtOnce = new ServerSocket(0)) {
            port = closedAtOnce.getLocalPort();
        }
        Ran ran = run("ls", "--server", "http://127.0.0.1:" + port);
        assertEquals(1, ran.code());
        assertTrue(ran.err().contains("There is no server at"), ran.err());
        assertTrue(ran.err().contains("cowherd serve"), ran.err());
    }

    @Test
    void aServerIsStartedAsAsked(@TempDir Path directory) {
        ok(
                run(
                        "serve",
                        "--data",
                        directory.toString(),
                        "--portal",
                        "127.0.0.1:1",
                        "--portal",
                        "[::1]",
                        "--advertise",
                        "192.0.2.1:13260",
                        "--http",
                        "127.0.0.1:0"));
        ServerSettings settings = started.getFirst();
        assertEquals(directory, settings.dataDirectory());
        assertEquals(
                List.of(
                        new PortalSetting(
                                new HostPort("127.0.0.1", 1), new HostPort("192.0.2.1", 13260)),
                        new PortalSetting(new HostPort("::1", 3260), null)),
                settings.portals());
        assertEquals(0, settings.http().port());
    }

    @Test
    void aServerThatCannotStartIsOne() {
        Ran ran = run("demo");
        assertEquals(1, ran.code());
        assertEquals("cowherd: no demo today\n  come back\n", ran.err());
        assertEquals(ServerSettings.DEFAULT_DATA_DIRECTORY, started.getFirst().dataDirectory());
    }

    @ParameterizedTest
    @CsvSource({
        "--help,Exit codes",
        "--version,cowherd",
        "ls --help,Lists volumes",
        "help create,Makes an origin",
        "completion,complete"
    })
    void helpIsOnStdout(String command, String expected) {
        assertTrue(ok(run(command.split(" "))).contains(expected));
    }

    @Test
    void aGroupOutOfServiceIsNamedBesideTheList(@TempDir Path directory) throws Exception {
        try (var api = new RunningApi(directory)) {
            api.volumes.breakGroup(new BrokenGroup("vg", "Its catalog is damaged.", "Mend it."));
            Ran list = run(api, "ls");
            assertEquals(0, list.code());
            assertEquals(
                    """
                    cowherd: the volume group vg is out of service:
                      Its catalog is damaged.
                      Mend it.
                    """,
                    list.err());
            assertEquals("", run(api, "ls -o json").err());
        }
    }

    @Test
    void theTransportIsChosenByName() {
        assertEquals(0, run("serve", "--transport", "io_uring").code());
        assertEquals(TransportSetting.IO_URING, started.getFirst().transport());
        assertEquals(255, started.getFirst().limits().largestLun());
        assertEquals(0, run("serve", "--largest-lun", "16383").code());
        assertEquals(16_383, started.getLast().limits().largestLun());
        assertEquals(2, run("serve", "--largest-lun", "16384").code());
        Ran wrong = run("serve", "--transport", "pigeon");
        assertEquals(2, wrong.code());
        assertTrue(wrong.err().contains("IO_URING"), wrong.err());
    }
}
