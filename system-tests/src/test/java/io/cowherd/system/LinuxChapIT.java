package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// CHAP as a Linux administrator sets it up: iscsiadm and iscsid prove who they are, and let the target prove it. The tests
/// run in order: first the portal, then the target.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinuxChapIT {
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final String SECRET = "web01 secret 16!";
    private static final String WRONG_SECRET = "web01 secret 17!";
    private static final String OUR_SECRET = "secret of the target";

    private static CowherdProcess server;
    private static LinuxGuest guest;
    private static OpenIscsi iscsi;

    @BeforeAll
    static void startServerAndGuest() throws IOException {
        Path folder = Workspace.newFolder("linux-chap");
        server = CowherdProcess.serve(folder);
        server.cli("create", "vg/base", "-L", "64M").succeeded();
        setAccount("web01", secretFile(folder, SECRET));
        setAccount("cowherd", "--outgoing", secretFile(folder, OUR_SECRET));
        guest = LinuxGuest.boot(folder, List.of());
        iscsi = new OpenIscsi(guest, server);
    }

    @AfterAll
    static void endGuestAndServer() throws IOException {
        if (guest != null) {
            guest.close();
        }
        server.close();
    }

    private static void setAccount(String name, String... options) {
        List<String> command = new java.util.ArrayList<>(List.of("chap", "set", name));
        command.addAll(List.of(options));
        server.cli(command.toArray(String[]::new)).succeeded();
    }

    private static String secretFile(Path folder, String secret) throws IOException {
        Path file = folder.resolve(secret.replace(' ', '-'));
        Files.writeString(file, secret);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return "--secret-file=" + file;
    }

    private static void set(String setting, String value) {
        iscsi.set(TARGET, "node.session.auth." + setting, value);
    }

    private static void loginEndsWith(int status) {
        Tool.Result login = iscsi.tryLogin(TARGET);
        assertEquals(status, login.exitCode(), login::toString);
    }

    @Test
    @Order(1)
    void discoveryNeedsTheSecret() {
        assertEquals(OpenIscsi.NOT_AUTHORIZED, iscsi.tryDiscover().exitCode(), "without any");
        guest.run(
                        """
                        cat >>/etc/iscsi/iscsid.conf <<'END'
                        discovery.sendtargets.auth.authmethod = CHAP
                        discovery.sendtargets.auth.username = web01
                        discovery.sendtargets.auth.password = %s
                        END
                        """
                                .formatted(WRONG_SECRET))
                .succeeded();
        assertEquals(OpenIscsi.NOT_AUTHORIZED, iscsi.tryDiscover().exitCode(), "with a wrong one");

        guest.run("sed -i 's/%s/%s/' /etc/iscsi/iscsid.conf".formatted(WRONG_SECRET, SECRET))
                .succeeded();

        assertTrue(iscsi.discover().endsWith(TARGET));
    }

    @Test
    @Order(2)
    void aWrongSecretIsRefused() {
        loginEndsWith(OpenIscsi.NOT_AUTHORIZED); // without any
        set("authmethod", "CHAP");
        set("username", "web01");
        set("password", WRONG_SECRET);
        loginEndsWith(OpenIscsi.NOT_AUTHORIZED);

        String failed = server.cli("sessions", "--failed").succeeded().text();
        assertTrue(failed.contains("wrong CHAP secret of \"web01\""), failed);
    }

    @Order(3)
    @ParameterizedTest
    @ValueSource(strings = {"MD5", "SHA1", "SHA256", "SHA3-256"})
    void theSecretLetsIn(String algorithm) {
        set("password", SECRET);
        set("chap_algs", algorithm);
        loginEndsWith(0);

        holdsWhatIsWritten("by " + algorithm);
        iscsi.logout(TARGET);
    }

    @Test
    @Order(4)
    void anImpostorIsNotTrusted() {
        set("username_in", "cowherd");
        set("password_in", "not what it has");
        loginEndsWith(OpenIscsi.FATAL_LOGIN);
        assertEquals(
                0, server.api().get("/v1/sessions").path("sessions").size(), "no session is left");
    }

    @Test
    @Order(5)
    void bothProveWhoTheyAre() {
        set("password_in", OUR_SECRET);
        loginEndsWith(0);

        holdsWhatIsWritten("by both");
        assertFalse(server.log().contains(SECRET), "a secret is in the log");
        assertFalse(server.log().contains(OUR_SECRET), "a secret is in the log");
    }

    private static void holdsWhatIsWritten(String text) {
        guest.run(
                        """
                        yes '%1$s' | head -c 1048576 >/tmp/text
                        dd if=/tmp/text of=%2$s bs=64k oflag=direct
                        dd if=%2$s bs=64k count=16 iflag=direct | cmp - /tmp/text
                        """
                                .formatted(text, iscsi.disk(TARGET, 0)))
                .succeeded();
    }
}
