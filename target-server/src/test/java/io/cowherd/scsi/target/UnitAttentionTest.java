package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Who is told what, how often, and in which order (SAM-5 5.14).
final class UnitAttentionTest {
    private static final String TUR = "00 00 00 00 00 00";
    private static final String REPORT_LUNS = "A0 00 00 00 00 00 00 00 01 00 00 00";
    private static final long LUN_1 = 1L << 48;

    private final TestTarget target = new TestTarget();
    private final MemoryDevice memory = new MemoryDevice(1 << 20, (byte) 0x5A);
    private final LogicalUnit unit = unit(1);

    UnitAttentionTest() {
        target.device.addLun(0, unit);
    }

    @AfterEach
    void close() {
        target.close();
    }

    @Test
    void aNewNexusIsGreetedOnce() {
        TestHost host = new TestHost(target.device, "iqn.a");
        assertEquals("6/29/00", host.send(TUR).sense());
        host.send(TUR).good();
    }

    @Test
    void anInitiatorPortThatComesBackHasLostItsNexus() {
        TestHost.ready(target.device, "iqn.a").close();
        assertEquals("6/29/07", new TestHost(target.device, "iqn.a").send(TUR).sense());
        assertEquals("6/29/00", new TestHost(target.device, "iqn.b").send(TUR).sense());
    }

    @Test
    void someCommandsDoNotCare() {
        TestHost host = new TestHost(target.device, "iqn.a");
        host.send("12 00 00 00 60 00").good();
        host.send("12 01 00 00 60 00").good();
        host.send(REPORT_LUNS).good();
        assertEquals("70 00 00", host.send("03 00 00 00 12 00").good().hex().substring(0, 8));
        assertEquals("6/29/00", host.send(TUR).sense());
    }

    @Test
    void anAttentionComesBeforeAnyOtherComplaint() {
        TestHost host = new TestHost(target.device, "iqn.a");
        assertEquals("6/29/00", host.send("FF 00 00 00 00 00").sense());
        assertEquals("5/20/00", host.send("FF 00 00 00 00 00").sense());
    }

    @Test
    void aResizeIsToldToAllOnce() {
        TestHost a = TestHost.ready(target.device, "iqn.a");
        TestHost b = TestHost.ready(target.device, "iqn.b");
        memory.resize(2 << 20);
        unit.resized();
        unit.resized();
        for (TestHost host : new TestHost[] {a, b}) {
            host.turn();
            assertEquals(2, host.attentionCalls);
            assertEquals("6/2A/09", host.send(TUR).sense());
            assertEquals(
                    "00 00 0F FF 00 00 02 00", host.send("25 00 00 00 00 00 00 00 00 00").hex());
        }
    }

    @Test
    void aResetOutranksAChange() {
        TestHost host = TestHost.ready(target.device, "iqn.a");
        unit.establish(UnitAttention.CAPACITY_CHANGED);
        unit.establish(UnitAttention.SPACE_THRESHOLD);
        unit.establish(UnitAttention.LOGICAL_UNIT_RESET);
        host.turn();
        assertEquals("6/29/03", host.send(TUR).sense());
        assertEquals("6/2A/09", host.send(TUR).sense());
        assertEquals("6/38/07", host.send(TUR).sense());
        host.send(TUR).good();
    }

    @Test
    void aNewLunIsToldOnEveryUnitAndForgottenOnAllAtOnce() {
        TestHost host = TestHost.ready(target.device, "iqn.a");
        target.device.addLun(1, unit(2));
        host.turn();
        assertEquals("6/3F/0E", host.begin(LUN_1, TUR).await().sense());
        host.send(TUR).good();
    }

    @Test
    void reportLunsIsAnAnswerToChangedLuns() {
        TestHost host = TestHost.ready(target.device, "iqn.a");
        target.device.addLun(1, unit(2));
        host.turn();
        assertEquals(
                "00 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00",
                host.send(REPORT_LUNS).good().hex());
        host.send(TUR).good();
        host.begin(LUN_1, TUR).await().good();
    }

    @Test
    void aRemovedLunIsToldOnTheOthers() {
        target.device.addLun(1, unit(2));
        TestHost host = TestHost.ready(target.device, "iqn.a");
        CompletionStage<Void> gone = target.device.removeLun(1);
        host.turnUntil(() -> gone.toCompletableFuture().isDone());
        assertEquals("5/25/00", host.begin(LUN_1, TUR).await().sense());
        assertEquals("6/3F/0E", host.send(TUR).sense());
        host.send(TUR).good();
    }

    @Test
    void selectedModesAreToldToTheOthersOnly() {
        TestHost a = TestHost.ready(target.device, "iqn.a");
        TestHost b = TestHost.ready(target.device, "iqn.b");
        byte[] list = java.util.HexFormat.of().parseHex("000000000A0A0610004000" + "00FFFF001E");
        a.send("15 10 00 00 10 00", list).good();
        b.turn();
        a.send(TUR).good();
        TestHost.Sent sent = b.begin(0, TUR);
        assertEquals("6/2A/01", sent.await().sense());
        assertEquals(0x72, sent.task.sense().get(0), "D_SENSE holds for everybody");
    }

    @Test
    void aClosedNexusIsToldNothing() {
        TestHost host = TestHost.ready(target.device, "iqn.a");
        int calls = host.attentionCalls;
        unit.resized(); // on its way to the event loop
        host.close();
        host.turn();
        assertEquals(calls, host.attentionCalls);
    }

    @Test
    void aLogicalUnitResetIsToldToAll() {
        TestHost a = TestHost.ready(target.device, "iqn.a");
        TestHost b = TestHost.ready(target.device, "iqn.b");
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        a.manage(TaskManagement.LOGICAL_UNIT_RESET, 0, r -> response[0] = r);
        b.turn();
        a.turn();
        assertEquals(TaskManagement.Response.COMPLETE, response[0]);
        assertEquals("6/29/03", a.send(TUR).sense());
        assertEquals("6/29/03", b.send(TUR).sense());
        assertEquals(
                TaskManagement.Response.NO_SUCH_LUN,
                a.manage(TaskManagement.LOGICAL_UNIT_RESET, LUN_1));
    }

    @Test
    void aTargetResetIsToldOnAllUnits() {
        target.device.addLun(1, unit(2));
        TestHost host = TestHost.ready(target.device, "iqn.a");
        assertEquals(
                TaskManagement.Response.COMPLETE,
                host.manage(TaskManagement.TARGET_WARM_RESET, LUN_1 * 9));
        assertEquals("6/29/00", host.begin(LUN_1, TUR).await().sense());
        assertEquals("6/29/02", host.begin(LUN_1, TUR).await().sense());
        assertEquals("6/29/02", host.send(TUR).sense());
    }

    @Test
    void aLunIsGivenOnce() {
        assertThrows(IllegalStateException.class, () -> target.device.addLun(0, unit(2)));
        assertThrows(IllegalStateException.class, () -> target.device.addLun(0x4000, unit(2)));
        assertEquals(1, target.device.luns().size());
    }

    @Test
    void whoUsesATargetCanBeSeen() {
        int[] changes = new int[1];
        target.device.onNexusesChanged(() -> changes[0]++);
        TestHost host = new TestHost(target.device, "iqn.a");
        assertEquals(
                java.util.List.of(new NexusInfo("iqn.a,i,0x00023d000001", 1)),
                target.device.nexuses());
        host.close();
        assertEquals(java.util.List.of(), target.device.nexuses());
        assertEquals(2, changes[0]);
    }

    private LogicalUnit unit(int number) {
        return TestTarget.unit(memory, new UUID(0, number), TestTarget.READ_WRITE);
    }
}
