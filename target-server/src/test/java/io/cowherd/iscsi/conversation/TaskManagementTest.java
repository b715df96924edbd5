package io.cowherd.iscsi.conversation;

import static io.cowherd.iscsi.conversation.Conversation.TARGET;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.dataOut;
import static io.cowherd.iscsi.conversation.ScriptedInitiator.rw10;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Task management (RFC 7143 11.5): really aborts, always answers.
@ExtendWith(LeakWatch.class)
class TaskManagementTest {
    private static final int COMPLETE = 0;
    private static final int NO_SUCH_TASK = 1;
    private static final int NO_SUCH_LUN = 2;
    private static final int REJECTED = 0xFF;

    private final Conversation conversation = new Conversation();

    @AfterEach
    void stop() {
        conversation.close();
    }

    private static void expect(ScriptedInitiator initiator, Pdu request, int response) {
        initiator.sends(request);
        Pdu answer = initiator.receives(0x22);
        assertEquals(0x80, answer.flags());
        assertEquals(request.itt(), answer.itt());
        assertEquals(response, answer.u8(2));
    }

    private static Pdu parkedRead(ScriptedInitiator initiator, int itt) {
        return initiator.command(itt, 0xC1, 512, rw10(FakeTarget.PARKED_READ, 0, 1));
    }

    @Test
    void abortsATaskThatRuns() {
        try (var initiator = conversation.session()) {
            initiator.sends(parkedRead(initiator, 7));
            initiator.sync();
            int max = initiator.cmdSn + 126;
            expect(initiator, initiator.taskManagement(1, 7), COMPLETE);
            assertEquals(0, conversation.fake.parkedCount());
            initiator.sends(initiator.testUnitReady());
            Pdu next = initiator.receives(0x21);
            assertEquals(max + 2, next.maxCmdSn(), "the slot is free again");
            initiator.sends(initiator.read10(7, 0, 1)); // so is the tag
            assertEquals(7, initiator.receives(0x25).itt());
        }
    }

    /// The storage may still write to it.
    @Test
    void aTaskThatIsAbortedKeepsItsBufferUntilItEnds() {
        conversation.fake.hangs = true;
        try (var initiator = conversation.session()) {
            initiator.sends(parkedRead(initiator, 7));
            initiator.sync();
            long held = conversation.server.bufferedBytes();
            assertNotEquals(0, held);
            Pdu request = initiator.taskManagement(1, 7);
            initiator.sends(request);
            initiator.sync();
            assertEquals(held, conversation.server.bufferedBytes());
            conversation.fake.releaseParked();
            assertEquals(request.itt(), initiator.receives(0x22).itt());
            assertEquals(0, conversation.server.bufferedBytes());
        }
    }

    @Test
    void abortsAWriteThatWaitsForDataAndDiscardsWhatStillComes() {
        try (var initiator = conversation.session("ImmediateData=No")) {
            initiator.sends(initiator.write10(7, 0, 2));
            int ttt = initiator.receives(0x31).u32(20);
            initiator.sends(dataOut(7, ttt, 0, 0, false, new byte[512]));
            expect(initiator, initiator.taskManagement(1, 7), COMPLETE);
            initiator.sends(dataOut(7, ttt, 1, 512, true, new byte[512]));
            initiator.sync();
            assertEquals(0, conversation.server.bufferedBytes());
        }
    }

    @Test
    void aTaskThatIsGoneDoesNotExistButForEsxi() {
        try (var initiator = conversation.session();
                var esxi = conversation.initiator()) {
            expect(initiator, initiator.taskManagement(1, 7), NO_SUCH_TASK);
            esxi.logsInAs("iqn.1998-01.com.vmware:esx", TARGET);
            expect(esxi, esxi.taskManagement(1, 7), COMPLETE);
        }
    }

    @ParameterizedTest
    @CsvSource({"2", "4", "5", "6"})
    void theseAbortEverything(int function) {
        try (var initiator = conversation.session("ImmediateData=No")) {
            initiator.sends(parkedRead(initiator, 7));
            initiator.sends(initiator.write10(8, 0, 2));
            initiator.receives(0x31);
            expect(initiator, initiator.taskManagement(function, -1), COMPLETE);
            assertEquals(0, conversation.fake.parkedCount());
            assertEquals(0, conversation.server.bufferedBytes());
            initiator.sync();
        }
    }

    @Test
    void aColdResetDropsAllSessionsOfTheTarget() {
        try (var initiator = conversation.session();
                var other = conversation.initiator()) {
            other.logsInAs("iqn.other:x", TARGET);
            expect(initiator, initiator.taskManagement(7, -1), COMPLETE);
            for (ScriptedInitiator each : java.util.List.of(initiator, other)) {
                assertEquals(3, each.receives(0x32).u8(36), "event 3: it is dropped");
                each.seesClose();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "3, 5", // CLEAR ACA
        "8, 4", // TASK REASSIGN
        "0, 5", "9, 5", // QUERY TASK
        "127, 5"
    })
    void theseAreNotSupported(int function, int response) {
        try (var initiator = conversation.session()) {
            expect(initiator, initiator.taskManagement(function, -1), response);
        }
    }

    @Test
    void aLunThatDoesNotExistIsSaidSo() {
        try (var initiator = conversation.session()) {
            Pdu request = initiator.taskManagement(5, -1);
            request.bhs.putLong(8, 0x0005_0000_0000_0000L);
            expect(initiator, request, NO_SUCH_LUN);
        }
    }

    @Test
    void aFunctionThatHangsIsRejectedAfterItsDeadline() {
        try (var initiator = conversation.session()) {
            conversation.fake.managesNothing = true;
            Pdu request = initiator.taskManagement(5, -1);
            initiator.sends(request);
            initiator.sync();
            conversation.timers.advance(10_999);
            initiator.sync();
            conversation.timers.advance(1);
            Pdu answer = initiator.receives(0x22);
            assertEquals(request.itt(), answer.itt());
            assertEquals(REJECTED, answer.u8(2));
            for (int i = 0; i < 16; i++) {
                initiator.sends(initiator.taskManagement(5, -1));
            }
            initiator.sends(initiator.taskManagement(5, -1));
            assertEquals(6, initiator.receives(0x3F).u8(2), "too many at once");
        }
    }

    @Test
    void functionsMayTakeTheirTurn() {
        try (var initiator = conversation.session()) {
            Pdu request = initiator.taskManagement(5, -1).set8(0, 0x02).set(24, initiator.cmdSn++);
            expect(initiator, request, COMPLETE);
            initiator.sends(initiator.testUnitReady());
            assertEquals(0, initiator.receives(0x21).u8(3));
        }
    }
}
