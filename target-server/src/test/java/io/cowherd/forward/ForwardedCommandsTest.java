package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.target.TestHost;
import io.cowherd.scsi.target.TestTarget;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: whatever a host sends to a node that does not own the disk, it gets what the owner would answer to a host that
/// comes by that port. Method: the same commands by the owner's own device and through the other node.
@Timeout(60)
final class ForwardedCommandsTest {
    private static final String[] QUESTIONS = {
        "00 00 00 00 00 00",
        "12 00 00 00 60 00",
        "12 01 00 00 FF 00",
        "12 01 80 00 FF 00",
        "12 01 83 01 FF 00",
        "12 01 B0 00 FF 00",
        "12 01 B2 00 FF 00",
        "12 01 77 00 FF 00",
        "25 00 00 00 00 00 00 00 00 00",
        "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00",
        "A0 00 00 00 00 00 00 00 10 00 00 00",
        "A3 0A 00 00 00 00 00 00 02 00 00 00",
        "A3 2A 00 00 00 00 00 00 02 00 00 00",
        "A3 0C 00 00 00 00 00 01 00 00 00 00",
        "1A 00 3F 00 FF 00",
        "5A 00 0A 01 00 00 00 00 FF 00",
        "5E 02 00 00 00 00 00 00 08 00",
        "03 00 00 00 FF 00",
        "28 00 00 00 00 07 00 00 08 00",
        "28 00 7F FF FF FF 00 00 01 00",
        "88 00 00 00 00 00 00 00 00 00 00 01 00 00 00 00",
        "35 00 00 00 00 00 00 00 00 00",
        "9E 12 00 00 00 00 00 00 00 00 00 00 01 00 00 00",
        "FF 00 00 00 00 00",
        "C1 00 00 00 00 00 00 00 00 00",
    };

    private TwoNodes nodes;

    @BeforeEach
    void start() throws Exception {
        nodes = new TwoNodes(MemoryDevice.numbered(8 << 20, 1000));
    }

    @AfterEach
    void stop() throws Exception {
        nodes.close();
        assertEquals(0, nodes.budget.usedBytes());
    }

    @Test
    void everyQuestionHasTheOwnersAnswer() {
        TestHost near = TestHost.ready(nodes.owner.device, "iqn.near", TwoNodes.FORWARDED);
        TestHost far = nodes.forwarded("iqn.far");
        for (String question : QUESTIONS) {
            var expected = near.send(question);
            var found = far.send(question);
            assertEquals(expected.hex(), found.hex(), question);
            assertEquals(expected.sense(), found.sense(), question);
            assertEquals(expected.status(), found.status(), question);
            assertEquals(expected.length(), found.length(), question);
        }
    }

    @Test
    void absentLogicalUnitsAreAbsent() {
        TestHost far = nodes.forwarded("iqn.far");
        long lun9 = 9L << 48;
        assertEquals("5/25/00", far.begin(lun9, "28 00 00 00 00 07 00 00 08 00").await().sense());
        var inquiry = far.begin(lun9, "12 00 00 00 60 00").await().good();
        assertEquals("7F", inquiry.hex().substring(0, 2));
    }

    @Test
    void whatIsWrittenIsRead() {
        TestHost far = nodes.forwarded("iqn.far");
        TestHost near = nodes.direct("iqn.near");
        for (int blocks : new int[] {1, 8, 127, 128, 129, 512, 2048}) {
            byte[] data = pattern(blocks * 512, blocks);
            far.send("2A 00 00 00 00 03 00 %04X 00".formatted(blocks), data).good();
            String read = "28 00 00 00 00 03 00 %04X 00".formatted(blocks);
            assertArrayEquals(data, near.send(read).good().bytes(), blocks + " blocks, directly");
            assertArrayEquals(data, far.send(read).good().bytes(), blocks + " blocks, forwarded");
        }
    }

    @Test
    void lessRoomAndLessDataAreTheOwnersAffair() {
        TestHost far = nodes.forwarded("iqn.far");
        TestHost near = nodes.direct("iqn.near");
        var shorter = far.receive("28 00 00 00 00 00 00 00 08 00", 700);
        assertEquals(4096, shorter.good().length());
        byte[] whole = near.send("28 00 00 00 00 00 00 00 08 00").bytes();
        assertArrayEquals(java.util.Arrays.copyOf(whole, 700), shorter.bytes());

        byte[] half = pattern(512, 5);
        far.send("2A 00 00 00 00 20 00 00 02 00", half).good();
        byte[] after = near.send("28 00 00 00 00 20 00 00 02 00").bytes();
        assertArrayEquals(half, java.util.Arrays.copyOf(after, 512));
        assertEquals("5/24/00", far.send("41 00 00 00 00 00 00 00 04 00", new byte[1024]).sense());
        assertEquals(
                "5/24/00",
                far.send("89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00", half).sense());
    }

    @Test
    void compareAndWriteCompares() {
        TestHost far = nodes.forwarded("iqn.far");
        byte[] old = far.send("28 00 00 00 00 09 00 00 01 00").bytes();
        byte[] fresh = pattern(512, 9);
        byte[] both = ByteBuffer.allocate(1024).put(old).put(fresh).array();
        String swap = "89 00 00 00 00 00 00 00 00 09 00 00 00 01 00 00";
        far.send(swap, both).good();
        assertEquals("E/1D/00", far.send(swap, both).sense());
        assertArrayEquals(fresh, far.send("28 00 00 00 00 09 00 00 01 00").bytes());
    }

    @Test
    void unitAttentionsAreTheNexussOwn() {
        TestHost far = new TestHost(nodes.forwarded, "iqn.far", TwoNodes.FORWARDED);
        assertEquals("6/29/00", far.send("00 00 00 00 00 00").sense());
        far.send("00 00 00 00 00 00").good();
        int calls = far.attentionCalls;
        nodes.owner.device.addLun(
                1,
                TestTarget.unit(
                        MemoryDevice.numbered(1 << 20, 2000),
                        new UUID(7, 7),
                        TestTarget.READ_WRITE));
        far.turnUntil(() -> far.attentionCalls > calls);
        assertEquals("6/3F/0E", far.send("00 00 00 00 00 00").sense());
        byte[] block = far.begin(1L << 48, "28 00 00 00 00 00 00 00 01 00").await().good().bytes();
        assertEquals(512, block.length);
    }

    @Test
    void reservationsHoldOnBothPaths() {
        TestHost far = nodes.forwarded("iqn.far");
        TestHost near = nodes.direct("iqn.near");
        String write = "2A 00 00 00 00 00 00 00 01 00";
        send(far, near, "5F 00 00 00 00 00 00 00 18 00", keys(0, 0xA)).good();
        send(far, near, "5F 01 05 00 00 00 00 00 18 00", keys(0xA, 0)).good();
        assertEquals(0x18, near.send(write, pattern(512, 1)).status());
        far.send(write, pattern(512, 2)).good();
        send(near, far, "5F 00 00 00 00 00 00 00 18 00", keys(0, 0xB)).good();
        send(near, far, "5F 04 05 00 00 00 00 00 18 00", keys(0xB, 0xA)).good();
        assertEquals("6/2A/05", far.send(write, pattern(512, 3)).sense());
        assertEquals(0x18, far.send(write, pattern(512, 3)).status());
        near.send(write, pattern(512, 4)).good();
        assertArrayEquals(pattern(512, 4), near.send("28 00 00 00 00 00 00 00 01 00").bytes());
    }

    @Test
    void registrationsSayByWhichPort() {
        TestHost far = nodes.forwarded("iqn.far");
        far.send("5F 00 00 00 00 00 00 00 18 00", keys(0, 0xA)).good();
        byte[] full = far.send("5E 03 00 00 00 00 00 01 00 00").good().bytes();
        assertEquals(TwoNodes.FORWARDED, ByteBuffer.wrap(full).getShort(8 + 18));
    }

    @Test
    void abortsReachTheOwner() {
        TestHost far = nodes.forwarded("iqn.far");
        String write = "2A 00 00 00 00 00 00 00 01 00";
        TestHost.Sent incomplete = far.hold(0, write, TaskAttribute.ORDERED);
        TestHost.Sent held = far.begin(0, "28 00 00 00 00 00 00 00 01 00");
        TestHost.Sent alsoHeld = far.begin(0, "28 00 00 00 00 00 00 00 01 00");
        alsoHeld.task.abort();
        far.turnUntil(alsoHeld::isDone);
        assertTrue(alsoHeld.task.aborted());
        assertEquals(0, held.completions);
        incomplete.task.abort();
        held.await().good();
        incomplete.execute(pattern(512, 6));
        assertEquals(1, incomplete.completions);
        assertTrue(incomplete.task.aborted());
    }

    @Test
    void resetsReachTheOwner() {
        TestHost far = nodes.forwarded("iqn.far");
        TestHost near = nodes.direct("iqn.near");
        TestHost.Sent incomplete =
                far.hold(0, "2A 00 00 00 00 00 00 00 01 00", TaskAttribute.ORDERED);
        TestHost.Sent held = far.begin(0, "28 00 00 00 00 00 00 00 01 00");
        List<TaskManagement.Response> responses = new ArrayList<>();
        far.manage(TaskManagement.LOGICAL_UNIT_RESET, 0, responses::add);
        turnBoth(far, near, () -> !responses.isEmpty());
        assertEquals(List.of(TaskManagement.Response.COMPLETE), responses);
        far.turnUntil(held::isDone);
        assertTrue(held.task.aborted());
        incomplete.execute(pattern(512, 6));
        far.turnUntil(incomplete::isDone);
        assertTrue(incomplete.task.aborted());
        assertEquals("6/29/03", far.send("00 00 00 00 00 00").sense());
        assertEquals("6/29/03", near.send("00 00 00 00 00 00").sense());
        assertEquals(
                TaskManagement.Response.NO_SUCH_LUN,
                far.manage(TaskManagement.ABORT_TASK_SET, 9L << 48));
    }

    @Test
    void aNexusEndsAtTheOwnerToo() {
        TestHost far = nodes.forwarded("iqn.far");
        TestHost.Sent held = far.hold(0, "2A 00 00 00 00 00 00 00 01 00", TaskAttribute.SIMPLE);
        assertEquals(1, nodes.owner.device.nexuses().size());
        far.close();
        assertEquals(0, nodes.owner.device.nexuses().size());
        held.execute(pattern(512, 1));
        assertTrue(held.task.aborted());
    }

    /// Sends a command that needs the other host's event loop as well.
    private static TestHost.Answer send(TestHost host, TestHost other, String cdb, byte[] out) {
        TestHost.Sent sent = host.begin(cdb, out, TaskAttribute.SIMPLE);
        turnBoth(host, other, sent::isDone);
        return sent.await();
    }

    private static void turnBoth(TestHost one, TestHost other, BooleanSupplier happened) {
        while (!happened.getAsBoolean()) {
            one.turn();
            other.turn();
            Thread.onSpinWait();
        }
    }

    static byte[] keys(long key, long actionKey) {
        return ByteBuffer.allocate(24).putLong(key).putLong(actionKey).array();
    }

    static byte[] pattern(int bytes, long seed) {
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        return data;
    }
}
