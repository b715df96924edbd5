package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Goal: whoever aborts tasks starts none of them. Method: an ORDERED write whose data is on the way holds back a chain of
/// writes, which would execute at once if it went; then they are aborted, in each way and order there is. Not a byte may
/// change.
@Timeout(60)
final class HeldChainTest {
    private static final int BLOCK = 512;

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final TestTarget target = TestTarget.of(memory);
    private final TestHost host = TestHost.ready(target.device, "iqn.a");
    private final TestHost other = TestHost.ready(target.device, "iqn.b");
    private final byte[] before = memory.get();

    private final TestHost.Sent head = host.hold(0, write(7), TaskAttribute.ORDERED);
    private final TestHost.Sent simple = held(8, TaskAttribute.SIMPLE);
    private final TestHost.Sent ordered = held(9, TaskAttribute.ORDERED);
    private final TestHost.Sent last = held(10, TaskAttribute.SIMPLE);

    @AfterEach
    void close() {
        host.close();
        other.close();
        target.close();
    }

    private static String write(int lba) {
        return "2A 00 00 00 00 %02X 00 00 01 00".formatted(lba);
    }

    private TestHost.Sent held(int lba, TaskAttribute attribute) {
        byte[] data = new byte[BLOCK];
        java.util.Arrays.fill(data, (byte) 0xA5);
        TestHost.Sent sent = host.begin(write(lba), data, attribute);
        assertFalse(sent.task.hasStarted());
        return sent;
    }

    private void nothingHasHappened() {
        host.turn();
        for (TestHost.Sent sent : List.of(simple, ordered, last)) {
            assertTrue(sent.task.aborted());
            assertEquals(1, sent.completions);
        }
        assertTrue(head.task.aborted());
        assertArrayEquals(before, memory.get());
        host.send(write(11), new byte[BLOCK]).good(); // and nobody is in the way any more
    }

    @ParameterizedTest
    @EnumSource
    void aFunctionAbortsThemAll(TaskManagement function) {
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        host.manage(function, 0, r -> response[0] = r);
        other.turn();
        host.turnUntil(() -> response[0] != null);
        assertEquals(TaskManagement.Response.COMPLETE, response[0]);
        while (host.send("00 00 00 00 00 00").status() != 0) {} // unit attentions of the resets
        nothingHasHappened();
    }

    @Test
    void anotherHostAbortsThemAll() {
        boolean[] done = new boolean[1];
        other.manage(TaskManagement.CLEAR_TASK_SET, 0, _ -> done[0] = true);
        nothingHasHappened();
        other.turnUntil(() -> done[0]);
    }

    /// As a transport does it: first the commands that wait for data, then what its function is for.
    @Test
    void theTransportAbortsTheHeadFirst() {
        head.task.abort();
        assertEquals(
                TaskManagement.Response.COMPLETE, host.manage(TaskManagement.ABORT_TASK_SET, 0));
        nothingHasHappened();
    }

    @Test
    void oneAfterTheOtherFromTheOldestOn() {
        for (TestHost.Sent sent : List.of(head, simple, ordered, last)) {
            sent.task.abort();
        }
        nothingHasHappened();
    }

    @Test
    void oneAfterTheOtherFromTheNewestOn() {
        for (TestHost.Sent sent : List.of(last, ordered, simple, head)) {
            sent.task.abort();
        }
        nothingHasHappened();
    }

    @Test
    void theNexusCloses() {
        head.task.abort();
        boolean[] closed = new boolean[1];
        host.close(() -> closed[0] = true);
        host.turnUntil(() -> closed[0]);
        assertArrayEquals(before, memory.get());
        assertTrue(simple.task.aborted() && ordered.task.aborted() && last.task.aborted());
    }

    @Test
    void anAbortedHeadLetsTheOthersGoInTheirOrder() {
        head.task.abort();
        assertFalse(simple.task.hasStarted(), "not within the call");
        simple.await().good();
        ordered.await().good();
        last.await().good();
        assertArrayEquals(MemoryDevice.numberedSector(1007), memory.get(7 * BLOCK, BLOCK));
        assertEquals((byte) 0xA5, memory.get(10 * BLOCK, BLOCK)[0]);
    }
}
