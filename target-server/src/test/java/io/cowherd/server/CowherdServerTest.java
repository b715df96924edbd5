package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A whole server in this process, on free ports of loopback, used by commands and by a host.
class CowherdServerTest {
    private static final HostPort ANY = new HostPort("127.0.0.1", 0);
    private static final String TUR = "00 00 00 00 00 00";
    private static final byte[] NO_DATA = {};
    private static final String TARGET = "iqn.2026-11.io.cowherd:volumeGroup.base";

    @TempDir private Path data = Path.of("replaced");

    private static ServerSettings settings(Path data, HostPort portal, HostPort http) {
        return new ServerSettings(
                data,
                "node-1",
                List.of(new PortalSetting(portal, null)),
                http,
                TransportSetting.AUTO,
                AccessSettings.DEFAULTS,
                Limits.DEFAULTS,
                ManagementLimits.DEFAULTS);
    }

    private CowherdServer serve() throws StartFailedException {
        return CowherdServer.start(settings(data, ANY, ANY), CowherdServer.Preparation.NONE);
    }

    private CowherdServer demo() throws StartFailedException {
        return CowherdServer.start(settings(data, ANY, ANY), new DemoVolumes());
    }

    private TypedCommand run(CowherdServer server, String command) {
        return TypedCommand.run(server, data, command);
    }

    private String ok(CowherdServer server, String command) {
        TypedCommand ran = run(server, command);
        assertEquals("", ran.err());
        assertEquals(0, ran.code());
        return ran.out();
    }

    private static SimpleHost host(CowherdServer server) throws Exception {
        return new SimpleHost(server.advertisedPortals().getFirst());
    }

    @Test
    void everythingIsThereAfterARestart() throws Exception {
        String before;
        CowherdServer server = serve();
        try {
            ok(server, "create volumeGroup/base -L 64M");
            ok(server, "snapshot volumeGroup/base -n snap -L 8M -c 8k");
            ok(server, "snapshot volumeGroup/base -n gone -L 8M --store N");
            ok(server, "fork volumeGroup/base trial --read-only");
            ok(server, "extend volumeGroup/snap -L +4M");
            ok(server, "rename volumeGroup/trial volumeGroup/tried");
            before = ok(server, "ls -o json").replaceAll("(?s)\\{[^}]*\"gone\".*?}, ", "");
            assertTrue(ok(server, "ls").contains("gone"));
        } finally {
            server.stop();
        }
        server = serve();
        try {
            assertEquals(before, ok(server, "ls -o json"));
            assertEquals(
                    """
                      LV    VG          Attr       LSize  Origin Data%
                      base  volumeGroup owi-a-s--- 64.00m
                      snap  volumeGroup swi-a-s--- 12.00m base   0.00
                      tried volumeGroup sri-a-s--- 68.00m base   0.00
                    """,
                    ok(server, "ls")
                            .replaceAll("(?m) Target.*$| iqn\\..*$", "")
                            .replaceAll("(?m) +$", ""));
            assertTrue(
                    ok(server, "table volumeGroup/snap")
                            .matches("0 131072 snapshot \\S+ \\S+ P 16\n"));
            assertTrue(ok(server, "status volumeGroup/snap").contains("/24576 "));
        } finally {
            server.stop();
        }
    }

    private static void takeAttentions(SimpleHost host, int lun) throws Exception {
        while (!host.execute(lun, TUR, NO_DATA, 0).sense().isEmpty()) {}
    }

    @Test
    void aStoreThatRunsFullIsToldToHostsWhoAskWhatIsLeft() throws Exception {
        CowherdServer server = serve();
        try {
            ok(server, "create volumeGroup/base -L 64M");
            ok(server, "snapshot volumeGroup/base -n snap -L 12M -c 64k");
            try (SimpleHost host = host(server)) {
                assertEquals(0, host.logIn(TARGET));
                takeAttentions(host, 0);
                takeAttentions(host, 1);
                byte[] block = new byte[512];
                Arrays.fill(block, (byte) 0x5A);
                String tenMib = "93 00 00 00 00 00 00 00 00 00 00 00 50 00 00 00";
                assertEquals("", host.execute(1, tenMib, block, 0).sense());
                assertEquals("6/38/07", host.execute(1, TUR, NO_DATA, 0).sense());
                assertEquals("", host.execute(1, TUR, NO_DATA, 0).sense());
                String askRoom = "4D 00 4C 00 00 00 00 00 FF 00";
                assertEquals(
                        "0c000018000103080000000101000000000203080000000b01000000",
                        hex(host.execute(1, askRoom, NO_DATA, 255).data()));
                assertEquals("", host.execute(0, askRoom, NO_DATA, 255).sense());
                ok(server, "extend volumeGroup/snap -L +4M");
                assertEquals(
                        "0c000018000103080000000501000000000203080000000b01000000",
                        hex(host.execute(1, askRoom, NO_DATA, 255).data()));
            }
        } finally {
            server.stop();
        }
    }

    private static String hex(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void everyPortalIsAPortOfItsOwnInOneGroup() throws Exception {
        var ipv6 = new HostPort("::1", 0);
        var both = List.of(new PortalSetting(ANY, null), new PortalSetting(ipv6, null));
        var settings =
                new ServerSettings(
                        data,
                        "node-1",
                        both,
                        ANY,
                        TransportSetting.AUTO,
                        AccessSettings.DEFAULTS,
                        Limits.DEFAULTS,
                        ManagementLimits.DEFAULTS);
        CowherdServer server = CowherdServer.start(settings, new DemoVolumes());
        try {
            for (int port = 1; port <= both.size(); port++) {
                String portal = server.advertisedPortals().get(port - 1);
                try (var host = new SimpleHost(portal)) {
                    assertEquals(0, host.logIn(TARGET));
                    takeAttentions(host, 0);
                    String askGroups = "A3 0A 00 00 00 00 00 00 11 04 00 00";
                    assertEquals(
                            "0000001000cf0001000000020000000100000002",
                            hex(host.execute(0, askGroups, NO_DATA, 4356).data()));
                    String identity =
                            hex(host.execute(0, "12 01 83 01 00 00", NO_DATA, 256).data());
                    assertEquals(
                            "519400040000000" + port + "5195000400000001",
                            identity.substring(2 * 68, 2 * 84));
                }
            }
        } finally {
            server.stop();
        }
    }

    @Test
    void theDemoIsThatOfLvm2() throws Exception {
        var volumes = new DemoVolumes();
        CowherdServer server = CowherdServer.start(settings(data, ANY, ANY), volumes);
        try {
            String list = ok(server, "ls");
            assertTrue(list.contains("base volumeGroup owi-a-s---   1.00g"), list);
            assertTrue(list.contains("snap volumeGroup swi-a-s--- 100.00m base   0.00"), list);
            var said = new StringWriter();
            volumes.explain(server, settings(data, ANY, ANY), new PrintWriter(said));
            String portal = server.advertisedPortals().getFirst();
            String served = "Serving volumeGroup/base and its snapshot volumeGroup/snap on ";
            assertTrue(said.toString().startsWith(served + portal + ".\n\n"), said.toString());
            assertTrue(
                    said.toString()
                            .contains(
                                    "iscsiadm -m node -T "
                                            + TARGET
                                            + " -p "
                                            + portal
                                            + " --login"));
            assertTrue(said.toString().contains("--token-file " + data.resolve("token")));
        } finally {
            server.stop();
        }
        server = demo();
        try {
            assertEquals("volumeGroup/base\nvolumeGroup/snap\n", ok(server, "ls -q"));
        } finally {
            server.stop();
        }
    }

    @Test
    void aHostCanLogInWhenCreateHasReturned() throws Exception {
        CowherdServer server = serve();
        try (SimpleHost early = host(server)) {
            assertEquals(0x0203, early.logIn(TARGET), "target not found");
            ok(server, "create volumeGroup/base -L 64M");
            try (SimpleHost host = host(server)) {
                assertEquals(0, host.logIn(TARGET));
                assertEquals(1, host.reportLuns());
                ok(server, "snapshot volumeGroup/base -n snap -L 8M");
                assertEquals(2, host.reportLuns());
                assertTrue(ok(server, "ls").contains("owi-aos---"));
                assertTrue(
                        ok(server, "sessions")
                                .matches(
                                        "(?s).*"
                                                + SimpleHost.NAME
                                                + " +127\\.0\\.0\\.1:[0-9]+ .*"));
                String wide = ok(server, "sessions -o wide").replaceAll(" +", " ");
                assertTrue(
                        wide.matches("(?s).* None None 8192 \\d+ 262144 65536 true true 1\\s"),
                        wide);
                assertTrue(ok(server, "targets").contains(TARGET));
            }
        } finally {
            server.stop();
        }
    }

    @Test
    void aLunInUseIsRemovedOnlyByForceWhichTakesNothingElse() throws Exception {
        CowherdServer server = demo();
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            TypedCommand refused = run(server, "rm volumeGroup/snap");
            assertEquals(1, refused.code());
            assertTrue(refused.err().contains("is in use by " + SimpleHost.NAME), refused.err());
            assertTrue(refused.err().contains("may have any LUN of it open"), refused.err());
            assertTrue(refused.err().contains("force"), refused.err());
            assertEquals(2, host.reportLuns());

            ok(server, "rm volumeGroup/snap --force");
            assertEquals(1, host.reportLuns(), "the host keeps its session and the origin");
            ok(server, "snapshot volumeGroup/base -n snap -L 8M");
            assertTrue(ok(server, "ls").contains(TARGET + "   2 "), "LUN 1 is never used again");
        } finally {
            server.stop();
        }
    }

    @Test
    void aTargetInUseGoesOnlyByForceWhichSendsItsHostsAway() throws Exception {
        CowherdServer server = demo();
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            assertEquals(1, run(server, "rm volumeGroup/base --force").code(), "it has a snapshot");
            assertEquals(1, run(server, "rm volumeGroup/base --with-snapshots").code());
            assertEquals(1, run(server, "rename volumeGroup/base root").code());
            assertEquals(2, host.reportLuns(), "refusals disturb nobody");

            ok(server, "rm volumeGroup/base --with-snapshots --force");
            assertTrue(host.isSentAway());
            assertEquals("", ok(server, "ls -q"));
            try (SimpleHost again = host(server)) {
                assertEquals(0x0203, again.logIn(TARGET));
            }
        } finally {
            server.stop();
        }
    }

    /// Goal: after a removal that failed half-way hosts have all LUNs again, and lose them when it succeeds. Method: a folder
    /// stands where the catalog's next generation is to be written.
    @Test
    void aRemovalThatFailsBringsAllLunsBack() throws Exception {
        CowherdServer server = demo();
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            Path obstacle = Files.createDirectory(data.resolve("volumeGroup/catalog.new"));
            TypedCommand failed = run(server, "rm volumeGroup/base --with-snapshots --force");
            assertEquals(1, failed.code());
            assertTrue(failed.err().contains("catalog.new"), failed.err());
            assertTrue(host.isSentAway());
            try (SimpleHost again = host(server)) {
                assertEquals(0, again.logIn(TARGET));
                assertEquals(2, again.reportLuns());
                assertEquals(
                        1, run(server, "rm volumeGroup/snap --force").code(), failed.toString());
                assertEquals(2, again.reportLuns());
            }
            Files.delete(obstacle);
            ok(server, "rm volumeGroup/base --with-snapshots --force");
            assertEquals("", ok(server, "targets -q"));
        } finally {
            server.stop();
        }
    }

    /// Goal: an origin that may not be written, since a snapshot is out of reach, says so to hosts, and is writable without a
    /// restart once that snapshot is given up. Method: the snapshot's store is damaged while the server is down.
    @Test
    void anOriginIsReadOnlyForAsLongAsASnapshotIsOutOfReach() throws Exception {
        demo().stop();
        try (Stream<Path> files = Files.walk(data)) {
            Path cow = files.filter(p -> p.toString().endsWith(".cow")).findFirst().orElseThrow();
            Files.write(cow, new byte[] {1, 2, 3, 4}, StandardOpenOption.WRITE);
        }
        CowherdServer server = serve();
        String list = ok(server, "ls -o wide");
        assertTrue(list.contains("unreachable Invalid or corrupt snapshot: " + data), list);
        String modeSense = "1A 00 3F 00 FF 00";
        String write = "2A 00 00 00 00 07 00 00 01 00";
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            assertEquals("6/29/00", host.execute(0, "00 00 00 00 00 00", new byte[0], 0).sense());
            assertEquals("7/27/00", host.execute(0, write, new byte[512], 0).sense());
            assertEquals(0x80, host.execute(0, modeSense, new byte[0], 255).data().get(2) & 0x80);

            ok(server, "rm volumeGroup/snap --force");
            assertEquals("6/3F/0E", host.execute(0, write, new byte[512], 0).sense());
            assertEquals("", host.execute(0, write, new byte[512], 0).sense());
            assertEquals(0, host.execute(0, modeSense, new byte[0], 255).data().get(2) & 0x80);
        } finally {
            server.stop();
        }
    }

    /// Goal: the demo says what there is, not what it would have made.
    @Test
    void theDemoSaysWhatIsServed() throws Exception {
        CowherdServer server = serve();
        try {
            ok(server, "create volumeGroup/other -L 8M");
            ok(server, "snapshot volumeGroup/other -n snap -L 8M");
        } finally {
            server.stop();
        }
        var volumes = new DemoVolumes();
        var said = new StringWriter();
        server = CowherdServer.start(settings(data, ANY, ANY), volumes);
        try {
            volumes.explain(server, settings(data, ANY, ANY), new PrintWriter(said));
        } finally {
            server.stop();
        }
        assertTrue(said.toString().startsWith("Serving volumeGroup/base on "), said.toString());
        assertTrue(said.toString().contains("volumeGroup/snap is no snapshot of volumeGroup/base"));
    }

    @Test
    void aDataDirectoryThatCannotBeUsedIsNamed() throws Exception {
        data = Files.createFile(data.resolve("file"));
        var refused = assertThrows(StartFailedException.class, this::serve);
        assertEquals(
                "The server cannot start: " + data + " is no directory.", refused.getMessage());
        assertTrue(refused.correction().contains("--data"), refused.correction());
    }

    @Test
    void aSessionIsEndedByItsId() throws Exception {
        CowherdServer server = demo();
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            String id = ok(server, "sessions -q").strip();
            ok(server, "sessions --disconnect " + id);
            assertTrue(host.isSentAway());
            assertEquals("", ok(server, "sessions -q"));
            assertEquals(1, run(server, "sessions --disconnect " + id).code());
        } finally {
            server.stop();
        }
    }

    @Test
    void aRenamedOriginIsFoundUnderItsNewName() throws Exception {
        CowherdServer server = demo();
        try {
            ok(server, "rename volumeGroup/base root");
            try (SimpleHost host = host(server);
                    SimpleHost late = host(server)) {
                assertEquals(0x0203, late.logIn(TARGET));
                assertEquals(0, host.logIn("iqn.2026-11.io.cowherd:volumegroup.root"));
                assertEquals(2, host.reportLuns());
            }
        } finally {
            server.stop();
        }
    }

    @Test
    void aStopAsksHostsToLogOut() throws Exception {
        CowherdServer server = demo();
        try (SimpleHost host = host(server)) {
            assertEquals(0, host.logIn(TARGET));
            Thread stopping = Thread.ofVirtual().start(server::stop);
            assertTrue(host.isSentAway());
            stopping.join();
        } finally {
            server.stop();
        }
        serve().stop(); // the data directory is free again
    }

    @Test
    void anAddressInUseIsNamed() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var address = new HostPort("127.0.0.1", taken.getLocalPort());
            for (ServerSettings settings :
                    List.of(settings(data, address, ANY), settings(data, ANY, address))) {
                var refused =
                        assertThrows(
                                StartFailedException.class,
                                () ->
                                        CowherdServer.start(
                                                settings, CowherdServer.Preparation.NONE));
                assertTrue(
                        String.valueOf(refused.getMessage())
                                .contains("Cannot listen on " + address),
                        refused.getMessage());
                assertTrue(refused.correction().contains("another address"), refused.correction());
            }
        }
        serve().stop(); // nothing was left running
    }

    @Test
    void aDataDirectoryHasOneServer() throws Exception {
        CowherdServer server = serve();
        try {
            var refused = assertThrows(StartFailedException.class, this::serve);
            assertTrue(String.valueOf(refused.getMessage()).contains("is in use by process"));
            assertFalse(ok(server, "ls").isEmpty());
        } finally {
            server.stop();
        }
    }

    @Test
    void blockSizesAreShownAndKept() throws Exception {
        CowherdServer server = serve();
        try {
            ok(server, "create volumeGroup/large -L 8M --block-size 4096");
            ok(server, "create volumeGroup/aligned -L 8M --physical-block-size 4k");
            ok(server, "fork volumeGroup/large trial");
            TypedCommand refused = run(server, "create volumeGroup/odd -L 8M --block-size 520");
            assertEquals(1, refused.code());
            assertTrue(refused.err().contains("512 or 4096"), refused.err());
        } finally {
            server.stop();
        }
        server = serve();
        try {
            String listed = ok(server, "ls -o json").replaceAll("\\s", "");
            assertEquals(
                    2,
                    listed.split("\"block_size\":4096,\"physical_block_size\":4096", -1).length
                            - 1);
            assertTrue(listed.contains("\"block_size\":512,\"physical_block_size\":4096"), listed);
            String capacity = "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00";
            try (SimpleHost host = host(server)) {
                assertEquals(0, host.logIn("iqn.2026-11.io.cowherd:volumeGroup.large"));
                for (int lun = 0; lun < 2; lun++) {
                    host.execute(lun, "00 00 00 00 00 00", new byte[0], 0);
                    ByteBuffer data = host.execute(lun, capacity, new byte[0], 32).data();
                    assertEquals((8 << 20) / 4096 - 1, data.getLong(0));
                    assertEquals(4096, data.getInt(8));
                    assertEquals(0, data.get(13));
                }
            }
            try (SimpleHost host = host(server)) {
                assertEquals(0, host.logIn("iqn.2026-11.io.cowherd:volumeGroup.aligned"));
                host.execute(0, "00 00 00 00 00 00", new byte[0], 0);
                ByteBuffer data = host.execute(0, capacity, new byte[0], 32).data();
                assertEquals(512, data.getInt(8));
                assertEquals(3, data.get(13));
            }
        } finally {
            server.stop();
        }
    }

    /// An EXTENDED COPY whose destination is in another target, of which the host knows the name only.
    @Test
    void blocksAreCopiedBetweenTargets() throws Exception {
        CowherdServer server = serve();
        try {
            ok(server, "create volumeGroup/one -L 8M");
            ok(server, "create volumeGroup/two -L 8M");
            byte[] written = new byte[4096];
            new java.util.Random(7).nextBytes(written);
            byte[] naa = new byte[16];
            try (SimpleHost there = host(server);
                    SimpleHost host = host(server)) {
                assertEquals(0, there.logIn("iqn.2026-11.io.cowherd:volumeGroup.two"));
                there.execute(0, "12 01 83 00 FF 00", new byte[0], 255).data().get(8, naa);
                assertEquals(0, host.logIn("iqn.2026-11.io.cowherd:volumeGroup.one"));
                host.execute(0, "00 00 00 00 00 00", new byte[0], 0);
                String write = "2A 00 00 00 00 07 00 00 08 00";
                assertEquals("", host.execute(0, write, written, 0).sense());
                ByteBuffer list = ByteBuffer.allocate(16 + 32 + 28);
                list.put(1, (byte) 0x18).putShort(2, (short) 32).putInt(8, 28);
                list.put(16, (byte) 0xE4).put(20, (byte) 1).put(21, (byte) 3).put(23, (byte) 16);
                list.put(24, naa).putInt(44, 512);
                list.put(48, (byte) 2).putShort(50, (short) 24).putShort(52, (short) 0xFFFF);
                list.putShort(58, (short) 8).putLong(60, 7).putLong(68, 100);
                String copy = "83 00 00 00 00 00 00 00 00 00 00 00 00 4C 00 00";
                assertEquals("", host.execute(0, copy, list.array(), 0).sense());
                assertEquals(
                        0,
                        run(
                                        server,
                                        "acl add volumeGroup/two --initiator iqn.nobody:here --disconnect")
                                .code());
                String notFound = "A/0D/02";
                assertEquals(notFound, host.execute(0, copy, list.array(), 0).sense());
                assertEquals(
                        0,
                        run(server, "acl rm volumeGroup/two --initiator iqn.nobody:here").code());
            }
            try (SimpleHost host = host(server)) {
                assertEquals(0, host.logIn("iqn.2026-11.io.cowherd:volumeGroup.two"));
                host.execute(0, "00 00 00 00 00 00", new byte[0], 0);
                byte[] copied = new byte[4096];
                host.execute(0, "28 00 00 00 00 64 00 00 08 00", new byte[0], 4096)
                        .data()
                        .get(copied);
                assertArrayEquals(written, copied);
            }
        } finally {
            server.stop();
        }
    }
}
