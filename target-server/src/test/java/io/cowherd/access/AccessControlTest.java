package io.cowherd.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.AccessRules;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.config.access.AccessSettings.Unprotected;
import io.cowherd.config.access.ChapAccount;
import io.cowherd.config.access.ChapAccount.Direction;
import io.cowherd.config.access.ChapAlgorithm;
import io.cowherd.config.access.Grant;
import io.cowherd.config.access.InitiatorPattern;
import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.config.access.Network;
import io.cowherd.config.access.Redirect;
import io.cowherd.iscsi.discovery.TargetPlacement.Placement;
import io.cowherd.iscsi.login.ChapDemand;
import io.cowherd.iscsi.login.Visitor;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the rules decide, and that they are kept.
class AccessControlTest {
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final String WEB01 = "iqn.1993-08.org.debian:01:web01";
    private static final byte[] SECRET = "a secret of web01".getBytes(StandardCharsets.UTF_8);
    private static final byte[] OTHER = "another secret".getBytes(StandardCharsets.UTF_8);

    @TempDir private Path data = Path.of("replaced");

    private AccessControl open() throws IOException {
        return AccessControl.open(data, AccessSettings.DEFAULTS);
    }

    private static Visitor remote(String name, String address) {
        return new Visitor(name, InetAddress.ofLiteral(address), false);
    }

    private static final Visitor REMOTE = remote(WEB01, "192.0.2.7");
    private static final Visitor LOCAL =
            new Visitor(WEB01, InetAddress.ofLiteral("127.0.0.1"), true);

    private static Grant grant(String target, String initiator, String luns, String... networks) {
        return new Grant(
                target,
                new InitiatorPattern(initiator),
                Stream.of(networks).map(Network::parse).toList(),
                new LunRights(LunSet.parse(luns), LunRights.Access.READ_WRITE));
    }

    private static ChapAccount account(String name, Direction direction, String... scopes) {
        return new ChapAccount(name, direction, List.of(scopes), InitiatorPattern.ANY, "");
    }

    @Test
    void withoutRulesATargetIsForThisMachineOnly() throws IOException {
        AccessControl access = open();
        assertEquals(LunRights.ALL, access.rights(LOCAL, TARGET));
        assertNull(access.rights(REMOTE, TARGET));
        var anyone = new AccessSettings(Unprotected.ANYONE, ChapAlgorithm.DEFAULT_PREFERENCE);
        assertEquals(LunRights.ALL, AccessControl.open(data, anyone).rights(REMOTE, TARGET));
    }

    @Test
    void aListIsForThoseOnIt() throws IOException {
        AccessControl access = open();
        access.change(rules -> rules.with(grant(TARGET, WEB01, "all", "192.0.2.0/24")));
        assertEquals(LunRights.ALL, access.rights(REMOTE, TARGET));
        assertNull(access.rights(remote(WEB01, "198.51.100.1"), TARGET), "by address");
        assertNull(access.rights(remote("iqn.x:y", "192.0.2.7"), TARGET), "by name");
        assertNull(access.rights(LOCAL, TARGET), "this machine is not on it");
        assertNull(access.rights(REMOTE, TARGET + "2"), "another target has no list");
    }

    @Test
    void theClosestNameOfTheOwnListCounts() throws IOException {
        AccessControl access = open();
        access.change(
                rules ->
                        rules.with(grant("*", "*", "all"))
                                .with(grant(TARGET, "iqn.1993-08.*", "0-1"))
                                .with(grant(TARGET, WEB01, "0"))
                                .with(grant(TARGET, "*", "2")));
        assertEquals("0", luns(access, REMOTE));
        assertEquals("0-1", luns(access, remote("iqn.1993-08.org.debian:01:b", "192.0.2.7")));
        assertEquals("2", luns(access, remote("iqn.x:y", "192.0.2.7")));
        LunRights elsewhere = access.rights(REMOTE, TARGET + "2");
        assertEquals(LunRights.ALL, elsewhere, "the list for all");
    }

    private static String luns(AccessControl access, Visitor visitor) {
        LunRights rights = access.rights(visitor, TARGET);
        return rights == null ? "none" : rights.luns().toString();
    }

    @Test
    void chapIsDemandedWhereAnAccountIsGood() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, TARGET), SECRET);
        assertNotNull(access.demand(REMOTE, TARGET));
        assertNotNull(access.demand(LOCAL, TARGET), "of this machine as well");
        assertNull(access.demand(REMOTE, null), "discovery");
        assertNull(access.demand(REMOTE, TARGET + "2"));
        assertEquals(LunRights.ALL, access.rights(REMOTE, TARGET), "CHAP alone protects it");
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        assertNotNull(access.demand(REMOTE, null));
        assertNotNull(access.demand(REMOTE, TARGET + "2"));
    }

    @Test
    void anAccountIsForItsHosts() throws IOException {
        AccessControl access = open();
        access.setAccount(
                new ChapAccount(
                        "web01", Direction.INCOMING, List.of("*"), new InitiatorPattern(WEB01), ""),
                SECRET);
        access.setAccount(account("us", Direction.OUTGOING, "*"), OTHER);
        ChapDemand own = access.demand(REMOTE, TARGET);
        ChapDemand others = access.demand(remote("iqn.x:y", "192.0.2.7"), TARGET);
        assertNotNull(own);
        assertNotNull(others);
        assertNotNull(own.secretOf().apply("web01"));
        assertNull(others.secretOf().apply("web01"));
        assertNull(own.secretOf().apply("us"), "our own is no way in");
        assertNotNull(own.own());
    }

    @Test
    void bothDirectionsNeedSecretsOfTheirOwn() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        var e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> access.setAccount(account("us", Direction.OUTGOING, "*"), SECRET));
        assertTrue(String.valueOf(e.getMessage()).contains("other direction"), e::toString);
        assertEquals(1, access.rules().accounts().size());
    }

    @Test
    void secretsAreOfTwelveTo255Bytes() throws IOException {
        AccessControl access = open();
        ChapAccount account = account("web01", Direction.INCOMING, "*");
        for (int length : new int[] {0, 11, 256}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> access.setAccount(account, new byte[length]));
        }
        access.setAccount(account, new byte[12]);
        access.setAccount(account, new byte[255]);
    }

    @Test
    void aRestartKeepsAll() throws IOException {
        AccessControl access = open();
        access.change(
                rules ->
                        rules.with(grant(TARGET, WEB01, "0,2-4", "192.0.2.0/24", "2001:db8::/32"))
                                .with(
                                        new Redirect(
                                                TARGET,
                                                List.of(new HostPort("192.0.2.9", 3260)),
                                                Redirect.Duration.PERMANENT)));
        access.setAccount(account("wéb01", Direction.INCOMING, "discovery", TARGET), SECRET);
        AccessRules before = access.rules();
        AccessControl again = open();
        assertEquals(before, again.rules());
        ChapDemand demand = again.demand(REMOTE, TARGET);
        assertNotNull(demand);
        assertNotNull(demand.secretOf().apply("wéb01"));
        assertInstanceOf(Placement.Elsewhere.class, again.of(TARGET));
    }

    @Test
    void secretsStandInNoFileButTheirOwn() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        access.setAccount(account("web01", Direction.INCOMING, "*"), OTHER);
        assertEquals("rw-------", mode(data.resolve("access")));
        assertEquals("rwx------", mode(data.resolve("secrets")));
        try (Stream<Path> files = Files.list(data.resolve("secrets"))) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), "the old one is gone");
            assertEquals("rw-------", mode(all.getFirst()));
        }
        assertFalse(Files.readString(data.resolve("access")).contains("another secret"));
        access.change(rules -> rules.withoutAccount("web01"));
        try (Stream<Path> files = Files.list(data.resolve("secrets"))) {
            assertEquals(0, files.count());
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    /// A book that cannot be trusted must not pass for one without rules.
    @Test
    void aDamagedBookIsNamed() throws IOException {
        AccessControl access = open();
        access.change(rules -> rules.with(grant(TARGET, WEB01, "all")));
        Path file = data.resolve("access");
        String good = Files.readString(file);
        for (String bad :
                List.of("", good.replace("web01", "web02"), good.substring(0, 60), "x" + good)) {
            Files.writeString(file, bad);
            var e = assertThrows(IOException.class, this::open);
            assertTrue(String.valueOf(e.getMessage()).contains(file.toString()), e::toString);
            assertTrue(String.valueOf(e.getMessage()).contains("access.previous"), e::toString);
        }
        Files.writeString(file, good);
        assertEquals(access.rules(), open().rules());
    }

    @Test
    void aSecretThatOthersCanReadIsRefused() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        Path secret;
        try (Stream<Path> files = Files.list(data.resolve("secrets"))) {
            secret = files.findFirst().orElseThrow();
        }
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
        var e = assertThrows(IOException.class, this::open);
        assertTrue(String.valueOf(e.getMessage()).contains("web01"), e::toString);
        Files.delete(secret);
        assertThrows(IOException.class, this::open);
    }

    /// What a crash between the steps of a change leaves.
    @Test
    void leftoversAreClearedAway() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        Files.writeString(data.resolve("secrets/left"), "left by a crash");
        Files.writeString(data.resolve("access.new"), "half a page");
        AccessControl again = open();
        assertEquals(access.rules(), again.rules());
        assertFalse(Files.exists(data.resolve("secrets/left")));
        again.change(rules -> rules.with(grant(TARGET, WEB01, "all")));
    }
}
