package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.config.access.ChapAlgorithm;
import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.discovery.TargetPlacement;
import io.cowherd.iscsi.login.ChapDemand;
import io.cowherd.iscsi.login.ChapSecret;
import io.cowherd.iscsi.login.LoginPolicy;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.login.Visitor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/// Logins by CHAP, between a server whose rules the test sets and hosts that say what the test has them say.
@ExtendWith(LeakWatch.class)
abstract class ChapConversation {
    static final String HOST = "iqn.1993-08.org.debian:01:host";
    static final String SECRET = "twelve bytes";
    static final String OUR_SECRET = "another twelve and more";
    static final int OK = 0;
    static final int AUTHENTICATION_FAILURE = 0x0201;
    static final int INITIATOR_ERROR = 0x0200;
    static final int NOT_FOUND = 0x0203;

    // What the rules say at present
    volatile boolean isHidden;
    volatile boolean isDemanded = true;
    volatile String account = "web01";
    volatile String accountSecret = SECRET;

    private final LoginPolicy policy =
            new LoginPolicy() {
                @Override
                public @Nullable LunRights rights(Visitor visitor, String target) {
                    return isHidden ? null : LunRights.ALL;
                }

                @Override
                public @Nullable ChapDemand demand(Visitor visitor, @Nullable String target) {
                    return isDemanded ? demanded() : null;
                }
            };
    final Conversation conversation = new Conversation(new Reception(policy, TargetPlacement.HERE));

    private ChapDemand demanded() {
        return new ChapDemand(
                List.of(ChapAlgorithm.SHA256, ChapAlgorithm.SHA1, ChapAlgorithm.MD5),
                name -> name.equals(account) || name.equals(HOST) ? secret(accountSecret) : null,
                new ChapDemand.Own("cowherd", secret(OUR_SECRET)));
    }

    private static ChapSecret secret(String text) {
        return new ChapSecret(text.getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        conversation.close();
    }

    /// What the target asks.
    record Challenge(int algorithm, int identifier, String text) {
        byte[] bytes() {
            return HexFormat.of().parseHex(text.substring(2));
        }

        byte[] response(String secret) {
            return hash(algorithm, identifier, secret, bytes());
        }
    }

    static byte[] hash(int algorithm, int identifier, String secret, byte[] challenge) {
        try {
            var digest =
                    MessageDigest.getInstance(
                            switch (algorithm) {
                                case 5 -> "MD5";
                                case 6 -> "SHA-1";
                                case 7 -> "SHA-256";
                                default -> throw new AssertionError(algorithm);
                            });
            digest.update((byte) identifier);
            digest.update(secret.getBytes(StandardCharsets.UTF_8));
            return digest.digest(challenge);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    static String hex(byte[] bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }

    static String key(Pdu answer, String name) {
        for (String pair : answer.text().split("\\|", -1)) {
            if (pair.startsWith(name + "=")) {
                return pair.substring(name.length() + 1);
            }
        }
        throw new AssertionError(name + " is not in " + answer.text());
    }

    static Pdu exchange(ScriptedInitiator host, int flags, String... keys) {
        host.sends(host.login(flags, keys));
        return host.receives(0x23);
    }

    /// open-iscsi's first two requests.
    static Challenge challenge(ScriptedInitiator host, String algorithms) {
        Pdu first =
                exchange(
                        host,
                        0x81,
                        "InitiatorName=" + HOST,
                        "TargetName=" + TARGET,
                        "SessionType=Normal",
                        "AuthMethod=CHAP,None");
        assertEquals("AuthMethod=CHAP|TargetPortalGroupTag=1|", first.text());
        assertEquals(0x00, first.flags(), "no transition before a proof");
        return challenged(exchange(host, 0x00, "CHAP_A=" + algorithms));
    }

    static Challenge challenged(Pdu answer) {
        assertEquals(OK, answer.u16(36), answer::text);
        assertEquals(0x00, answer.flags());
        return new Challenge(
                Integer.parseInt(key(answer, "CHAP_A")),
                Integer.parseInt(key(answer, "CHAP_I")),
                key(answer, "CHAP_C"));
    }

    static void endsIn(ScriptedInitiator host, int status, Pdu answer) {
        assertEquals(status, answer.u16(36), answer::text);
        assertEquals("", answer.text());
        host.seesClose();
    }
}
