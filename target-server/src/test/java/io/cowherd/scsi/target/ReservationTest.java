package io.cowherd.scsi.target;

import static io.cowherd.scsi.reservation.ParameterLists.list;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.Reservations;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two hosts, and a third that is registered nowhere, on one logical unit: who is kept off, who is told what, and that a change
/// of reservations waits for what runs. Method: a device that holds requests until the test lets them go; all event loops are
/// the test's own thread.
@Timeout(60)
final class ReservationTest {
    private static final int BLOCK = 512;
    private static final int CONFLICT = 0x18;
    private static final String WRITE_7 = "2A 00 00 00 00 07 00 00 01 00";
    private static final String READ_7 = "28 00 00 00 00 07 00 00 01 00";
    private static final String READY = "00 00 00 00 00 00";
    private static final String RESERVE_6 = "16 00 00 00 00 00";
    private static final String RELEASE_6 = "17 00 00 00 00 00";
    private static final String READ_KEYS = "5E 00 00 00 00 00 00 00 FF 00";
    private static final String READ_RESERVATION = "5E 01 00 00 00 00 00 00 FF 00";

    private static final int REGISTER = 0;
    private static final int RESERVE = 1;
    private static final int RELEASE = 2;
    private static final int CLEAR = 3;
    private static final int PREEMPT = 4;
    private static final int PREEMPT_AND_ABORT = 5;
    private static final int REGISTER_AND_IGNORE = 6;

    private static final long A = 0xA;
    private static final long B = 0xB;

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);
    private final GatedDevice gated = new GatedDevice(memory);
    private final ReservationStore store = ReservationStore.inMemory();
    private TestTarget target = start();
    private TestHost one = TestHost.ready(target.device, "iqn.one");
    private TestHost two = TestHost.ready(target.device, "iqn.two");
    private TestHost three = TestHost.ready(target.device, "iqn.three");

    private TestTarget start() {
        TestTarget started = new TestTarget();
        var unit = TestTarget.unit(gated, TestTarget.UUID_0, TestTarget.READ_WRITE);
        started.device.addLun(0, unit, store);
        return started;
    }

    @AfterEach
    void close() {
        one.close();
        two.close();
        three.close();
        target.close();
    }

    // -- helpers --

    private void turn() {
        one.turn();
        two.turn();
        three.turn();
    }

    private void turnUntil(BooleanSupplier happened) {
        while (!happened.getAsBoolean()) {
            turn();
            Thread.onSpinWait();
        }
    }

    private TestHost.Answer await(TestHost.Sent sent) {
        turnUntil(sent::isDone);
        return sent.await();
    }

    private static TestHost.Sent begin(TestHost host, int action, int type, byte[] list) {
        String cdb = "5F %02X %02X 00 00 00 00 00 %02X 00".formatted(action, type, list.length);
        return host.begin(cdb, list, TaskAttribute.HEAD_OF_QUEUE);
    }

    private TestHost.Answer out(TestHost host, int action, int type, long key, long actionKey) {
        return await(begin(host, action, type, list(key, actionKey, 0)));
    }

    private TestHost.Answer reserve6(TestHost host) {
        return await(host.begin(0, RESERVE_6));
    }

    private static TestHost.Answer write(TestHost host) {
        return host.send(WRITE_7, pattern());
    }

    private static byte[] pattern() {
        byte[] block = new byte[BLOCK];
        Arrays.fill(block, (byte) 0xC7);
        return block;
    }

    private void registerBoth() {
        out(one, REGISTER, 0, 0, A).good();
        out(two, REGISTER, 0, 0, B).good();
    }

    private static String keys(TestHost host) {
        return host.send(READ_KEYS).good().hex();
    }

    // -- access --

    @Test
    void aStrangerIsInConflictAndNothingOfItsCommandHappens() {
        registerBoth();
        out(one, RESERVE, 1, A, 0).good();
        byte[] before = memory.get();
        assertEquals(CONFLICT, write(two).status());
        assertEquals(CONFLICT, write(three).status());
        assertArrayEquals(before, memory.get());
        three.send(READ_7).good();
        three.send(READY).good();
        write(one).good();
        out(one, RELEASE, 1, A, 0).good();
        write(three).good();
    }

    @Test
    void exclusiveAccessKeepsReadersOffAsWell() {
        registerBoth();
        out(one, RESERVE, 6, A, 0).good();
        assertEquals(CONFLICT, three.send(READ_7).status());
        two.send(READ_7).good();
        three.send("12 00 00 00 60 00").good();
        three.send("25 00 00 00 00 00 00 00 00 00").good();
        assertEquals(CONFLICT, three.send("35 00 00 00 00 00 00 00 00 00").status());
        out(one, RELEASE, 6, A, 0).good();
        assertEquals("6/2A/04", two.send(READY).sense());
        three.send(READ_7).good();
    }

    /// SAM-5 5.3.3: a unit attention outranks RESERVATION CONFLICT, and that outranks what is wrong with the command.
    @Test
    void theOrderOfWhatIsReported() {
        registerBoth();
        out(one, RESERVE, 1, A, 0).good();
        out(one, PREEMPT, 1, A, B).good();
        assertEquals("6/2A/05", write(two).sense());
        assertEquals(CONFLICT, write(two).status());
        String beyondTheEnd = "2A 00 7F FF FF FF 00 00 01 00";
        assertEquals(CONFLICT, two.send(beyondTheEnd).status());
        assertEquals("5/21/00", one.send(beyondTheEnd).sense());
        assertEquals("5/20/00", two.send("FF 00 00 00 00 00").sense());
    }

    @Test
    void theOthersAreTold() {
        registerBoth();
        out(one, RESERVE, 5, A, 0).good();
        out(one, RELEASE, 5, A, 0).good();
        assertEquals("6/2A/04", two.send(READY).sense());
        out(one, CLEAR, 0, A, 0).good();
        assertEquals("6/2A/03", two.send(READY).sense());
        three.send(READY).good();
        one.send(READY).good();
        assertTrue(two.attentionCalls >= 2);
    }

    @Test
    void answersAreCutToWhatWasAskedFor() {
        registerBoth();
        var cut = one.send("5E 00 00 00 00 00 00 00 0C 00").good();
        assertEquals("00 00 00 02 00 00 00 10 00 00 00 00", cut.hex());
        one.send("5E 00 00 00 00 00 00 00 00 00").good();
    }

    // -- what outlives what --

    @Test
    void aRegistrationOutlivesItsSessionAndTheProcess() {
        registerBoth();
        out(one, RESERVE, 1, A, 0).good();
        one.close();
        assertEquals(CONFLICT, write(two).status());
        one = TestHost.ready(target.device, "iqn.one");
        write(one).good();

        close();
        target = start();
        one = TestHost.ready(target.device, "iqn.one");
        two = TestHost.ready(target.device, "iqn.two");
        three = TestHost.ready(target.device, "iqn.three");
        assertEquals(CONFLICT, write(two).status());
        write(one).good();
        out(one, RELEASE, 1, A, 0).good();
        write(two).good();
    }

    @Test
    void aResetLeavesPersistentReservations() {
        registerBoth();
        out(one, RESERVE, 1, A, 0).good();
        reset(TaskManagement.LOGICAL_UNIT_RESET);
        assertEquals("6/29/03", two.send(READY).sense());
        assertEquals(CONFLICT, write(two).status());
    }

    private void reset(TaskManagement function) {
        boolean[] done = new boolean[1];
        three.manage(function, 0, _ -> done[0] = true);
        turnUntil(() -> done[0]);
    }

    // -- RESERVE(6) --

    @Test
    void reserve6EndsWithReleaseLogoutAndReset() {
        reserve6(one).good();
        assertEquals(CONFLICT, two.send(READY).status());
        assertEquals(CONFLICT, reserve6(two).status());
        await(two.begin(0, RELEASE_6)).good();
        assertEquals(CONFLICT, two.send(READY).status());
        await(one.begin(0, RELEASE_6)).good();
        two.send(READY).good();

        reserve6(one).good();
        one.close();
        two.send(READY).good();
        one = TestHost.ready(target.device, "iqn.one");

        for (var function :
                new TaskManagement[] {
                    TaskManagement.LOGICAL_UNIT_RESET,
                    TaskManagement.TARGET_WARM_RESET,
                    TaskManagement.TARGET_COLD_RESET
                }) {
            reserve6(one).good();
            reset(function);
            assertTrue(two.send(READY).sense().startsWith("6/29/"), function.name());
            assertTrue(one.send(READY).sense().startsWith("6/29/"), function.name());
            assertTrue(three.send(READY).sense().startsWith("6/29/"), function.name());
            write(two).good();
        }
    }

    @Test
    void aResetEndsReserve6OnlyWhenItsHoldersCommandsHaveEnded() throws Exception {
        reserve6(one).good();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent slow = one.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        gate.awaitArrival();
        boolean[] done = new boolean[1];
        three.manage(TaskManagement.LOGICAL_UNIT_RESET, 0, _ -> done[0] = true);
        turn();
        assertEquals("6/29/03", two.send(READY).sense());
        assertEquals(CONFLICT, two.send(READY).status());
        gate.open();
        turnUntil(() -> done[0] && slow.isDone());
        two.send(READY).good();
    }

    // -- what runs when rights are taken away --

    /// The new owner must not be told GOOD while a write of the old one may still come.
    @Test
    void aPreemptWaitsForWritesOfThoseWhoMayWriteNoMore() throws Exception {
        registerBoth();
        out(two, RESERVE, 1, B, 0).good();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent stale = two.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent preempt = begin(one, PREEMPT, 1, list(A, B, 0));
        turnUntil(() -> store.present().isHolder(nexus("iqn.one")));
        settle();
        assertFalse(preempt.isDone(), "the write is still on its way");
        assertEquals("6/2A/05", write(two).sense(), "in force all the same");
        assertEquals(CONFLICT, write(two).status());
        gate.open();
        await(preempt).good();
        assertTrue(stale.isDone());
        stale.await().good();
    }

    private static Reservations.NexusName nexus(String host) {
        return new Reservations.NexusName(host + ",i,0x00023d000001", 1);
    }

    /// Turns all loops until nothing is left to do on them but what is held.
    private void settle() {
        for (int i = 0; i < 1000; i++) {
            turn();
            Thread.onSpinWait();
        }
    }

    @Test
    void aPreemptAndAbortAbortsThem() throws Exception {
        registerBoth();
        out(two, RESERVE, 1, B, 0).good();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent running = two.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        TestHost.Sent reading = two.begin(0, READ_7);
        TestHost.Sent waiting = two.hold(0, WRITE_7, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        gate.awaitArrival();
        TestHost.Sent mine = one.begin(0, READ_7);
        TestHost.Sent preempt = begin(one, PREEMPT_AND_ABORT, 1, list(A, B, 0));
        turnUntil(running.task::aborted);
        settle();
        assertFalse(preempt.isDone(), "the device still has the buffers");
        assertTrue(waiting.task.aborted(), "its data is still to come");
        gate.open();
        await(preempt).good();
        assertTrue(running.isDone() && reading.isDone());
        assertTrue(running.task.respondsThoughAborted());
        assertEquals(0x40, running.task.status());
        waiting.execute(pattern());
        await(mine).good();
        assertEquals("6/2A/05", two.send(READY).sense());
    }

    @Test
    void whoMayGoOnIsNotWaitedFor() throws Exception {
        registerBoth();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent write = two.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        TestHost.Sent read = three.begin(0, READ_7);
        gate.awaitArrival();
        gate.awaitArrival();
        out(one, RESERVE, 5, A, 0).good();
        assertFalse(write.isDone() || read.isDone());
        gate.open();
        await(write).good();
        await(read).good();
    }

    @Test
    void aChangeThatIsAbortedIsInForceAndItsEffectsComeToPass() throws Exception {
        registerBoth();
        out(two, RESERVE, 1, B, 0).good();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent stale = two.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent preempt = begin(one, PREEMPT, 1, list(A, B, 0));
        turnUntil(() -> store.present().isHolder(nexus("iqn.one")));
        preempt.task.abort();
        settle();
        assertFalse(preempt.isDone());
        gate.open();
        await(preempt);
        assertTrue(preempt.task.aborted());
        assertTrue(stale.isDone());
        assertEquals("6/2A/05", two.send(READY).sense());
    }

    /// Two changes at once wait for commands, never for each other.
    @Test
    void changesDoNotWaitForEachOther() throws Exception {
        registerBoth();
        out(one, RESERVE, 1, A, 0).good();
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        TestHost.Sent write = one.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent preempt = begin(two, PREEMPT, 1, list(B, A, 0));
        TestHost.Sent again = begin(one, REGISTER_AND_IGNORE, 0, list(0, A, 0));
        TestHost.Sent six = three.begin(0, RESERVE_6);
        gate.open();
        turnUntil(() -> write.isDone() && preempt.isDone() && again.isDone() && six.isDone());
        assertEquals(CONFLICT, six.await().status());
    }

    /// Goal: two hosts that put each other out at once both get an answer. Method: one thread for reservations, and storage that
    /// is slow once; all three changes are kept before any event loop learns of one.
    @Test
    void twoThatAbortEachOtherDoNotWaitForEachOther() throws Exception {
        var slow = new CountDownLatch(1);
        ReservationStore slowStore =
                new ReservationStore() {
                    @Override
                    public Reservations present() {
                        return store.present();
                    }

                    @Override
                    public void replace(Reservations expected, Reservations next)
                            throws IOException {
                        if (expected.registrations().size() == 2) {
                            awaitOpen(slow);
                        }
                        store.replace(expected, next);
                    }
                };
        try (TestTarget narrow = new TestTarget(2, 10)) {
            narrow.device.addLun(
                    0, TestTarget.unit(gated, TestTarget.UUID_0, TestTarget.READ_WRITE), slowStore);
            TestHost left = TestHost.ready(narrow.device, "iqn.left");
            TestHost right = TestHost.ready(narrow.device, "iqn.right");
            begin(left, REGISTER, 0, list(0, A, 0)).await().good();
            begin(right, REGISTER, 0, list(0, B, 0)).await().good();
            TestHost.Sent first = begin(left, PREEMPT_AND_ABORT, 0, list(A, B, 0));
            TestHost.Sent again = begin(right, REGISTER_AND_IGNORE, 0, list(0, B, 0));
            TestHost.Sent second = begin(right, PREEMPT_AND_ABORT, 0, list(B, A, 0));
            int before = store.present().generation();
            slow.countDown();
            while (store.present().generation() != before + 3) {
                Thread.onSpinWait();
            }
            for (int i = 0; i < 100_000 && !(first.isDone() && second.isDone()); i++) {
                left.turn();
                right.turn();
                Thread.onSpinWait();
            }
            assertTrue(first.isDone() && again.isDone() && second.isDone());
            left.close();
            right.close();
        }
    }

    private static void awaitOpen(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Goal: hosts arbitrate while the volume's own storage hangs.
    @Test
    void reservationsDoNotQueueBehindWritesThatHang() throws Exception {
        try (TestTarget narrow = new TestTarget(4, 10)) {
            narrow.device.addLun(
                    0, TestTarget.unit(gated, TestTarget.UUID_0, TestTarget.READ_WRITE), store);
            GatedDevice.Gate gate = gated.holdBefore(_ -> true);
            TestHost host = TestHost.ready(narrow.device, "iqn.four");
            TestHost.Sent[] writes = new TestHost.Sent[6];
            for (int i = 0; i < writes.length; i++) {
                writes[i] = host.begin(WRITE_7, pattern(), TaskAttribute.SIMPLE);
            }
            begin(host, REGISTER, 0, list(0, A, 0)).await().good();
            begin(host, RESERVE, 1, list(A, 0, 0)).await().good();
            gate.open();
            host.turnUntil(() -> Arrays.stream(writes).allMatch(TestHost.Sent::isDone));
            host.close();
        }
    }

    // -- failures --

    @Test
    void whatCannotBeKeptIsRefused() throws Exception {
        try (TestTarget broken = new TestTarget()) {
            var unit = TestTarget.unit(memory, TestTarget.UUID_0, TestTarget.READ_WRITE);
            var failure = new IOException[] {new IOException("injected")};
            broken.device.addLun(
                    0,
                    unit,
                    new ReservationStore() {
                        @Override
                        public Reservations present() {
                            return Reservations.NONE;
                        }

                        @Override
                        public void replace(Reservations expected, Reservations next)
                                throws IOException {
                            throw failure[0];
                        }
                    });
            TestHost host = TestHost.ready(broken.device, "iqn.one");
            assertEquals("4/44/00", begin(host, REGISTER, 0, list(0, A, 0)).await().sense());
            failure[0] = new io.cowherd.mapping.device.NoSpaceException("injected", failure[0]);
            assertEquals("5/55/04", begin(host, REGISTER, 0, list(0, A, 0)).await().sense());
            assertEquals("00 00 00 00 00 00 00 00", keys(host));
            host.close();
        }
    }

    // -- a Windows cluster (initiators.md b.3, g 11) --

    /// Registers on both paths, arbitrates, defends; one node is lost; the other takes over; then all is taken down.
    @Test
    void aWindowsClusterFailsOver() {
        String none = "00 00 00 00 00 00 00 00";
        assertEquals(none, keys(one));
        for (TestHost node : new TestHost[] {one, two}) {
            long key = node == one ? A : B;
            out(node, REGISTER_AND_IGNORE, 0, 0, key).good();
            out(node, REGISTER_AND_IGNORE, 0, 0, key).good();
        }
        String both = "00 00 00 04 00 00 00 10 00 00 00 00 00 00 00 0A 00 00 00 00 00 00 00 0B";
        assertEquals(both, keys(one));
        assertEquals(both, keys(two));

        out(one, RESERVE, 5, A, 0).good();
        String held = "00 00 00 04 00 00 00 10 00 00 00 00 00 00 00 0A 00 00 00 00 00 05 00 00";
        assertEquals(held, two.send(READ_RESERVATION).good().hex());
        assertEquals(CONFLICT, out(two, RESERVE, 5, B, 0).status());
        write(one).good();
        write(two).good(); // CSV: registrants may
        assertEquals(CONFLICT, write(three).status());

        // The first node dies, and comes back under another ISID. The second puts it out.
        one.close();
        out(two, PREEMPT, 5, B, A).good();
        one = TestHost.ready(target.device, "iqn.one.again");
        assertEquals(CONFLICT, write(one).status());
        assertEquals(
                "00 00 00 05 00 00 00 08 00 00 00 00 00 00 00 0B", keys(one), "its key is gone");
        assertEquals(CONFLICT, out(one, PREEMPT, 5, A, B).status(), "it is registered no more");
        out(one, REGISTER_AND_IGNORE, 0, 0, A).good();
        write(one).good();

        out(one, PREEMPT, 5, A, B).good(); // and back
        assertEquals("6/2A/05", two.send(READY).sense());
        assertEquals(CONFLICT, write(two).status());
        out(one, RELEASE, 5, A, 0).good();
        out(one, CLEAR, 0, A, 0).good();
        assertEquals("00 00 00 08 00 00 00 00", keys(two));
        write(three).good();
    }
}
