package io.cowherd.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.config.access.AccessSettings.Unprotected;
import io.cowherd.config.access.ChapAlgorithm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rules about hosts, typed as commands at a whole server, and what hosts get to feel of them.
class AccessRulesServerTest {
    private static final HostPort ANY = new HostPort("127.0.0.1", 0);
    private static final String TARGET = "iqn.2026-11.io.cowherd:volumeGroup.base";
    private static final String WEB01 = "iqn.1993-08.org.debian:01:web01";
    private static final String TEST_UNIT_READY = "00 00 00 00 00 00";
    private static final int NOT_FOUND = 0x0203;
    private static final int AUTHENTICATION_FAILURE = 0x0201;
    private static final int REDIRECTED = 0x0101;

    @TempDir private Path data = Path.of("replaced");

    private final List<CowherdServer> running = new ArrayList<>();

    @AfterEach
    void stop() {
        running.forEach(CowherdServer::stop);
    }

    private CowherdServer start(HostPort portal, Unprotected unprotected)
            throws StartFailedException {
        CowherdServer server =
                CowherdServer.start(
                        new ServerSettings(
                                data,
                                "node-1",
                                List.of(new PortalSetting(portal, null)),
                                ANY,
                                TransportSetting.AUTO,
                                new AccessSettings(unprotected, ChapAlgorithm.DEFAULT_PREFERENCE),
                                Limits.DEFAULTS,
                                ManagementLimits.DEFAULTS),
                        CowherdServer.Preparation.NONE);
        running.add(server);
        return server;
    }

    private CowherdServer serveBase() throws StartFailedException {
        CowherdServer server = start(ANY, Unprotected.LOCAL);
        ok(server, "create volumeGroup/base -L 64M");
        ok(server, "snapshot volumeGroup/base -n snap -L 8M");
        return server;
    }

    private TypedCommand run(CowherdServer server, String command) {
        return TypedCommand.run(server, data, command);
    }

    private String ok(CowherdServer server, String command) {
        TypedCommand ran = run(server, command);
        assertEquals(0, ran.code(), ran::toString);
        return ran.out();
    }

    private static SimpleHost host(CowherdServer server, String name) throws Exception {
        return new SimpleHost(server.advertisedPortals().getFirst(), name);
    }

    private static int loginStatus(CowherdServer server, String name) throws Exception {
        try (SimpleHost host = host(server, name)) {
            return host.logIn(TARGET);
        }
    }

    private String secretFile(String name, String secret) throws Exception {
        Path file = data.resolve(name);
        Files.writeString(file, secret + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    // -- the default --

    @Test
    void anOpenServerOnANetworkDoesNotStart() throws Exception {
        HostPort everywhere = new HostPort("0.0.0.0", 0);
        var refused =
                assertThrows(
                        StartFailedException.class, () -> start(everywhere, Unprotected.LOCAL));
        assertTrue(String.valueOf(refused.getMessage()).contains("0.0.0.0:0"), refused::toString);
        for (String cure :
                List.of("cowherd acl add", "cowherd chap set", "--portal 127.", "--allow-anyone")) {
            assertTrue(refused.correction().contains(cure), refused.correction());
        }
        start(everywhere, Unprotected.ANYONE).stop();
        CowherdServer local = start(ANY, Unprotected.LOCAL);
        ok(local, "acl add all --initiator " + WEB01);
        local.stop();
        start(everywhere, Unprotected.LOCAL);
    }

    // -- lists and masks --

    @Test
    void whoIsNotOnTheListFindsNoTarget() throws Exception {
        CowherdServer server = serveBase();
        ok(server, "acl add volumeGroup/base --initiator " + WEB01 + " --network 127.0.0.0/8");
        assertEquals(0, loginStatus(server, WEB01));
        assertEquals(0, loginStatus(server, WEB01.toUpperCase(Locale.ROOT)));
        assertEquals(NOT_FOUND, loginStatus(server, "iqn.x:y"));
        ok(server, "acl add volumeGroup/base --initiator " + WEB01 + " --network 192.0.2.0/24");
        assertEquals(NOT_FOUND, loginStatus(server, WEB01));
        String failed = ok(server, "sessions --failed");
        assertTrue(failed.contains("127.0.0.1      2"), failed);
        assertTrue(failed.contains(WEB01 + " has no right to"), failed);
    }

    @Test
    void aMaskChangesInALiveSession() throws Exception {
        CowherdServer server = serveBase();
        ok(server, "acl add volumeGroup/base --initiator " + WEB01);
        try (SimpleHost host = host(server, WEB01)) {
            assertEquals(0, host.logIn(TARGET));
            for (int lun : new int[] {0, 1}) {
                while (!host.execute(lun, TEST_UNIT_READY, new byte[0], 0).sense().isEmpty()) {}
            }
            assertEquals(2, host.reportLuns());
            ok(server, "acl add volumeGroup/base --initiator " + WEB01 + " --luns 1 --read-only");
            assertEquals("6/3F/0E", host.execute(1, TEST_UNIT_READY, new byte[0], 0).sense());
            assertEquals("6/2A/01", host.execute(1, TEST_UNIT_READY, new byte[0], 0).sense());
            assertEquals("5/25/00", host.execute(0, TEST_UNIT_READY, new byte[0], 0).sense());
            assertEquals(1, host.reportLuns());
            String write = "2A 00 00 00 00 00 00 00 01 00";
            assertEquals("7/27/00", host.execute(1, write, new byte[512], 0).sense());
        }
    }

    @Test
    void whoHasLostHisRightGoesOnUnlessDisconnected() throws Exception {
        CowherdServer server = serveBase();
        try (SimpleHost host = host(server, WEB01)) {
            assertEquals(0, host.logIn(TARGET));
            TypedCommand kept = run(server, "acl add volumeGroup/base --initiator iqn.x:y");
            assertTrue(kept.err().contains(WEB01), kept.err());
            assertTrue(kept.err().contains("goes on"), kept.err());
            assertEquals(2, host.reportLuns());
            TypedCommand ended =
                    run(server, "acl add volumeGroup/base --initiator iqn.x:z --disconnect");
            assertTrue(ended.err().contains("was ended"), ended.err());
            assertTrue(host.isSentAway());
        }
        assertEquals(NOT_FOUND, loginStatus(server, WEB01));
    }

    // -- names that change --

    @Test
    void rulesGoWithATargetThatIsRenamed() throws Exception {
        CowherdServer server = serveBase();
        ok(server, "acl add volumeGroup/base --initiator " + WEB01);
        ok(server, "rename volumeGroup/base volumeGroup/root");
        String list = ok(server, "acl");
        assertTrue(list.contains("volumeGroup.root " + WEB01), list);
        assertFalse(list.contains("volumeGroup.base"), list);
        ok(server, "acl add volumeGroup/old --initiator " + WEB01);
        TypedCommand refused = run(server, "rename volumeGroup/root volumeGroup/old");
        assertEquals(1, refused.code());
        assertTrue(refused.err().contains("volumegroup.old already"), refused.err());
    }

    // -- CHAP --

    @Test
    void secretsAreNeverShown() throws Exception {
        CowherdServer server = serveBase();
        String secret = "quite unheard of 42";
        String file = secretFile("web01.secret", secret);
        ok(
                server,
                "chap set web01 --secret-file " + file + " --for discovery --for volumeGroup/base");
        TypedCommand same = run(server, "chap set us --outgoing --secret-file " + file);
        assertEquals(1, same.code());
        assertEquals(AUTHENTICATION_FAILURE, loginStatus(server, WEB01));
        var shown = new StringBuilder(same.toString());
        for (String command :
                List.of("chap", "chap -o json", "acl -o yaml", "sessions --failed -o json")) {
            shown.append(ok(server, command));
        }
        assertTrue(shown.toString().contains("web01"));
        assertFalse(shown.toString().contains(secret), shown::toString);
        Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-r--r--"));
        TypedCommand open = run(server, "chap set web01 --secret-file " + file);
        assertEquals(1, open.code());
        assertTrue(open.err().contains("chmod 600"), open.err());
        ok(server, "chap rm web01");
        assertEquals(0, loginStatus(server, WEB01));
    }

    /// What is demanded since holds for hosts that came before it, too.
    @Test
    void whoHasProvedNothingGoesOnUnlessDisconnected() throws Exception {
        CowherdServer server = serveBase();
        String set = "chap set web01 --secret-file " + secretFile("s", "twelve bytes");
        try (SimpleHost host = host(server, WEB01)) {
            assertEquals(0, host.logIn(TARGET));
            TypedCommand kept = run(server, set);
            assertTrue(kept.err().contains(WEB01), kept.err());
            assertEquals(2, host.reportLuns());
            TypedCommand ended = run(server, set + " --disconnect");
            assertTrue(ended.err().contains("was ended"), ended.err());
            assertTrue(host.isSentAway());
        }
        assertEquals(AUTHENTICATION_FAILURE, loginStatus(server, WEB01));
    }

    @Test
    void aRestartKeepsTheRules() throws Exception {
        CowherdServer server = serveBase();
        ok(server, "acl add all --initiator iqn.1991-05.com.microsoft:* --luns 0,2-4 --read-only");
        ok(server, "chap set web01 --secret-file " + secretFile("s", "twelve bytes"));
        ok(server, "redirect set volumeGroup/base 192.0.2.2:3260 --permanent");
        String before = ok(server, "acl -o json");
        server.stop();
        assertEquals(before, ok(start(ANY, Unprotected.LOCAL), "acl -o json"));
    }

    // -- redirect --

    @Test
    void loginsAreRedirected() throws Exception {
        CowherdServer server = serveBase();
        String own = server.advertisedPortals().getFirst();
        TypedCommand refused = run(server, "redirect set volumeGroup/base " + own);
        assertTrue(refused.err().contains("in circles"), refused.err());
        ok(server, "redirect set volumeGroup/base 192.0.2.2:3260");
        assertEquals(REDIRECTED, loginStatus(server, WEB01));
        ok(server, "redirect rm volumeGroup/base");
        assertEquals(0, loginStatus(server, WEB01));
        assertEquals(1, run(server, "redirect rm volumeGroup/base").code());
    }

    @Test
    void whatCannotBeIsRefusedInWords() throws Exception {
        CowherdServer server = serveBase();
        for (String command :
                List.of(
                        "acl add volumeGroup/base --initiator web01",
                        "acl add volumeGroup/base --initiator * --network 192.0.2.1/24",
                        "acl add volumeGroup/base --initiator * --luns 1-",
                        "acl add nonsense --initiator *",
                        "acl rm volumeGroup/base --initiator *",
                        "chap rm nobody",
                        "redirect set volumeGroup/base [::1")) {
            TypedCommand ran = run(server, command);
            assertEquals(1, ran.code(), command);
            assertTrue(ran.err().startsWith("cowherd: "), ran.err());
        }
    }

    /// Goal: no group takes the place of a file of the server's, or is taken for one. Method: what a server that has been used
    /// has in its data directory, each as a group's name.
    @Test
    void whatTheServerKeepsBesideTheGroupsIsNoGroupsName() throws Exception {
        CowherdServer server = serveBase();
        String secret = secretFile("typed", "whatever it is, it is long");
        ok(server, "chap set web01 --secret-file " + secret);
        Files.delete(Path.of(secret));
        ok(server, "acl add volumeGroup/base --initiator iqn.x:y");
        ok(server, "acl add volumeGroup/base --initiator iqn.x:z");
        List<String> kept;
        try (var entries = Files.list(data)) {
            kept = entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
        assertEquals(
                List.of("access", "access.previous", "lock", "secrets", "token", "volumeGroup"),
                kept);
        for (String name : kept) {
            if (!name.equals("volumeGroup")) {
                assertNotEquals(0, run(server, "create " + name + "/base -L 8M").code(), name);
            }
        }
    }
}
