package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Hosts that have to be let in: libiscsi with CHAP in both directions, on a list and off it, redirected.
class AccessIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SECRET = "web01 secret 16!";
    private static final String OUR_SECRET = "secret of the target";
    private static final String INQ = "iqn.2007-10.com.github:sahlberg:libiscsi:iscsi-inq";
    private static final int ISCSI_FAMILY_TESTS = 15;

    private static CowherdProcess server;
    private static Path folder;

    @BeforeAll
    static void startTheDemo() throws IOException {
        folder = Workspace.newFolder("access");
        server = CowherdProcess.demo(folder);
    }

    @AfterAll
    static void endTheServer() {
        server.close();
    }

    private static String secretFile(String name, String secret) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, secret + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file.toString();
    }

    private static Tool.Result tool(Map<String, String> environment, String... command) {
        return Tool.run(LIMIT, environment, List.of(command));
    }

    private static Map<String, String> chap(String user, String secret) {
        return Map.of("LIBISCSI_CHAP_USERNAME", user, "LIBISCSI_CHAP_PASSWORD", secret);
    }

    private static Map<String, String> mutual(String targetSecret) {
        var both = new HashMap<>(chap("web01", SECRET));
        both.put("LIBISCSI_CHAP_TARGET_USERNAME", "cowherd");
        both.put("LIBISCSI_CHAP_TARGET_PASSWORD", targetSecret);
        return both;
    }

    private static String portal(CowherdProcess of) {
        return "iscsi://127.0.0.1:" + of.iscsiPort();
    }

    @Test
    void chapInBothDirections() throws IOException {
        String url = server.url(CowherdProcess.DEMO_TARGET, 0);
        server.cli("chap", "set", "web01", "--secret-file", secretFile("web01", SECRET))
                .succeeded();
        server.cli(
                        "chap",
                        "set",
                        "cowherd",
                        "--outgoing",
                        "--secret-file",
                        secretFile("us", OUR_SECRET))
                .succeeded();
        try {
            assertNotEquals(0, tool(Map.of(), "iscsi-ls", portal(server)).exitCode());
            Tool.Result wrong = tool(chap("web01", "web01 secret 17!"), "iscsi-inq", url);
            assertTrue(wrong.output().contains("Authentication failure"), wrong::toString);
            Tool.Result found = tool(chap("web01", SECRET), "iscsi-ls", portal(server)).succeeded();
            assertTrue(found.output().contains(CowherdProcess.DEMO_TARGET), found::toString);
            tool(mutual(OUR_SECRET), "iscsi-inq", url).succeeded();
            Tool.Result impostor = tool(mutual("not the target's"), "iscsi-inq", url);
            assertTrue(impostor.output().contains("Invalid CHAP_R"), impostor::toString);

            LibiscsiReport report =
                    LibiscsiReport.parse(
                            tool(
                                            chap("web01", SECRET),
                                            "iscsi-test-cu",
                                            "-d",
                                            "-v",
                                            "-t",
                                            "iSCSI",
                                            url,
                                            url)
                                    .output());
            assertEquals(List.of(), report.failed());
            assertEquals(ISCSI_FAMILY_TESTS, report.ran());
        } finally {
            server.cli("chap", "rm", "web01").succeeded();
            server.cli("chap", "rm", "cowherd").succeeded();
        }
        assertTrue(server.log().contains("wrong CHAP secret of \"web01\""), server::log);
        assertFalse(server.log().contains(SECRET), "a secret is in the log");
        assertFalse(server.log().contains(OUR_SECRET), "a secret is in the log");
    }

    @Test
    void aHostSeesWhatItsListSays() {
        server.cli("acl", "add", "volumeGroup/base", "--initiator", INQ, "--luns", "1").succeeded();
        try {
            assertFalse(
                    tool(Map.of(), "iscsi-ls", portal(server))
                            .output()
                            .contains(CowherdProcess.DEMO_TARGET),
                    "iscsi-ls is not on the list");
            tool(Map.of(), "iscsi-inq", server.url(CowherdProcess.DEMO_TARGET, 1)).succeeded();
            Tool.Result masked =
                    tool(
                            Map.of(),
                            "iscsi-inq",
                            "-e",
                            "1",
                            "-c",
                            "128",
                            server.url(CowherdProcess.DEMO_TARGET, 0));
            assertNotEquals(0, masked.exitCode(), masked::toString);
        } finally {
            server.cli("acl", "rm", "volumeGroup/base", "--initiator", INQ).succeeded();
        }
    }

    @Test
    void aRedirectIsFollowed() throws IOException {
        try (CowherdProcess other = CowherdProcess.demo(Workspace.newFolder("redirected"))) {
            server.cli("redirect", "set", "volumeGroup/base", "127.0.0.1:" + other.iscsiPort())
                    .succeeded();
            try {
                String url = server.url(CowherdProcess.DEMO_TARGET, 0);
                tool(Map.of(), "iscsi-inq", url).succeeded();
                assertTrue(other.log().contains(INQ), "the login has ended at the other server");
                assertTrue(
                        tool(Map.of(), "iscsi-ls", portal(server))
                                .output()
                                .contains("Portal:10.0.2.2:" + server.iscsiPort()),
                        "discovery stays");
            } finally {
                server.cli("redirect", "rm", "volumeGroup/base").succeeded();
            }
        }
    }
}
