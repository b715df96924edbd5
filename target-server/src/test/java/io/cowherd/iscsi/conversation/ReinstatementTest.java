package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/// Logins of one initiator port that overlap, while a command of the first session hangs in its storage.
@ExtendWith(LeakWatch.class)
@Timeout(60)
class ReinstatementTest {
    private static final int SERVICE_UNAVAILABLE = 0x0301;
    private static final int LOGIN_RESPONSE = 0x23;

    private final Conversation conversation = new Conversation();
    private final ScriptedInitiator old = conversation.session();

    @BeforeEach
    void aCommandHangs() {
        conversation.fake.hangs = true;
        old.sends(old.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
        old.sync();
    }

    @AfterEach
    void stop() {
        conversation.fake.releaseParked();
        conversation.close();
    }

    /// Sends a login of the same port.
    private ScriptedInitiator loginBegins() {
        ScriptedInitiator initiator = conversation.initiator();
        initiator.sends(
                initiator.login(
                        0x87,
                        "InitiatorName=iqn.1993-08.org.debian:01:host",
                        "TargetName=" + TARGET));
        return initiator;
    }

    private static void isAnswered(ScriptedInitiator initiator, int status) {
        assertEquals(status, initiator.receives(LOGIN_RESPONSE).u16(36));
    }

    private void theOldSessionEnds() {
        conversation.fake.releaseParked();
    }

    @Test
    void theNewestLoginComesInWhenTheOldSessionHasEnded() {
        ScriptedInitiator first = loginBegins();
        old.seesClose(); // so the first one waits
        ScriptedInitiator second = loginBegins();
        isAnswered(first, SERVICE_UNAVAILABLE);
        first.seesClose();
        ScriptedInitiator third = loginBegins();
        isAnswered(second, SERVICE_UNAVAILABLE);
        second.seesClose();
        assertEquals(1, conversation.fake.opened.get(), "nobody comes in before that");
        theOldSessionEnds();
        isAnswered(third, 0);
        third.sync();
        assertEquals(2, conversation.fake.opened.get());
    }

    @Test
    void aLoginThatHasGoneDoesNotEndTheSessionOfToday() {
        ScriptedInitiator gone = loginBegins();
        old.seesClose();
        gone.close();
        eventually("it is gone", () -> conversation.server.connections() == 0);
        ScriptedInitiator today = loginBegins();
        eventually("it is there", () -> conversation.server.connections() == 1);
        theOldSessionEnds();
        isAnswered(today, 0);
        today.sync();
        assertEquals(2, conversation.fake.opened.get());
        assertEquals(1, conversation.server.sessions().size());
    }

    /// A write of the old session might still come, over what the new session would have written.
    @Test
    void aLoginIsSentAwayForAsLongAsACommandOfTheOldSessionHangs() {
        ScriptedInitiator first = loginBegins();
        old.seesClose();
        conversation.timers.advance(1_999);
        conversation.timers.advance(1);
        isAnswered(first, SERVICE_UNAVAILABLE);
        first.seesClose();
        eventually("it is gone", () -> conversation.server.connections() == 0);
        int timersBefore = conversation.timers.pending();
        ScriptedInitiator second = loginBegins();
        eventually(
                "it waits, with a deadline for the login and one for the old session",
                () -> conversation.timers.pending() == timersBefore + 2);
        conversation.timers.advance(2_000);
        isAnswered(second, SERVICE_UNAVAILABLE);
        second.seesClose();
        assertEquals(1, conversation.fake.opened.get(), "nobody has come in");
        theOldSessionEnds();
        eventually("it is gone", () -> conversation.fake.openPorts().isEmpty());
        ScriptedInitiator today = loginBegins();
        isAnswered(today, 0);
        today.sync();
        assertEquals(2, conversation.fake.opened.get());
    }

    @Test
    void aLoginThatTakesTooLongDoesNotEndTheSessionOfToday() {
        ScriptedInitiator late = loginBegins();
        old.seesClose();
        conversation.timers.advance(2_000);
        isAnswered(late, SERVICE_UNAVAILABLE);
        late.seesClose();
        ScriptedInitiator today = loginBegins();
        theOldSessionEnds();
        isAnswered(today, 0);
        today.sync();
        assertEquals(1, conversation.server.sessions().size());
    }
}
