package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.target.TestHost;
import io.cowherd.scsi.target.TestTarget;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: a session outlives each move of its target: from here to another node, back, and through a time when nobody has it.
/// Method: this node and another one have devices over the same memory, and the test says who owns it.
@Timeout(60)
final class MovingTargetTest {
    private static final String READY = "00 00 00 00 00 00";
    private static final String WRITE = "2A 00 00 00 00 40 00 00 08 00";
    private static final String READ = "28 00 00 00 00 40 00 00 08 00";
    private static final byte[] NOTHING = {};

    private final GatedDevice disk = new GatedDevice(MemoryDevice.numbered(1 << 20, 1000));
    private TwoNodes nodes;
    private TestTarget here;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(disk);
        here = TestTarget.of(disk);
        becomesHere(1);
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
        here.close();
    }

    private void becomesHere(long epoch) {
        nodes.isOwner = false;
        nodes.answer = new OwnerLookup.Here(here.device, epoch, here.device::blockSizes);
    }

    private void becomesRemote(long epoch) {
        InetSocketAddress address = nodes.cable.address();
        nodes.epoch = epoch;
        nodes.isOwner = true;
        nodes.answer = new OwnerLookup.Remote(address, epoch);
    }

    private void becomesNobodys(TestHost host) {
        nodes.answer = new OwnerLookup.Moving();
        changed(host);
    }

    private void changed(TestHost host) {
        CompletableFuture<Void> left = nodes.forwarded.ownerChanged().toCompletableFuture();
        while (!left.isDone()) {
            host.turn();
            Thread.onSpinWait();
        }
    }

    @Test
    void aSessionFollowsItsTarget() {
        TestHost host = nodes.forwarded("iqn.host");
        byte[] data = ForwardedCommandsTest.pattern(8 * 512, 1);
        host.send(WRITE, data).good();
        becomesNobodys(host);
        assertEquals(0, here.device.nexuses().size());
        TestHost.Sent waits = host.begin(0, READ);
        host.turn();
        assertFalse(waits.isDone(), "it waits for an owner");
        becomesRemote(2);
        changed(host);
        assertEquals("6/29/00", waits.await().sense());
        assertEquals("6/2A/06", host.send(READY).sense());
        assertArrayEquals(data, host.send(READ).good().bytes());

        nodes.isOwner = false;
        CompletableFuture<Void> drained =
                nodes.listener.leave(TestTarget.NAME, 10_000).toCompletableFuture();
        TestHost.Sent waitsAgain = host.begin(0, READ);
        drained.join();
        assertEquals(0, nodes.owner.device.nexuses().size());
        becomesHere(3);
        changed(host);
        assertEquals("6/29/07", waitsAgain.await().sense());
        assertEquals("6/2A/06", host.send(READY).sense());
        assertArrayEquals(data, host.send(READ).good().bytes());
        host.close();
        assertEquals(0, here.device.nexuses().size());
    }

    /// Goal: what runs here ends here; what has not started tries again; the move waits for the former.
    @Test
    void whatRunsHereEndsBeforeTheTargetMoves() throws Exception {
        TestHost host = nodes.forwarded("iqn.host");
        GatedDevice.Gate gate = disk.holdBefore(o -> o.kind() == DeviceOperation.Kind.WRITE);
        byte[] data = ForwardedCommandsTest.pattern(8 * 512, 1);
        TestHost.Sent running = host.begin(WRITE, data, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent ordered = host.begin(WRITE, data, TaskAttribute.ORDERED);
        TestHost.Sent incomplete = host.hold(0, WRITE, TaskAttribute.SIMPLE);
        nodes.answer = new OwnerLookup.Moving();
        CompletableFuture<Void> left = nodes.forwarded.ownerChanged().toCompletableFuture();
        host.turnUntil(ordered::isDone);
        assertEquals("2/04/0A", ordered.await().sense());
        assertFalse(left.isDone(), "a write still runs here");
        gate.open();
        running.await().good();
        host.turnUntil(left::isDone);
        incomplete.execute(data);
        assertEquals("2/04/0A", incomplete.await().sense());
        assertTrue(incomplete.task.respondsThoughAborted(), "its host must hear of it");
    }

    /// Goal: what an owner that leaves has begun to execute ends there; nothing is executed at both.
    @Test
    void whatRunsElsewhereEndsThere() throws Exception {
        becomesRemote(1);
        TestHost host = nodes.forwarded("iqn.host");
        GatedDevice.Gate gate = disk.holdBefore(o -> o.kind() == DeviceOperation.Kind.WRITE);
        byte[] first = ForwardedCommandsTest.pattern(8 * 512, 1);
        byte[] second = ForwardedCommandsTest.pattern(8 * 512, 2);
        TestHost.Sent running = host.begin(WRITE, first, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent incomplete = host.hold(0, WRITE, TaskAttribute.SIMPLE);
        nodes.isOwner = false;
        CompletableFuture<Void> left =
                nodes.listener.leave(TestTarget.NAME, 60_000).toCompletableFuture();
        TestHost.Sent waits = host.begin(0, READ);
        host.turn();
        assertFalse(left.isDone(), "a write still runs there");
        gate.open();
        running.await().good();
        left.join();
        becomesHere(2);
        changed(host);
        incomplete.execute(second);
        List<String> attentions = List.of(waits.await().sense(), incomplete.await().sense());
        assertEquals(List.of("6/29/00", "6/2A/06"), attentions);
        assertArrayEquals(first, TwoNodes.insist(host, READ, NOTHING).good().bytes());
    }

    /// Goal: an owner of an epoch that has passed is none, whatever it or the lookup says.
    @Test
    void aFormerOwnerIsNotAskedAgain() {
        becomesRemote(5);
        TestHost host = nodes.forwarded("iqn.host");
        becomesRemote(4);
        nodes.cable.cut();
        TestHost.Sent waits = host.begin(0, READ);
        for (int i = 0; i < 1000; i++) {
            host.turn();
            Thread.onSpinWait();
        }
        assertFalse(waits.isDone() && waits.task.status() == 0);
        becomesRemote(6);
        var answer = waits.await();
        assertTrue(TwoNodes.asksForAnotherTry(answer), answer.toString());
        TwoNodes.insist(host, READ, NOTHING).good();
    }
}
