package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may come in, and who is sent elsewhere: scenarios 3, CHAP, and 15, redirection.
class AccessScenariosTest {
    private static final String SECRET_12 = "twelve bytes";
    private static final String SECRET_16 = "sixteen bytes!!!";
    private static final int AUTHENTICATION_FAILURE = 0x0201;
    private static final int MOVED_TEMPORARILY = 0x0101;
    private static final int MOVED_PERMANENTLY = 0x0102;
    private static final int SERVICE_UNAVAILABLE = 0x0301;

    @TempDir private Path data = Path.of("replaced");
    @TempDir private Path secrets = Path.of("replaced");
    private ServedVolumes server;

    @BeforeEach
    void serve() throws Exception {
        server = ServedVolumes.in(data);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void account(String name, String secret, String... more) throws Exception {
        var ownersOnly =
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
        Path file = Files.createFile(secrets.resolve(name), ownersOnly);
        Files.writeString(file, secret);
        String[] words = {"chap", "set", name, "--secret-file", file.toString()};
        String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        server.command(all);
    }

    /// MD5 of identifier, secret and challenge (RFC 1994 4.1).
    private static byte[] response(int identifier, String secret, byte[] challenge)
            throws Exception {
        byte[] all =
                Bytes.join(
                        new byte[] {(byte) identifier},
                        secret.getBytes(StandardCharsets.UTF_8),
                        challenge);
        return MessageDigest.getInstance("MD5").digest(all);
    }

    private static String hex(byte[] bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }

    private static byte[] binary(String value) {
        return value.startsWith("0b")
                ? Base64.getDecoder().decode(value.substring(2))
                : HexFormat.of().parseHex(value.substring(2));
    }

    /// The first two requests; returns the target's challenge.
    private static Message asksForChap(Initiator host, String methods) {
        Host windows = Host.WINDOWS;
        Message first =
                windows.login(
                        host,
                        0x00,
                        "InitiatorName=" + windows.name(),
                        "SessionType=Normal",
                        "TargetName=" + TARGET,
                        "AuthMethod=" + methods);
        first.says("AuthMethod=CHAP", "TargetPortalGroupTag=1");
        Message challenge = windows.login(host, 0x00, "CHAP_A=5");
        assertEquals(3, challenge.keys().size(), challenge.keys()::toString);
        assertEquals("5", challenge.key("CHAP_A"));
        return challenge;
    }

    private static byte[] answer(Message challenge, String secret) throws Exception {
        int identifier = Integer.parseInt(challenge.key("CHAP_I"));
        return response(identifier, secret, binary(challenge.key("CHAP_C")));
    }

    /// 3: WIN-LOGIN with CHAP, one-way: `CHAP` and `CHAP,None`, the answer in hex and in base64, secrets of 12 and 16 bytes.
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "|CHAP|,      hex,    |twelve bytes|",
                "|CHAP,None|, hex,    |sixteen bytes!!!|",
                "|CHAP|,      base64, |sixteen bytes!!!|"
            })
    void scenario3_chapOneWay(String methods, String form, String secret) throws Exception {
        account("win", secret);
        try (var host = new Initiator(server.portal(0))) {
            byte[] proof = answer(asksForChap(host, methods), secret);
            String shown =
                    form.equals("hex")
                            ? hex(proof)
                            : "0b" + Base64.getEncoder().encodeToString(proof);
            Message passed = Host.WINDOWS.login(host, 0x81, "CHAP_N=win", "CHAP_R=" + shown);
            assertEquals(0, passed.u16(36), "login status");
            assertEquals(0x81, passed.u8(1), "goes on to the operational stage");
            passed.says();
            assertEquals(0, Host.WINDOWS.login(host, Host.WINDOWS.steps().get(1), TARGET).u16(36));
            host.clearsAttentions(BASE);
        }
    }

    /// 3: mutual: the target proves itself as well, with a secret of its own.
    @Test
    void scenario3_chapMutual() throws Exception {
        account("win", SECRET_12);
        account("cowherd", SECRET_16, "--outgoing");
        byte[] ours = Bytes.of("00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f");
        try (var host = new Initiator(server.portal(0))) {
            byte[] proof = answer(asksForChap(host, "CHAP"), SECRET_12);
            Message passed =
                    Host.WINDOWS.login(
                            host,
                            0x81,
                            "CHAP_N=win",
                            "CHAP_R=" + hex(proof),
                            "CHAP_I=23",
                            "CHAP_C=" + hex(ours));
            assertEquals("cowherd", passed.key("CHAP_N"));
            assertEquals(hex(response(23, SECRET_16, ours)), hex(binary(passed.key("CHAP_R"))));
            assertEquals(0, Host.WINDOWS.login(host, Host.WINDOWS.steps().get(1), TARGET).u16(36));
        }
    }

    /// 3: a wrong secret, our own challenge sent back, no CHAP offered, and a start past the security stage: 0201, and the
    /// connection ends.
    @Test
    void scenario3_whoCannotProveItselfStaysOut() throws Exception {
        account("win", SECRET_12);
        account("cowherd", SECRET_16, "--outgoing");
        try (var host = new Initiator(server.portal(0))) {
            byte[] wrong = answer(asksForChap(host, "CHAP"), SECRET_16);
            refused(host, Host.WINDOWS.login(host, 0x81, "CHAP_N=win", "CHAP_R=" + hex(wrong)));
        }
        try (var host = new Initiator(server.portal(0))) {
            Message challenge = asksForChap(host, "CHAP");
            String reflected = challenge.key("CHAP_C");
            refused(
                    host,
                    Host.WINDOWS.login(
                            host,
                            0x81,
                            "CHAP_N=win",
                            "CHAP_R=" + hex(answer(challenge, SECRET_12)),
                            "CHAP_I=" + challenge.key("CHAP_I"),
                            "CHAP_C=" + reflected));
        }
        try (var host = new Initiator(server.portal(0))) {
            refused(host, Host.WINDOWS.login(host, Host.WINDOWS.steps().getFirst(), TARGET));
        }
        try (var host = new Initiator(server.portal(0))) {
            refused(host, Host.LINUX.login(host, Host.LINUX.steps().getFirst(), TARGET));
        }
    }

    private static void refused(Initiator host, Message answer) {
        assertEquals(AUTHENTICATION_FAILURE, answer.u16(36), "login status");
        assertEquals(0, answer.u16(14), "TSIH");
        host.seesClose();
    }

    /// 15: the first answer, before any authentication, sends the host elsewhere; discovery never does.
    @ParameterizedTest
    @CsvSource({"0, ''", "1, --permanent"})
    void scenario15_redirect(int permanently, String option) throws Exception {
        account("win", SECRET_12);
        String[] words = {"redirect", "set", "vg/base", "[2001:db8::2]:3260", "192.0.2.2:3260"};
        server.command(option.isEmpty() ? words : withLast(words, option));
        int status = permanently == 1 ? MOVED_PERMANENTLY : MOVED_TEMPORARILY;
        for (Host one : new Host[] {Host.WINDOWS, Host.LINUX}) {
            try (var host = new Initiator(server.portal(0))) {
                Message answer = one.login(host, one.steps().getFirst(), TARGET);
                assertEquals(status, answer.u16(36), "login status");
                answer.says("TargetAddress=192.0.2.2:3260"); // of the family that the host uses
                host.seesClose();
            }
        }
    }

    /// 15: a portal of the other family only is no answer for this host (ILOG C0000048): it is to try again.
    @Test
    void scenario15_noPortalOfTheHostsFamily() {
        server.command("redirect", "set", "vg/base", "[2001:db8::2]:3260");
        try (var host = new Initiator(server.portal(0))) {
            Message answer = Host.WINDOWS.login(host, Host.WINDOWS.steps().getFirst(), TARGET);
            assertEquals(SERVICE_UNAVAILABLE, answer.u16(36), "login status");
        }
    }

    private static String[] withLast(String[] words, String last) {
        String[] all = java.util.Arrays.copyOf(words, words.length + 1);
        all[words.length] = last;
        return all;
    }
}
