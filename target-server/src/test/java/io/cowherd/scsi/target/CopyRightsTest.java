package io.cowherd.scsi.target;

import static io.cowherd.scsi.reservation.ParameterLists.list;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.copy.CopyReach.Use;
import io.cowherd.scsi.copy.HostReach;
import io.cowherd.scsi.lu.LogicalUnit;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// **Goal.** A host whose rights go while a copy runs has nothing copied any more, whichever target the copy was sent to (I10).
///
/// **Method.** A copy of several pieces between LUN 0 of two targets, held at its second piece; all event loops are the test's
/// own thread.
@Timeout(60)
final class CopyRightsTest {
    private static final int PIECE = 1 << 20;
    private static final int PIECES = 4;
    private static final int BLOCKS = PIECES * PIECE / 512;
    private static final UUID UUID_B = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final String FORBIDDEN = "A/0D/01";
    private static final int REGISTER = 0;
    private static final int RESERVE = 1;
    private static final int RELEASE = 2;
    private static final long A = 0xA;
    private static final long B = 0xB;

    private final MemoryDevice memoryA = MemoryDevice.numbered(PIECES * PIECE, 1000);
    private final MemoryDevice memoryB = MemoryDevice.numbered(PIECES * PIECE, 1_000_000);
    private final GatedDevice gatedA = new GatedDevice(memoryA);
    private final GatedDevice gatedB = new GatedDevice(memoryB);
    private final ReservationStore storeB = ReservationStore.inMemory();
    private final TestTarget targetA = TestTarget.of(gatedA);
    private final TestTarget targetB = new TestTarget();
    private final TestHost copier;
    private final TestHost copierAtB;
    private final TestHost owner;

    /// As the server does: what lies elsewhere is asked there.
    private record Elsewhere(ScsiTargetDevice target) implements HostReach {
        @Override
        public @Nullable LogicalUnit find(Host host, long naaHead, long naaTail) {
            return target.find(naaHead, naaTail);
        }

        @Override
        public boolean isReserved(Host host, LogicalUnit unit, Use use) {
            return !target.mayUse(host, unit, use);
        }
    }

    CopyRightsTest() {
        var unit = TestTarget.unit(gatedB, UUID_B, TestTarget.READ_WRITE);
        targetB.device.addLun(0, unit, storeB);
        targetA.device.reach(new Elsewhere(targetB.device));
        copier = TestHost.ready(targetA.device, "iqn.copier");
        copierAtB = TestHost.ready(targetB.device, "iqn.copier");
        owner = TestHost.ready(targetB.device, "iqn.owner");
        out(owner, REGISTER, 0, 0, A);
        out(copierAtB, REGISTER, 0, 0, B);
    }

    @AfterEach
    void close() {
        copier.close();
        copierAtB.close();
        owner.close();
        targetA.close();
        targetB.close();
    }

    private void turnUntil(BooleanSupplier happened) {
        while (!happened.getAsBoolean()) {
            turn();
            Thread.onSpinWait();
        }
    }

    private void turn() {
        copier.turn();
        copierAtB.turn();
        owner.turn();
    }

    private static TestHost.Sent begin(
            TestHost host, int action, int type, long key, long actionKey) {
        String cdb = "5F %02X %02X 00 00 00 00 00 18 00".formatted(action, type);
        return host.begin(cdb, list(key, actionKey, 0), TaskAttribute.HEAD_OF_QUEUE);
    }

    private void out(TestHost host, int action, int type, long key, long actionKey) {
        TestHost.Sent sent = begin(host, action, type, key, actionKey);
        turnUntil(sent::isDone);
        sent.await().good();
    }

    private TestHost.Sent copyIntoB() {
        return copy(0, 1);
    }

    private TestHost.Sent copy(int source, int destination) {
        byte[] order =
                CopyOrder.unnamed()
                        .target(TestTarget.UUID_0)
                        .target(UUID_B)
                        .segment(source, 0, destination, 0, BLOCKS)
                        .bytes();
        return copier.begin(CopyOrder.cdb(order.length), order, TaskAttribute.SIMPLE);
    }

    private static Predicate<DeviceOperation> isSecondWrite() {
        return at(DeviceOperation.Kind.WRITE);
    }

    private static Predicate<DeviceOperation> isSecondRead() {
        return at(DeviceOperation.Kind.READ);
    }

    private static Predicate<DeviceOperation> at(DeviceOperation.Kind kind) {
        return operation -> operation.kind() == kind && operation.offsetBytes() == PIECE;
    }

    private String senseOf(TestHost.Sent sent) {
        turnUntil(sent::isDone);
        return sent.await().sense();
    }

    // -- reservations --

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void nothingIsCopiedIntoAnotherTargetAfterAPreempt(int action) throws Exception {
        out(copierAtB, RESERVE, 1, B, 0);
        GatedDevice.Gate gate = gatedB.holdBefore(isSecondWrite());
        TestHost.Sent copy = copyIntoB();
        gate.awaitArrival();
        TestHost.Sent preempt = begin(owner, action, 1, A, B);
        turnUntil(() -> storeB.present().registrations().size() == 1);
        for (int i = 0; i < 1000; i++) {
            turn();
        }
        assertFalse(preempt.isDone(), "a piece is on its way");
        gate.open();
        turnUntil(preempt::isDone);
        preempt.await().good();
        byte[] after = memoryB.get();
        assertEquals(FORBIDDEN, senseOf(copy));
        assertArrayEquals(after, memoryB.get());
        assertEquals(
                -1,
                Arrays.mismatch(
                        MemoryDevice.numbered(PIECES * PIECE, 1_000_000).get(2 * PIECE, 2 * PIECE),
                        memoryB.get(2 * PIECE, 2 * PIECE)));
    }

    /// A right that goes between the read of a piece and its write.
    @Test
    void aPieceThatHasBeenReadIsNotWritten() throws Exception {
        GatedDevice.Gate gate = gatedA.holdBefore(isSecondRead());
        TestHost.Sent copy = copyIntoB();
        gate.awaitArrival();
        out(owner, RESERVE, 1, A, 0); // and does not wait: nothing touches its disk
        gate.open();
        assertEquals(FORBIDDEN, senseOf(copy));
        assertArrayEquals(
                MemoryDevice.numbered(PIECES * PIECE, 1_000_000).get(PIECE, PIECE),
                memoryB.get(PIECE, PIECE));
    }

    @Test
    void nothingIsCopiedOutOfWhatMayNotBeRead() throws Exception {
        GatedDevice.Gate gate = gatedB.holdBefore(isSecondRead());
        TestHost.Sent copy = copy(1, 0);
        gate.awaitArrival();
        TestHost.Sent reserve = begin(owner, RESERVE, 3, A, 0);
        turnUntil(() -> storeB.present().reservation() != null);
        turn();
        assertFalse(reserve.isDone(), "a piece is being read");
        gate.open();
        turnUntil(reserve::isDone);
        assertEquals(FORBIDDEN, senseOf(copy));
    }

    /// Goal: a change does not hang with a copy of whoever may go on.
    @Test
    void aCopyThatMayGoOnIsNotWaitedFor() throws Exception {
        GatedDevice.Gate gate = gatedB.holdBefore(isSecondWrite());
        TestHost.Sent copy = copyIntoB();
        gate.awaitArrival();
        out(owner, RESERVE, 5, A, 0); // registrants only: the copier is one
        out(owner, RELEASE, 5, A, 0);
        gate.open();
        assertEquals("", senseOf(copy));
        assertArrayEquals(memoryA.get(), memoryB.get());
    }

    // -- access lists --

    @ParameterizedTest
    @ValueSource(strings = {"read-only", "hidden", "gone"})
    void nothingIsCopiedIntoWhatTheHostMayWriteNoMore(String why) throws Exception {
        GatedDevice.Gate gate = gatedB.holdBefore(isSecondWrite());
        copier.show(LunRights.ALL);
        copierAtB.show(LunRights.ALL);
        TestHost.Sent copy = copyIntoB();
        gate.awaitArrival();
        switch (why) {
            case "read-only" ->
                    copierAtB.show(new LunRights(LunSet.ALL, LunRights.Access.READ_ONLY));
            case "hidden" ->
                    copierAtB.show(new LunRights(LunSet.parse("5"), LunRights.Access.READ_WRITE));
            default -> copierAtB.close();
        }
        gate.open();
        assertEquals(FORBIDDEN, senseOf(copy));
        assertArrayEquals(
                MemoryDevice.numbered(PIECES * PIECE, 1_000_000).get(2 * PIECE, PIECE),
                memoryB.get(2 * PIECE, PIECE));
    }
}
