package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What becomes of tasks that are not wanted any more, at each moment of their life. Method: a device that holds requests
/// until the test lets them go.
@Timeout(60)
final class AbortTest {
    private static final int BLOCK = 512;
    private static final String READ_7 = "28 00 00 00 00 07 00 00 01 00";
    private static final String WRITE_7 = "2A 00 00 00 00 07 00 00 01 00";

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final GatedDevice gated = new GatedDevice(memory);
    private final TestTarget target = TestTarget.of(gated);
    private final TestHost host = TestHost.ready(target.device, "iqn.a");
    private final TestHost other = TestHost.ready(target.device, "iqn.b");
    private final GatedDevice.Gate gate = gated.holdBefore(_ -> true);

    @AfterEach
    void close() {
        gate.open();
        host.close();
        other.close();
        target.close();
    }

    @Test
    void aTaskAbortedBeforeItsExecutionNeverRuns() {
        byte[] before = memory.get();
        TestHost.Sent sent = host.hold(0, WRITE_7, TaskAttribute.SIMPLE);
        sent.task.abort();
        assertFalse(sent.isDone());
        sent.execute(new byte[BLOCK]);
        assertEquals(1, sent.completions);
        assertTrue(sent.task.aborted());
        assertFalse(sent.task.respondsThoughAborted());
        assertArrayEquals(before, memory.get());
    }

    @Test
    void aRunningTaskCompletesOnceItLeavesItsBuffers() throws Exception {
        TestHost.Sent sent = host.begin(0, READ_7);
        gate.awaitArrival();
        sent.task.abort();
        sent.task.abort();
        host.turn();
        assertFalse(sent.isDone(), "the device may still write to the buffer");
        gate.open();
        sent.await();
        assertTrue(sent.task.aborted());
        sent.task.abort();
        assertEquals(1, sent.completions);
    }

    /// Goal: a task that still waits for a thread does not have to wait for it to be aborted.
    @Test
    void aQueuedTaskIsWithdrawn() throws Exception {
        try (TestTarget narrow = new TestTarget(1, 10)) {
            narrow.device.addLun(
                    0, TestTarget.unit(gated, TestTarget.UUID_0, TestTarget.READ_WRITE));
            TestHost mine = TestHost.ready(narrow.device, "iqn.c");
            TestHost.Sent running = mine.begin(0, READ_7);
            gate.awaitArrival();
            TestHost.Sent queued = mine.begin(WRITE_7, new byte[BLOCK], TaskAttribute.SIMPLE);
            queued.task.abort();
            queued.await();
            assertTrue(queued.task.aborted());
            assertFalse(running.isDone());
            gate.open();
            running.await().good();
            assertArrayEquals(MemoryDevice.numberedSector(1007), memory.get(7 * BLOCK, BLOCK));
            mine.close();
        }
    }

    @Test
    void aResetWaitsForWhatRunsAndTellsItsHost() throws Exception {
        TestHost.Sent mine = host.begin(0, READ_7);
        TestHost.Sent theirs = other.begin(0, READ_7);
        TestHost.Sent waiting = other.hold(0, WRITE_7, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        gate.awaitArrival();
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        host.manage(TaskManagement.LOGICAL_UNIT_RESET, 0, r -> response[0] = r);
        other.turn();
        host.turn();
        assertNull(response[0]);
        gate.open();
        theirs.await();
        host.turnUntil(() -> response[0] != null);
        assertEquals(TaskManagement.Response.COMPLETE, response[0]);
        assertTrue(mine.isDone() && mine.task.aborted());
        assertFalse(mine.task.respondsThoughAborted());
        assertTrue(theirs.task.respondsThoughAborted());
        assertEquals(0x40, theirs.task.status(), "TASK ABORTED, as TAS is 1");
        assertTrue(waiting.task.aborted());
        assertEquals(0x40, waiting.task.status(), "a transport may answer without executing it");
        waiting.execute(new byte[BLOCK]);
        assertEquals(0x40, waiting.task.status());
    }

    @Test
    void aResetThatTakesTooLongIsRejectedOnce() throws Exception {
        TestHost.Sent stuck = other.begin(0, READ_7);
        gate.awaitArrival();
        int[] responses = new int[1];
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        host.manage(
                TaskManagement.LOGICAL_UNIT_RESET,
                0,
                r -> {
                    response[0] = r;
                    responses[0]++;
                });
        other.turn();
        target.alarms.forEach(Runnable::run);
        host.turn();
        assertEquals(TaskManagement.Response.REJECTED, response[0]);
        gate.open();
        stuck.await();
        host.turn();
        assertEquals(1, responses[0]);
    }

    @Test
    void anAbortTaskSetLeavesTheOthersAlone() throws Exception {
        TestHost.Sent mine = host.begin(0, READ_7);
        TestHost.Sent theirs = other.begin(0, READ_7);
        gate.awaitArrival();
        gate.awaitArrival();
        gate.open();
        assertEquals(
                TaskManagement.Response.COMPLETE, host.manage(TaskManagement.ABORT_TASK_SET, 0));
        assertTrue(mine.isDone() && mine.task.aborted());
        theirs.await().good();
    }

    @Test
    void aClearTaskSetTakesTheOthersAlong() throws Exception {
        TestHost.Sent theirs = other.begin(0, READ_7);
        gate.awaitArrival();
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        host.manage(TaskManagement.CLEAR_TASK_SET, 0, r -> response[0] = r);
        other.turn();
        gate.open();
        assertEquals(0x40, theirs.await().status());
        host.turnUntil(() -> response[0] != null);
        assertEquals(TaskManagement.Response.COMPLETE, response[0]);
        other.send(READ_7).good();
    }

    @Test
    void aRemovedLunIsDrainedFirst() throws Exception {
        TestHost.Sent running = host.begin(0, READ_7);
        gate.awaitArrival();
        CompletionStage<Void> gone = target.device.removeLun(0);
        host.turn();
        other.turn();
        assertFalse(gone.toCompletableFuture().isDone());
        gate.open();
        assertEquals(0x40, running.await().status());
        assertTrue(gone.toCompletableFuture().isDone());
        target.device.removeLun(0).toCompletableFuture().get();
    }

    @Test
    void aClosedNexusIsDrainedFirst() throws Exception {
        TestHost.Sent running = host.begin(0, READ_7);
        gate.awaitArrival();
        boolean[] closed = new boolean[1];
        host.close(() -> closed[0] = true);
        host.turn();
        assertFalse(closed[0]);
        assertEquals(2, target.device.nexuses().size());
        gate.open();
        running.await();
        assertTrue(closed[0] && running.task.aborted());
        assertEquals(1, target.device.nexuses().size());
        assertTrue(host.hold(0, READ_7, TaskAttribute.SIMPLE).task.aborted(), "too late");
    }

    @Test
    void aFullPoolIsATaskSetFull() throws Exception {
        try (TestTarget narrow = new TestTarget(1, 2)) {
            narrow.device.addLun(
                    0, TestTarget.unit(gated, TestTarget.UUID_0, TestTarget.READ_WRITE));
            TestHost mine = TestHost.ready(narrow.device, "iqn.c");
            TestHost.Sent running = mine.begin(0, READ_7);
            gate.awaitArrival();
            TestHost.Sent first = mine.begin(0, READ_7);
            TestHost.Sent second = mine.begin(0, READ_7);
            assertEquals(0x28, mine.begin(0, READ_7).await().status());
            gate.open();
            running.await().good();
            first.await().good();
            second.await().good();
            mine.close();
        }
    }

    @Test
    void anOrderedTaskWaitsForAllBeforeAndHoldsAllBehind() throws Exception {
        TestHost.Sent before = host.begin(0, READ_7);
        gate.awaitArrival();
        TestHost.Sent ordered = host.begin("00 00 00 00 00 00", new byte[0], TaskAttribute.ORDERED);
        TestHost.Sent behind = host.begin(0, "00 00 00 00 00 00");
        TestHost.Sent ahead =
                host.begin("00 00 00 00 00 00", new byte[0], TaskAttribute.HEAD_OF_QUEUE);
        assertTrue(ahead.isDone());
        assertFalse(ordered.isDone() || behind.isDone());
        other.send("00 00 00 00 00 00").good();
        gate.open();
        before.await().good();
        ordered.await().good();
        behind.await().good();
    }

    @Test
    void anOrderedTaskThatIsAbortedHoldsNobody() throws Exception {
        TestHost.Sent before = host.begin(0, READ_7);
        gate.awaitArrival();
        TestHost.Sent ordered = host.begin("00 00 00 00 00 00", new byte[0], TaskAttribute.ORDERED);
        TestHost.Sent behind = host.begin(0, "00 00 00 00 00 00");
        ordered.task.abort();
        ordered.await();
        behind.await().good();
        assertFalse(before.isDone());
        gate.open();
        before.await().good();
    }

    @Test
    void anotherThreadIsAnError() throws Exception {
        TestHost.Sent sent = host.hold(0, READ_7, TaskAttribute.SIMPLE);
        Thread stranger =
                Thread.ofPlatform()
                        .unstarted(() -> assertThrows(AssertionError.class, sent.task::abort));
        Throwable[] thrown = new Throwable[1];
        stranger.setUncaughtExceptionHandler((_, e) -> thrown[0] = e);
        stranger.start();
        stranger.join();
        assertNull(thrown[0]);
        assertFalse(sent.task.aborted());
    }
}
