package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.iscsi.session.SessionInfo;
import io.cowherd.scsi.Host;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What the rules make of a login by CHAP: what strangers learn, rules that change, and addresses that guess.
class ChapRulesTest extends ChapConversation {
    // -- what strangers learn --

    /// Whoever has not proved himself cannot tell a hidden target, or none at all, from one that is there.
    @Test
    void whatIsThereIsToldAfterTheProof() {
        isHidden = true;
        try (var host = conversation.initiator()) {
            byte[] response = challenge(host, "7").response("wrong secret");
            endsIn(
                    host,
                    AUTHENTICATION_FAILURE,
                    exchange(host, 0x81, "CHAP_N=web01", "CHAP_R=" + hex(response)));
        }
        try (var host = conversation.initiator()) {
            byte[] response = challenge(host, "7").response(SECRET);
            endsIn(
                    host,
                    NOT_FOUND,
                    exchange(host, 0x81, "CHAP_N=web01", "CHAP_R=" + hex(response)));
        }
    }

    // -- rules that change --

    /// A change of the rules, and whether a session that was there before has proved enough.
    enum Change {
        NOTHING(true, true),
        SAME_SECRET_AGAIN(true, true),
        ACCOUNT_GONE(true, false),
        SECRET_REPLACED(true, false),
        NOTHING_DEMANDED_ANY_MORE(true, true),
        DEMANDED_FOR_THE_FIRST_TIME(false, false);

        final boolean wasDemanded;
        final boolean isEnough;

        Change(boolean wasDemanded, boolean isEnough) {
            this.wasDemanded = wasDemanded;
            this.isEnough = isEnough;
        }
    }

    private void make(Change change) {
        switch (change) {
            case NOTHING -> {}
            case SAME_SECRET_AGAIN -> accountSecret = new String(SECRET.toCharArray());
            case ACCOUNT_GONE -> account = "web02";
            case SECRET_REPLACED -> accountSecret = "another of web01";
            case NOTHING_DEMANDED_ANY_MORE -> isDemanded = false;
            case DEMANDED_FOR_THE_FIRST_TIME -> isDemanded = true;
        }
    }

    /// Everything of a login but its last request.
    private static void begins(ScriptedInitiator host, String type, boolean isDemanded) {
        exchange(
                host,
                0x00,
                "InitiatorName=" + HOST,
                "TargetName=" + TARGET,
                "SessionType=" + type,
                isDemanded ? "AuthMethod=CHAP" : "AuthMethod=None");
        if (isDemanded) {
            Challenge asked = challenged(exchange(host, 0x00, "CHAP_A=7"));
            exchange(host, 0x81, "CHAP_N=web01", "CHAP_R=" + hex(asked.response(SECRET)));
        } else {
            exchange(host, 0x81);
        }
    }

    private static Pdu ends(ScriptedInitiator host) {
        return exchange(host, 0x87, "MaxConnections=1");
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void sessionsThatExistAreMeasuredByNewRules(Change change) {
        isDemanded = change.wasDemanded;
        try (var host = conversation.initiator()) {
            begins(host, "Normal", isDemanded);
            assertEquals(OK, ends(host).u16(36));
            make(change);
            List<SessionInfo> lost = conversation.server.rulesChanged();
            assertEquals(change.isEnough ? 0 : 1, lost.size(), lost::toString);
            host.sync(); // either way it goes on
            String who =
                    new Host(HOST, "127.0.0.1", change.wasDemanded ? "web01" : null).toString();
            List<String> shown = List.of(who, change.isEnough ? who : "null");
            Conversation.eventually(
                    "shown to " + shown, () -> conversation.fake.hosts.equals(shown));
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void aLoginIsMeasuredByTheRulesAtItsEnd(Change change) {
        isDemanded = change.wasDemanded;
        try (var host = conversation.initiator()) {
            begins(host, "Normal", isDemanded);
            make(change);
            Pdu end = ends(host);
            assertEquals(change.isEnough ? OK : NOT_FOUND, end.u16(36));
            if (!change.isEnough) {
                host.seesClose();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Change.class)
    void discoveryEndsWhenItsProofIsNotEnough(Change change) {
        isDemanded = change.wasDemanded;
        try (var host = conversation.initiator()) {
            begins(host, "Discovery", isDemanded);
            assertEquals(OK, ends(host).u16(36));
            make(change);
            assertEquals(List.of(), conversation.server.rulesChanged(), "no target is lost");
            if (change.isEnough) {
                host.sync();
            } else {
                host.seesClose();
            }
        }
    }

    // -- brute force --

    /// Right and wrong answers of an address that has failed wait alike; who is right waits in a safe place.
    @Test
    void anAddressThatFailsWaits() {
        for (int i = 0; i < 4; i++) {
            conversation.server.failedLogins().failed(InetAddress.getLoopbackAddress(), "a test");
        }
        int delay =
                conversation.server.failedLogins().delayMillis(InetAddress.getLoopbackAddress());
        assertTrue(delay > 0);
        try (var host = conversation.initiator()) {
            byte[] response = challenge(host, "7").response(SECRET);
            host.sends(host.login(0x81, "CHAP_N=web01", "CHAP_R=" + hex(response)));
            conversation.waitsForTimer(delay);
            conversation.timers.advance(delay - 1);
            assertEquals(0, host.available());
            conversation.timers.advance(1);
            assertEquals(OK, host.receives(0x23).u16(36));
        }
    }
}
