package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Logins by CHAP as hosts do them (RFC 7143 12.1.3, spec/initiators.md b.1 to b.5), and those that must fail. The first
/// six are those of libiscsi's suite iSCSICHAP, which its packaged version does not have yet.
class ChapTest extends ChapConversation {
    // -- libiscsi's iSCSICHAP --

    @ParameterizedTest
    @CsvSource({
        "5, 5",
        "6, 6",
        "7, 7",
        "'8,7,6,5', 7",
        "'5,6,7', 7",
        "'4,5', 5",
        "0x5, 5",
        "'99,5', 5"
    })
    void theAlgorithmIsChosenFromTheList(String offered, int chosen) {
        try (var host = conversation.initiator()) {
            Challenge asked = challenge(host, offered);
            assertEquals(chosen, asked.algorithm());
            Pdu end = exchange(host, 0x81, "CHAP_N=web01", "CHAP_R=" + hex(asked.response(SECRET)));
            assertEquals(OK, end.u16(36));
            assertEquals(0x81, end.flags());
            assertEquals("", end.text());
            assertEquals(OK, exchange(host, 0x87, "MaxConnections=1").u16(36));
            host.sync();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"8", "1", "x", "", "5;6", "-5", "256"})
    void anAlgorithmThatIsNotOursIsRefused(String offered) {
        try (var host = conversation.initiator()) {
            exchange(
                    host, 0x00, "InitiatorName=" + HOST, "TargetName=" + TARGET, "AuthMethod=CHAP");
            Pdu end = exchange(host, 0x00, "CHAP_A=" + offered);
            assertEquals(2, end.u8(36), "class");
            host.seesClose();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x", "0X", "0XUPPER", "0b", "0B"})
    void responsesComeInHexAndBase64(String form) {
        try (var host = conversation.initiator()) {
            byte[] response = challenge(host, "7").response(SECRET);
            String text =
                    switch (form) {
                        case "0XUPPER" ->
                                "0X" + HexFormat.of().formatHex(response).toUpperCase(Locale.ROOT);
                        case "0x", "0X" -> form + HexFormat.of().formatHex(response);
                        default -> form + Base64.getEncoder().encodeToString(response);
                    };
            Pdu end = exchange(host, 0x81, "CHAP_N=web01", "CHAP_R=" + text);
            assertEquals(OK, end.u16(36));
        }
    }

    @Test
    void oversizedValuesAreRefused() {
        for (String prefix : List.of("0x", "0b")) {
            try (var host = conversation.initiator()) {
                challenge(host, "5");
                endsIn(
                        host,
                        AUTHENTICATION_FAILURE,
                        exchange(
                                host, 0x81, "CHAP_N=web01", "CHAP_R=" + prefix + "A".repeat(6000)));
            }
        }
    }

    // -- mutual --

    @ParameterizedTest
    @CsvSource({"5, 0x", "7, 0x", "7, 0b"})
    void weProveOurselvesToHostsThatAsk(int algorithm, String form) {
        try (var host = conversation.initiator()) {
            Challenge asked = challenge(host, String.valueOf(algorithm));
            byte[] theirs = new byte[1024];
            new Random(7).nextBytes(theirs);
            String challenge =
                    form.equals("0x")
                            ? hex(theirs)
                            : "0b" + Base64.getEncoder().encodeToString(theirs);
            Pdu end =
                    exchange(
                            host,
                            0x81,
                            "CHAP_N=web01",
                            "CHAP_R=" + hex(asked.response(SECRET)),
                            "CHAP_I=200",
                            "CHAP_C=" + challenge);
            assertEquals("cowherd", key(end, "CHAP_N"));
            assertEquals(hex(hash(algorithm, 200, OUR_SECRET, theirs)), key(end, "CHAP_R"));
            assertEquals(0x81, end.flags());
        }
    }

    @Test
    void whoGivesUsOurOwnChallengeIsRefused() {
        try (var host = conversation.initiator()) {
            Challenge asked = challenge(host, "5");
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(
                            host,
                            0x81,
                            "CHAP_N=web01",
                            "CHAP_R=" + hex(asked.response(SECRET)),
                            "CHAP_I=" + asked.identifier(),
                            "CHAP_C=" + asked.text()));
        }
    }

    /// Nothing is proved to a host that has not proved itself.
    @Test
    void aWrongResponseGetsNoProofOfOurs() {
        try (var host = conversation.initiator()) {
            challenge(host, "5");
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(
                            host,
                            0x81,
                            "CHAP_N=web01",
                            "CHAP_R=" + hex(new byte[16]),
                            "CHAP_I=1",
                            "CHAP_C=0x0102"));
        }
    }

    // -- who does not get in --

    @ParameterizedTest
    @CsvSource({"web01, wrong secret", "nobody, twelve bytes", "WEB01, twelve bytes"})
    void aWrongNameOrSecretIsRefused(String name, String secret) {
        try (var host = conversation.initiator()) {
            byte[] response = challenge(host, "7").response(secret);
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(host, 0x81, "CHAP_N=" + name, "CHAP_R=" + hex(response)));
        }
        assertEquals(1, conversation.server.failedLogins().total());
    }

    @Test
    void aLoginThatBeginsInStage1IsRefused() {
        try (var host = conversation.initiator()) {
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(host, 0x87, "InitiatorName=" + HOST, "TargetName=" + TARGET));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"None", "KRB5", "chap", "CHAPS,None", ""})
    void whoDoesNotOfferChapIsRefused(String methods) {
        try (var host = conversation.initiator()) {
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(
                            host,
                            0x81,
                            "InitiatorName=" + HOST,
                            "TargetName=" + TARGET,
                            "AuthMethod=" + methods));
        }
    }

    @Test
    void whoSaysNothingOfItAndWantsToGoOnIsRefused() {
        try (var host = conversation.initiator()) {
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(host, 0x81, "InitiatorName=" + HOST, "TargetName=" + TARGET));
        }
    }

    /// T is not granted by asking for it, at no step.
    @Test
    void noStepIsSkipped() {
        try (var host = conversation.initiator()) {
            Pdu first =
                    exchange(
                            host,
                            0x87 & ~0x0C,
                            "InitiatorName=" + HOST,
                            "TargetName=" + TARGET,
                            "AuthMethod=CHAP");
            assertEquals(0, first.flags());
            Pdu second = exchange(host, 0x83, "CHAP_A=5");
            assertEquals(0, second.flags());
            Pdu third = exchange(host, 0x83, "HeaderDigest=None");
            assertEquals(0, third.flags());
            endsIn(host, INITIATOR_ERROR, exchange(host, 0x87, "MaxConnections=1"));
        }
    }

    @Test
    void aChallengeServesForOneAttempt() {
        try (var host = conversation.initiator()) {
            challenge(host, "5");
            endsIn(host, INITIATOR_ERROR, exchange(host, 0x00, "CHAP_A=5"));
        }
    }

    @Test
    void challengesAndIdentifiersAreNeverTheSame() {
        var challenges = new HashSet<String>();
        var identifiers = new HashSet<Integer>();
        for (int i = 0; i < 40; i++) {
            try (var host = conversation.initiator()) {
                Challenge asked = challenge(host, "5");
                assertEquals(32, asked.bytes().length);
                assertTrue(challenges.add(asked.text()));
                identifiers.add(asked.identifier());
            }
        }
        assertTrue(identifiers.size() > 20, identifiers::toString);
    }

    // -- other hosts --

    /// Windows asks for the transition at once, and sends its initiator name as CHAP_N.
    @Test
    void windowsLogsIn() {
        try (var windows = conversation.initiator()) {
            Pdu first =
                    exchange(
                            windows,
                            0x81,
                            "InitiatorName=" + HOST,
                            "SessionType=Normal",
                            "TargetName=" + TARGET,
                            "AuthMethod=CHAP");
            assertEquals("AuthMethod=CHAP|TargetPortalGroupTag=1|", first.text());
            Challenge asked = challenged(exchange(windows, 0x00, "CHAP_A=5"));
            Pdu end =
                    exchange(
                            windows,
                            0x81,
                            "CHAP_N=" + HOST,
                            "CHAP_R=" + hex(asked.response(SECRET)));
            assertEquals(0x81, end.flags());
            assertEquals(OK, exchange(windows, 0x87, "MaxConnections=32").u16(36));
        }
    }

    /// libiscsi negotiates digests in the security stage, beside AuthMethod; and may go straight to full feature phase.
    @Test
    void libiscsiLogsIn() {
        try (var host = conversation.initiator()) {
            Pdu first =
                    exchange(
                            host,
                            0x00,
                            "InitiatorName=" + HOST,
                            "TargetName=" + TARGET,
                            "SessionType=Normal",
                            "HeaderDigest=None,CRC32C",
                            "AuthMethod=CHAP,None");
            assertEquals("AuthMethod=CHAP|TargetPortalGroupTag=1|HeaderDigest=None|", first.text());
            Challenge asked = challenged(exchange(host, 0x00, "CHAP_A=5"));
            Pdu end = exchange(host, 0x83, "CHAP_N=web01", "CHAP_R=" + hex(asked.response(SECRET)));
            assertEquals(0x83, end.flags());
            assertNotEquals(0, end.u16(14), "TSIH");
            host.sync();
        }
    }

    @Test
    void discoveryAuthenticatesToo() {
        try (var host = conversation.initiator()) {
            Pdu first =
                    exchange(
                            host,
                            0x00,
                            "InitiatorName=" + HOST,
                            "SessionType=Discovery",
                            "AuthMethod=CHAP,None",
                            "CHAP_A=7,5");
            Challenge asked = challenged(first);
            Pdu end = exchange(host, 0x83, "CHAP_N=web01", "CHAP_R=" + hex(asked.response(SECRET)));
            assertEquals(0x83, end.flags());
        }
    }

    // -- garbage --

    @Test
    void garbageInTheKeysEndsTheLoginAndNothingElse() {
        long seed = Long.getLong("cowherd.seed", System.nanoTime());
        var random = new Random(seed);
        for (int round = 0; round < 60; round++) {
            try (var host = conversation.initiator()) {
                challenge(host, "5,6,7");
                List<String> keys = new ArrayList<>();
                for (String name : List.of("CHAP_N", "CHAP_R", "CHAP_I", "CHAP_C")) {
                    if (random.nextInt(4) > 0) {
                        keys.add(name + "=" + garbage(random));
                    }
                }
                if (keys.stream().noneMatch(k -> k.matches("CHAP_[NR].*"))) {
                    keys.add("CHAP_R=" + garbage(random));
                }
                host.sends(host.login(0x83, keys.toArray(String[]::new)));
                conversation.skipsDelay(host);
                Pdu end = host.receives(0x23);
                assertEquals(2, end.u8(36), () -> "seed " + seed + ": " + keys);
                host.seesClose();
            }
        }
    }

    private static String garbage(Random random) {
        String[] heads = {"", "0", "0x", "0X", "0b", "0B", "-", "0xg", "0b="};
        int length = random.nextInt(80);
        var text = new StringBuilder(heads[random.nextInt(heads.length)]);
        String alphabet = "0123456789abcdefABCDEFxyz+/= ,;\u00e9";
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
