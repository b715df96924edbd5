package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static io.cowherd.iscsi.conversation.Conversation.eventually;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.login.LoginOffer.UnsolicitedDataOut;
import io.cowherd.iscsi.portal.IscsiServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Every bound that a peer can run into: the window, memory, connections, sessions.
@ExtendWith(LeakWatch.class)
class LimitsTest {
    private static final Limits D = Limits.DEFAULTS;
    private static final int PER_ADDRESS = 4;
    private static final int PER_INITIATOR = 3;

    private static Conversation with(
            int connections,
            int unauthenticated,
            int sessions,
            int window,
            long bufferedBytes,
            int unsentBytes) {
        return new Conversation(
                new Limits(
                        D.loginTimeoutMillis(),
                        connections,
                        unauthenticated,
                        PER_ADDRESS,
                        sessions,
                        PER_INITIATOR,
                        window,
                        D.maxRecvDataSegmentLengthBytes(),
                        D.maxTextBytes(),
                        D.maxBurstLengthBytes(),
                        D.firstBurstLengthBytes(),
                        D.maxTransferBytes(),
                        bufferedBytes,
                        unsentBytes,
                        D.nopInIntervalMillis(),
                        D.nopInTimeoutMillis(),
                        D.taskManagementTimeoutMillis(),
                        D.logoutTimeoutMillis(),
                        D.reinstatementTimeoutMillis(),
                        D.largestLun(),
                        D.ioThreads(),
                        D.ioQueue()),
                UnsolicitedDataOut.GRANTED);
    }

    private static Pdu parkedRead(ScriptedInitiator initiator, int itt, int blocks) {
        return initiator.command(itt, 0xC1, blocks * 512, rw10(FakeTarget.PARKED_READ, 0, blocks));
    }

    @Test
    void theWindowClosesAndOpens() {
        try (var conversation = with(8, 8, 8, 4, D.bufferedBytes(), D.unsentBytes());
                var initiator = conversation.session()) {
            for (int i = 1; i <= 4; i++) {
                initiator.sends(parkedRead(initiator, i, 1));
            }
            initiator.sends(initiator.nopOut(new byte[0]));
            Pdu closed = initiator.receives(0x20);
            assertEquals(5, closed.expCmdSn());
            assertEquals(4, closed.maxCmdSn());

            Pdu beyond = initiator.read10(5, 0, 1); // CmdSN 5 is outside: ignored in silence
            initiator.sends(beyond);
            Pdu below = initiator.read10(6, 0, 1).set(24, 1);
            initiator.sends(below);
            initiator.sync();
            assertEquals(4, conversation.fake.parkedCount());

            Pdu immediate = parkedRead(initiator, 7, 1).set8(0, 0x41);
            initiator.sends(immediate);
            initiator.sync();
            assertEquals(5, conversation.fake.parkedCount(), "immediate commands pass by");

            conversation.fake.releaseParked();
            for (int i = 0; i < 5; i++) {
                initiator.receives(0x25);
            }
            initiator.sends(beyond); // now it is its turn
            Pdu data = initiator.receives(0x25);
            assertEquals(5, data.itt());
            assertEquals(6, data.expCmdSn());
            assertEquals(9, data.maxCmdSn());
        }
    }

    @Test
    void aGapEndsTheConnection() {
        try (var conversation = new Conversation();
                var initiator = conversation.session()) {
            initiator.cmdSn++;
            initiator.sends(initiator.testUnitReady());
            initiator.seesClose();
        }
    }

    @Test
    void immediateCommandsHaveABoundToo() {
        try (var conversation = with(8, 8, 8, 4, D.bufferedBytes(), D.unsentBytes());
                var initiator = conversation.session()) {
            for (int i = 1; i <= 4 + 16; i++) {
                Pdu command = parkedRead(initiator, i, 1).set8(0, 0x41);
                initiator.sends(command);
            }
            initiator.sends(parkedRead(initiator, 99, 1).set8(0, 0x41));
            assertEquals(6, initiator.receives(0x3F).u8(2), "immediate command reject");
            initiator.sends(parkedRead(initiator, 1, 1).set8(0, 0x41));
            assertEquals(7, initiator.receives(0x3F).u8(2), "task in progress");
            conversation.fake.releaseParked();
            for (int i = 0; i < 20; i++) {
                initiator.receives(0x25);
            }
        }
    }

    /// One connection gets half of the memory. What is beyond is TASK SET FULL, for reads and writes, and the data that
    /// is on its way with it does no harm.
    @Test
    void memoryThatRunsOutIsTaskSetFull() {
        try (var conversation = with(8, 8, 8, 16, 400_000, D.unsentBytes());
                var initiator = conversation.session("InitialR2T=No");
                var other = conversation.initiator()) {
            other.logsInAs("iqn.other:x", TARGET);
            initiator.sends(parkedRead(initiator, 1, 256));
            initiator.sends(initiator.read10(2, 0, 256));
            Pdu full = initiator.receives(0x21);
            assertEquals(2, full.itt());
            assertEquals(0x28, full.u8(3));
            assertEquals(0, full.data.length);
            initiator.sends(initiator.write10(3, 0, 256).with(new byte[512]).set8(1, 0x21));
            initiator.sync();
            initiator.sends(dataOut(3, -1, 0, 512, true, new byte[1024]));
            full = initiator.receives(0x21);
            assertEquals(3, full.itt());
            assertEquals(0x28, full.u8(3));
            other.sends(other.read10(1, 0, 256));
            assertEquals(
                    131_072,
                    other.receives(0x25).data.length
                            + other.receives(0x25).data.length
                            + receiveRest(other, 131_072 - 2 * 8192));
            conversation.fake.releaseParked();
            assertEquals(131_072, receiveRest(initiator, 131_072));
        }
    }

    private static int receiveRest(ScriptedInitiator initiator, int length) {
        int received = 0;
        while (received < length) {
            received += initiator.receives(0x25).data.length;
        }
        return received;
    }

    /// Reads are answered into a socket that nobody empties: the server stops reading, other sessions go on, and
    /// everything arrives once it is fetched.
    @Test
    void aSlowReaderIsNotReadFromAndDoesNotGrowMemory() {
        try (var conversation = with(8, 8, 8, 128, 64L << 20, 1 << 20);
                var slow = conversation.session("MaxRecvDataSegmentLength=262144");
                var other = conversation.initiator()) {
            other.logsInAs("iqn.other:x", TARGET);
            int commands = 120;
            for (int i = 0; i < commands; i++) {
                slow.sends(slow.read10(i, i, 512)); // 30 MiB in total
            }
            eventually("memory is held", () -> conversation.server.bufferedBytes() > 1 << 19);
            for (int i = 0; i < 1000; i++) {
                other.sync();
                assertTrue(conversation.server.bufferedBytes() < 3 << 20);
            }
            for (int i = 0; i < commands; i++) {
                Pdu data = slow.receives(0x25);
                assertEquals(i, data.itt());
                assertArrayEquals(conversation.fake.bytes(i * 512, 262_144), data.data);
            }
        }
    }

    /// It takes nothing at all: silence, a ping that it does not see, and the end, although its socket is full.
    @Test
    void anInitiatorThatNeverReadsIsDropped() {
        try (var conversation = with(8, 8, 8, 128, 64L << 20, 1 << 20);
                var deaf = conversation.session("MaxRecvDataSegmentLength=262144")) {
            for (int i = 0; i < 120; i++) {
                deaf.sends(deaf.read10(i, i, 512));
            }
            eventually("memory is held", () -> conversation.server.bufferedBytes() > 1 << 19);
            eventually(
                    "the session ends",
                    () -> {
                        conversation.timers.advance(15_000);
                        return conversation.server.connections() == 0;
                    });
            assertEquals(0, conversation.server.bufferedBytes());
        }
    }

    /// Goal: who says nothing makes room for who comes next, and a host that logs in gets through.
    @Test
    void theOldestConnectionThatHasNotLoggedInMakesRoom() {
        try (var conversation = with(8, 2, 8, 4, D.bufferedBytes(), D.unsentBytes());
                var one = conversation.initiator()) {
            eventually("it is counted", () -> conversation.server.connections() == 1);
            try (var two = conversation.initiator();
                    var three = conversation.initiator()) {
                one.seesClose();
                two.logsIn(TARGET);
                three.logsInAs("iqn.three:x", TARGET);
                two.sync();
            }
        }
    }

    @Test
    void anAddressHasItsShare() {
        try (var conversation = with(100, 100, 8, 4, D.bufferedBytes(), D.unsentBytes())) {
            for (int i = 0; i < 10 * PER_ADDRESS; i++) {
                var half = conversation.initiator();
                half.sends(half.login(0x81, "InitiatorName=iqn.a:half", "SessionType=Discovery"));
                half.receives(0x23); // so it has entered, and nobody comes after the last one
            }
            eventually("the share is left", () -> conversation.server.connections() == PER_ADDRESS);
            try (var last = conversation.initiator()) {
                last.logsIn(TARGET);
                last.sync();
            }
        }
    }

    /// Sessions are not counted by address, and do not make room.
    @Test
    void sessionsKeepTheirPlaces() {
        try (var conversation = with(3, 3, 8, 4, D.bufferedBytes(), D.unsentBytes());
                var one = conversation.session();
                var two = conversation.initiator()) {
            two.logsInAs("iqn.two:x", TARGET);
            try (var three = conversation.initiator()) {
                three.logsInAs("iqn.three:x", TARGET);
                try (var four = conversation.initiator()) {
                    four.seesClose();
                }
                one.sync();
                two.sync();
                three.sync();
            }
            eventually("one has left", () -> conversation.server.connections() == 2);
            try (var four = conversation.initiator()) {
                four.logsInAs("iqn.four:x", TARGET);
            }
        }
    }

    @Test
    void anInitiatorHasItsShareOfSessions() {
        try (var conversation = with(20, 20, 20, 4, D.bufferedBytes(), D.unsentBytes())) {
            for (int i = 0; i < PER_INITIATOR; i++) {
                var initiator = conversation.initiator();
                initiator.sends(loginOf(initiator, "iqn.many:x", i));
                assertEquals(0, initiator.receives(0x23).u16(36));
            }
            try (var tooMany = conversation.initiator();
                    var other = conversation.initiator()) {
                tooMany.sends(loginOf(tooMany, "iqn.MANY:x", PER_INITIATOR));
                assertEquals(0x0302, tooMany.receives(0x23).u16(36), "out of resources");
                other.logsInAs("iqn.other:x", TARGET);
            }
        }
    }

    private static Pdu loginOf(ScriptedInitiator initiator, String name, int isid) {
        return initiator
                .login(0x87, "InitiatorName=" + name, "TargetName=" + TARGET)
                .set(8, 0x80000000 + isid);
    }

    @Test
    void tooManySessionsAreRefusedForNow() {
        try (var conversation = with(8, 8, 2, 4, D.bufferedBytes(), D.unsentBytes());
                var one = conversation.session();
                var two = conversation.initiator();
                var three = conversation.initiator()) {
            two.logsInAs("iqn.two:x", TARGET);
            three.sends(three.login(0x87, "InitiatorName=iqn.three:x", "TargetName=" + TARGET));
            assertEquals(0x0302, three.receives(0x23).u16(36), "out of resources");
            three.seesClose();
            one.sync();
            try (var again = conversation.initiator()) {
                again.logsIn(TARGET); // takes the place of `one`
            }
        }
    }

    @Test
    void dataSegmentsBeyondWhatWasDeclaredEndTheConnection() {
        try (var conversation = new Conversation();
                var unknown = conversation.initiator();
                var initiator = conversation.session()) {
            unknown.sends(unknown.login(0x87).with(new byte[8193]));
            unknown.seesClose();
            Pdu ping = initiator.nopOut(new byte[0]);
            ping.set(4, 262_145);
            initiator.sends(ping);
            initiator.seesClose();
        }
    }

    @Test
    void aPortThatIsTakenFailsTheStartAndLeavesNothing() {
        try (var conversation = new Conversation()) {
            var vertx = io.vertx.core.Vertx.vertx();
            var second =
                    new IscsiServer(
                            vertx,
                            D,
                            List.of(
                                    Portal.on(new HostPort("127.0.0.1", 0)),
                                    Portal.on(conversation.address())),
                            new io.cowherd.iscsi.discovery.TargetDirectory() {
                                @Override
                                public List<io.cowherd.iscsi.discovery.TargetEntry> targets() {
                                    return List.of();
                                }

                                @Override
                                public io.cowherd.iscsi.discovery.@org.jspecify.annotations.Nullable
                                        TargetEntry
                                        find(String iqn) {
                                    return null;
                                }
                            });
            var started = second.start();
            eventually("it has failed", started::isComplete);
            assertTrue(started.failed());
            assertEquals(List.of(), second.boundAddresses());
            Conversation.await(vertx.close());
        }
    }
}
