package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static io.cowherd.iscsi.conversation.Conversation.await;
import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The life of sessions: many at once, reinstatement, liveness, logout, the end of the server.
@ExtendWith(LeakWatch.class)
class SessionTest {
    private final Conversation conversation = new Conversation();

    @AfterEach
    void stop() {
        conversation.close();
    }

    @Test
    void manySessionsLiveSideBySide() {
        var tsihs = new java.util.HashSet<Integer>();
        for (int i = 0; i < 20; i++) {
            var initiator = conversation.initiator();
            tsihs.add(initiator.logsInAs("iqn.host:" + i, TARGET).u16(14));
            initiator.sync();
        }
        assertEquals(20, tsihs.size());
        assertFalse(tsihs.contains(0));
        assertEquals(20, conversation.server.sessions().size());
    }

    @Test
    void aNewLoginOfTheSamePortEndsTheOldSessionFirst() {
        try (var old = conversation.session();
                var again = conversation.initiator()) {
            old.sends(old.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            old.sync();
            assertEquals(1, conversation.fake.parkedCount());
            int tsih = conversation.server.sessions().getFirst().tsih();
            Pdu answer = again.logsIn(TARGET);
            assertNotEquals(tsih, answer.u16(14));
            assertEquals(0, conversation.fake.parkedCount(), "the old task was aborted");
            assertEquals(1, conversation.fake.openPorts().size(), "the old nexus is closed");
            old.seesClose();
            again.sync();
        }
    }

    @Test
    void anotherIsidIsAnotherSession() {
        try (var one = conversation.session();
                var two = conversation.initiator()) {
            Pdu login =
                    two.login(
                            0x87,
                            "InitiatorName=iqn.1993-08.org.debian:01:host",
                            "TargetName=" + TARGET);
            login.bhs.put(13, (byte) 9);
            two.sends(login);
            assertEquals(0, two.receives(0x23).u16(36));
            one.sync();
            two.sync();
        }
    }

    @Test
    void pingsAreEchoed() {
        try (var initiator = conversation.session("MaxRecvDataSegmentLength=512")) {
            byte[] data = "ping with data".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            Pdu ping = initiator.nopOut(data);
            ping.bhs.putLong(8, 0x0001_0000_0000_0000L);
            initiator.sends(ping);
            Pdu answer = initiator.receives(0x20);
            assertEquals(0x80, answer.flags());
            assertEquals(ping.itt(), answer.itt());
            assertEquals(-1, answer.u32(20), "TTT");
            assertEquals(0x0001_0000_0000_0000L, answer.bhs.getLong(8), "LUN");
            assertArrayEquals(data, answer.data);

            initiator.sends(initiator.nopOut(new byte[600]));
            assertEquals(512, initiator.receives(0x20).data.length, "no more than it takes");

            Pdu inTurn = initiator.nopOut(new byte[0]).set8(0, 0).set(24, initiator.cmdSn++);
            initiator.sends(inTurn);
            assertEquals(initiator.cmdSn, initiator.receives(0x20).expCmdSn());
        }
    }

    @Test
    void aSilentInitiatorIsPingedAndADeadOneDropped() {
        try (var initiator = conversation.session()) {
            conversation.timers.advance(15_000);
            Pdu ping = initiator.receives(0x20);
            assertEquals(-1, ping.itt());
            assertNotEquals(-1, ping.u32(20), "TTT");
            initiator.sends(Pdu.request(0x40, 0x80, -1).set(20, ping.u32(20)).set(24, 1));
            initiator.sync();
            conversation.timers.advance(15_000); // it has answered
            initiator.sync();
            conversation.timers.advance(15_000); // it has talked
            conversation.timers.advance(15_000);
            initiator.receives(0x20);
            conversation.timers.advance(15_000);
            initiator.seesClose();
        }
    }

    @Test
    void aWriteWhoseDataNeverComesIsGivenUpOn() {
        try (var initiator = conversation.session("ImmediateData=No")) {
            initiator.sends(initiator.write10(1, 0, 512));
            initiator.receives(0x31);
            assertNotEquals(0, conversation.server.bufferedBytes());
            conversation.timers.advance(15_000);
            initiator.sync();
            conversation.timers.advance(15_000);
            initiator.seesClose();
        }
    }

    @Test
    void logoutEndsTheNexusBeforeItIsAnswered() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            initiator.sends(initiator.logout(0));
            eventually("the command waits", () -> conversation.fake.parkedCount() == 1);
            conversation.fake.releaseParked();
            assertEquals(1, initiator.receives(0x25).itt(), "what runs is answered");
            Pdu answer = initiator.receives(0x26);
            assertEquals(0x80, answer.flags());
            assertEquals(0, answer.u8(2));
            assertEquals(0, conversation.fake.openPorts().size());
            assertEquals(0, conversation.server.sessions().size());
            initiator.seesClose();
        }
    }

    @Test
    void logoutOfWhatDoesNotExistIsRefused() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.logout(1).set(20, 5 << 16));
            assertEquals(1, initiator.receives(0x26).u8(2), "CID not found");
            initiator.sends(initiator.logout(2));
            assertEquals(2, initiator.receives(0x26).u8(2), "recovery is not supported");
            initiator.sync();
            initiator.sends(initiator.logout(1));
            assertEquals(0, initiator.receives(0x26).u8(2));
            initiator.seesClose();
        }
    }

    @Test
    void logoutDoesNotWaitForEver() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            initiator.sync();
            initiator.sends(initiator.logout(0));
            eventually(
                    "the logout waits",
                    () -> {
                        conversation.timers.advance(10_000);
                        return conversation.server.sessions().isEmpty();
                    });
        }
    }

    @Test
    void aConnectionThatBreaksAbortsWhatRuns() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            initiator.sends(initiator.write10(2, 0, 512).with(new byte[512]));
            initiator.receives(0x31);
        }
        eventually("the nexus is closed", () -> conversation.fake.openPorts().isEmpty());
        assertEquals(0, conversation.fake.parkedCount());
    }

    @Test
    void aDisconnectedTargetTellsItsHosts() {
        try (var initiator = conversation.session()) {
            initiator.sends(initiator.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            initiator.sync();
            var gone = conversation.server.disconnect(TARGET, "removed");
            Pdu async = initiator.receives(0x32);
            assertEquals(3, async.u8(36), "event 3");
            conversation.fake.releaseParked();
            assertEquals(0x25, initiator.receives().opcode(), "what runs is answered");
            initiator.seesClose();
            await(gone);
            await(conversation.server.disconnect("iqn.nobody", "nothing to do"));
        }
    }

    @Test
    void aStopAsksForLogoutThenFinishesWhatRunsThenCloses() {
        try (var polite = conversation.session();
                var deaf = conversation.initiator();
                var late = conversation.initiator()) {
            deaf.logsInAs("iqn.deaf:x", TARGET);
            deaf.sends(deaf.command(1, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1)));
            deaf.sync();
            var stopped = conversation.server.stop(Duration.ofSeconds(3));
            for (var initiator : java.util.List.of(polite, deaf)) {
                Pdu async = initiator.receives(0x32);
                assertEquals(1, async.u8(36), "event 1");
                assertEquals(3, async.u16(42), "seconds");
            }
            late.sends(late.login(0x87, "InitiatorName=iqn.late:x", "TargetName=" + TARGET));
            assertEquals(0x0301, late.receives(0x23).u16(36), "service unavailable: try again");
            polite.sync(); // goes on working
            polite.sends(polite.logout(0));
            assertEquals(0, polite.receives(0x26).u8(2));
            conversation.timers.advance(3_000);
            assertEquals(3, deaf.receives(0x32).u8(36), "event 3: it is dropped");
            conversation.fake.releaseParked();
            assertEquals(0x25, deaf.receives().opcode(), "what runs is answered");
            deaf.seesClose();
            await(stopped);
        }
        await(conversation.server.start());
        conversation.session().sync();
    }
}
