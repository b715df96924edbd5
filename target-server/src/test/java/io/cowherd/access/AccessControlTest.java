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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
        assertEquals("rw-------", mode(data.resolve("access.previous")));
        for (Path secret : secrets()) {
            assertEquals("rw-------", mode(secret));
        }
        for (String page : List.of("access", "access.previous")) {
            assertFalse(Files.readString(data.resolve(page)).contains("secret of web01"));
            assertFalse(Files.readString(data.resolve(page)).contains("another secret"));
        }
        access.change(rules -> rules.withoutAccount("web01"));
        assertEquals(1, secrets().size(), "that of the page before");
        access.change(rules -> rules.with(grant(TARGET, WEB01, "all")));
        assertEquals(List.of(), secrets());
    }

    private List<Path> secrets() throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("secrets"))) {
            return files.toList();
        }
    }

    /// Goal: the cure that a damaged book names is one, after each kind of change. Method: the page before is put in its place.
    @Test
    void theBookBeforeTheLastChangeCanBePutBack() throws IOException {
        AccessControl access = open();
        List<Change> changes =
                List.of(
                        () -> access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET),
                        () -> access.setAccount(account("web01", Direction.INCOMING, "*"), OTHER),
                        () -> access.change(rules -> rules.withoutAccount("web01")),
                        () -> access.change(rules -> rules.with(grant(TARGET, WEB01, "all"))));
        access.change(rules -> rules.with(grant("*", WEB01, "all")));
        for (Change change : changes) {
            AccessRules before = access.rules();
            change.make();
            open(); // a restart clears nothing away that is needed
            Map<String, byte[]> putBack = files();
            putBack.put("access", Objects.requireNonNull(putBack.get("access.previous")));
            assertEquals(before, startedFrom(putBack));
        }
    }

    private interface Change {
        void make() throws IOException;
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
        Path secret = secrets().getFirst();
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
        var e = assertThrows(IOException.class, this::open);
        assertTrue(String.valueOf(e.getMessage()).contains("web01"), e::toString);
        Files.delete(secret);
        assertThrows(IOException.class, this::open);
    }

    /// What a crash between the steps of a change leaves goes; what somebody else has put there does not.
    @Test
    void leftoversAreClearedAway() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        Path left = data.resolve("secrets/00112233-4455-6677-8899-aabbccddeeff");
        Path half = data.resolve("secrets/00112233-4455-6677-8899-aabbccddeefe.new");
        Path others = data.resolve("secrets/notes");
        Path folder = data.resolve("secrets/00112233-4455-6677-8899-aabbccddeefd");
        Files.createDirectories(folder.resolve("full"));
        for (Path file : List.of(left, half, others, data.resolve("access.new"))) {
            Files.writeString(file, "half a page");
        }
        AccessControl again = open();
        assertEquals(access.rules(), again.rules());
        assertFalse(Files.exists(left));
        assertFalse(Files.exists(half));
        assertTrue(Files.exists(others));
        assertTrue(Files.exists(folder));
        again.change(rules -> rules.with(grant(TARGET, WEB01, "all")));
    }

    /// Goal: what one node changes the others see, and no change is lost. Method: two nodes in turn, each ignorant of the other's
    /// change until it looks.
    @Test
    void twoNodesShareTheRules() throws IOException {
        AccessControl one = open();
        AccessControl other = open();
        one.change(rules -> rules.with(grant(TARGET, WEB01, "all")));
        other.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        assertEquals(List.of(), one.rules().accounts(), "not yet");
        assertTrue(one.refresh());
        assertFalse(one.refresh());
        assertFalse(other.refresh(), "its own change");
        assertEquals(other.rules(), one.rules());
        assertEquals(1, one.rules().grants().size());
        assertEquals(1, one.rules().accounts().size());

        one.change(rules -> rules.withoutAccount("web01"));
        Files.writeString(data.resolve("access"), "damaged");
        assertThrows(IOException.class, other::refresh);
        assertEquals(1, other.rules().accounts().size(), "as before");
        assertThrows(IOException.class, other::refresh, "again, as long as it is so");
    }

    /// Nobody knows what such a page names; it is no reason not to start.
    @Test
    void aDamagedPageBeforeThisOneKeepsItsSecrets() throws IOException {
        AccessControl access = open();
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        access.setAccount(account("web01", Direction.INCOMING, "*"), OTHER);
        Files.writeString(data.resolve("access.previous"), "damaged");
        assertEquals(access.rules(), open().rules());
        assertEquals(2, secrets().size());
    }

    /// Goal: whenever the power fails in a change there are the rules before it or those after it, with their secrets, and the
    /// next change gets through. Method: the files of a change appear in the order of their writing, each half first.
    @Test
    void aPowerCutLeavesTheOldRulesOrTheNew() throws IOException {
        AccessControl access = open();
        access.change(rules -> rules.with(grant("*", WEB01, "all")));
        access.setAccount(account("web01", Direction.INCOMING, "*"), SECRET);
        AccessRules before = access.rules();
        Map<String, byte[]> old = files();
        access.setAccount(account("web01", Direction.INCOMING, "*"), OTHER);
        AccessRules after = access.rules();
        Map<String, byte[]> made = files();
        var order = new ArrayList<>(made.keySet());
        order.removeAll(old.keySet()); // the new secret
        order.addAll(List.of("access.previous", "access"));
        assertEquals(3, order.size(), order::toString);
        var present = new HashMap<>(old);
        for (String name : order) {
            byte[] content = Objects.requireNonNull(made.get(name));
            var half = new HashMap<>(present);
            half.put(name + ".new", Arrays.copyOf(content, content.length / 2));
            assertEquals(before, startedFrom(half), "half of " + name);
            present.put(name, content);
            assertEquals(name.equals("access") ? after : before, startedFrom(present), name);
        }
    }

    private Map<String, byte[]> files() throws IOException {
        var all = new HashMap<String, byte[]>();
        try (Stream<Path> found = Files.walk(data)) {
            for (Path file : found.filter(Files::isRegularFile).toList()) {
                all.put(data.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return all;
    }

    /// What a server finds that starts from these files, and changes something.
    private static AccessRules startedFrom(Map<String, byte[]> files) throws IOException {
        Path again = Files.createTempDirectory("cowherd");
        try {
            Files.createDirectory(again.resolve("secrets"));
            for (var file : files.entrySet()) {
                Path path = again.resolve(file.getKey());
                Files.write(path, file.getValue());
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            }
            AccessControl access = AccessControl.open(again, AccessSettings.DEFAULTS);
            AccessRules found = access.rules();
            access.change(rules -> rules.with(grant(TARGET, WEB01, "0")));
            access.setAccount(account("web02", Direction.INCOMING, "*"), SECRET);
            assertEquals(
                    access.rules(), AccessControl.open(again, AccessSettings.DEFAULTS).rules());
            return found;
        } finally {
            delete(again);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> found = Files.walk(folder)) {
            all = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            Files.delete(file);
        }
    }
}
