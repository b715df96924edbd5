package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.target.TestHost;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: whenever the connection between two nodes is lost, no command is executed twice or late, none is lost whose host was
/// told GOOD, and the host is told to try again (I3, I8). Method: a cable that is cut at each byte in turn, and a device that
/// holds a write until the test lets it go.
@Timeout(120)
final class LostConnectionTest {
    private static final String WRITE = "2A 00 00 00 00 40 00 00 20 00";
    private static final String READ = "28 00 00 00 00 40 00 00 20 00";
    private static final int BYTES = 0x20 * 512;
    private static final byte[] NOTHING = {};

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);

    @Test
    void aConnectionMayBeCutAtEachByte() throws Exception {
        try (TwoNodes nodes = new TwoNodes(memory)) {
            TestHost far = nodes.forwarded("iqn.far");
            TestHost near = nodes.direct("iqn.near");
            long cut = 1;
            do {
                nodes.cable.cutAfter(cut);
                byte[] data = ForwardedCommandsTest.pattern(BYTES, cut);
                assertEquals(0, TwoNodes.insist(far, WRITE, data).status(), "cut after " + cut);
                assertArrayEquals(data, near.send(READ).good().bytes(), "cut after " + cut);
                var read = TwoNodes.insist(far, READ, NOTHING).good();
                assertArrayEquals(data, read.bytes(), "cut after " + cut);
                cut += cut < 700 ? 9 : 457;
            } while (!nodes.cable.isUncut());
            assertTrue(cut > 2 * BYTES, "it was cut everywhere, up to " + cut);
            assertEquals(0, nodes.budget.usedBytes());
        }
    }

    /// Goal: a write that still runs at the owner cannot land behind its host's next try.
    @Test
    void nobodyIsAnsweredBeforeItIsSettled() throws Exception {
        GatedDevice gated = new GatedDevice(memory);
        try (TwoNodes nodes = new TwoNodes(gated)) {
            TestHost far = nodes.forwarded("iqn.far");
            GatedDevice.Gate gate = gated.holdBefore(o -> o.kind() == DeviceOperation.Kind.WRITE);
            byte[] first = ForwardedCommandsTest.pattern(BYTES, 1);
            byte[] second = ForwardedCommandsTest.pattern(BYTES, 2);
            TestHost.Sent running = far.begin(WRITE, first, TaskAttribute.SIMPLE);
            gate.awaitArrival();
            nodes.cable.cut();
            turnUntilConnectedAgain(nodes, far, 1);
            TestHost third = nodes.forwarded("iqn.third");
            for (int i = 0; i < 50; i++) {
                third.send("00 00 00 00 00 00").good();
                far.turn();
            }
            assertFalse(running.isDone(), "the owner still executes it");
            gate.open();
            assertEquals("2/04/0A", running.await().sense());
            assertEquals(0, TwoNodes.insist(far, WRITE, second).status());
            assertArrayEquals(second, TwoNodes.insist(far, READ, NOTHING).good().bytes());
        }
    }

    @Test
    void anAbortOfWhatIsUnsettledWaitsAsWell() throws Exception {
        GatedDevice gated = new GatedDevice(memory);
        try (TwoNodes nodes = new TwoNodes(gated)) {
            TestHost far = nodes.forwarded("iqn.far");
            GatedDevice.Gate gate = gated.holdBefore(o -> o.kind() == DeviceOperation.Kind.WRITE);
            TestHost.Sent running =
                    far.begin(WRITE, ForwardedCommandsTest.pattern(BYTES, 1), TaskAttribute.SIMPLE);
            gate.awaitArrival();
            nodes.cable.cut();
            turnUntilConnectedAgain(nodes, far, 1);
            running.task.abort();
            boolean[] closed = new boolean[1];
            assertEquals(
                    TaskManagement.Response.REJECTED, far.manage(TaskManagement.ABORT_TASK_SET, 0));
            far.close(() -> closed[0] = true);
            far.turn();
            assertFalse(running.isDone() || closed[0], "the owner still executes it");
            gate.open();
            far.turnUntil(() -> closed[0]);
            assertTrue(running.isDone() && running.task.aborted());
        }
    }

    @Test
    void aPeerThatNeverAnswersIsLeft() throws Exception {
        ForwardSettings impatient =
                new ForwardSettings(TwoNodes.SECRET, null, 16 << 20, 100, 20, 200, 200, 5, 50, 400);
        try (TwoNodes nodes = new TwoNodes(memory, TwoNodes.SETTINGS, impatient)) {
            TestHost far = nodes.forwarded("iqn.far");
            nodes.cable.swallow();
            TestHost.Sent lost = far.begin(0, READ);
            turnUntilConnectedAgain(nodes, far, 1);
            assertEquals("2/04/0A", far.send(READ).sense());
            assertEquals(0x08, far.send("12 00 00 00 60 00").status());
            assertEquals("2/04/0A", far.send("A3 0A 00 00 00 00 00 00 02 00 00 00").sense());
            assertFalse(lost.isDone(), "nobody knows what the owner does");
            nodes.cable.mend();
            assertEquals("2/04/0A", lost.await().sense());
            byte[] there = TwoNodes.insist(far, READ, NOTHING).good().bytes();
            assertArrayEquals(Arrays.copyOfRange(memory.get(), 0x40 * 512, 0x60 * 512), there);
        }
    }

    @Test
    void aHostIsToldWhatItMissed() throws Exception {
        try (TwoNodes nodes = new TwoNodes(memory)) {
            TestHost far = nodes.forwarded("iqn.far");
            nodes.cable.cut();
            turnUntilConnectedAgain(nodes, far, 1);
            assertEquals("6/29/07", far.send("00 00 00 00 00 00").sense());
            assertEquals("6/2A/06", far.send("00 00 00 00 00 00").sense());
            far.send("00 00 00 00 00 00").good();
        }
    }

    private static void turnUntilConnectedAgain(TwoNodes nodes, TestHost host, int before) {
        while (nodes.cable.connections() <= before) {
            host.turn();
            Thread.onSpinWait();
        }
    }
}
