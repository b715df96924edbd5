package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.SanitizeMark;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// SANITIZE. Method: a device that holds requests until the test lets them go, so that the operation can be looked at.
@Timeout(60)
final class SanitizeTest {
    private static final int BLOCK = 512;
    private static final int SIZE = 3 << 20;
    private static final String ERASE = "48 02 00 00 00 00 00 00 00 00";
    private static final String READY = "00 00 00 00 00 00";
    private static final String SENSE = "03 00 00 00 12 00";

    private final MemoryDevice memory = MemoryDevice.numbered(SIZE, 1000);
    private final FaultingDevice faulting = new FaultingDevice(memory);
    private final GatedDevice gated = new GatedDevice(faulting);
    private final Mark mark = new Mark();
    private final TestTarget target = TestTarget.of(gated, settings(mark));
    private final TestHost host = TestHost.ready(target.device, "iqn.a");

    private static final class Mark implements SanitizeMark {
        private volatile boolean set;

        @Override
        public boolean isSet() {
            return set;
        }

        @Override
        public void set() {
            set = true;
        }

        @Override
        public void clear() {
            set = false;
        }
    }

    private static LogicalUnit.Settings settings(SanitizeMark mark) {
        return new LogicalUnit.Settings(
                () -> LogicalUnit.Access.READ_WRITE,
                LogicalUnit.WriteCache.VOLATILE,
                1 << 20,
                LogicalUnit.PhysicalBlocks.AS_LOGICAL,
                mark);
    }

    @AfterEach
    void close() {
        host.close();
        target.close();
    }

    private static byte[] overwriteList(int flags, int length, byte... pattern) {
        byte[] list = new byte[4 + pattern.length];
        list[0] = (byte) flags;
        list[2] = (byte) (length >> 8);
        list[3] = (byte) length;
        System.arraycopy(pattern, 0, list, 4, pattern.length);
        return list;
    }

    private static String overwrite(int firstByte, byte[] list) {
        return "48 %02X 00 00 00 00 00 %04X 00".formatted(firstByte, list.length);
    }

    @Test
    void eraseLeavesZeros() {
        host.send(ERASE).good();
        assertArrayEquals(new byte[SIZE], memory.get());
        assertFalse(mark.isSet());
        host.send(READY).good();
    }

    @Test
    void overwriteLeavesThePattern() {
        byte[] list = overwriteList(1, 3, (byte) 1, (byte) 2, (byte) 3);
        host.send(overwrite(0x01, list), list).good();
        byte[] expected = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            expected[i] = (byte) (i % BLOCK % 3 + 1); // each block begins with the pattern's first
        }
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void eachSecondPassMayBeInverted() {
        byte[] twice = overwriteList(0x82, 1, (byte) 0x3C);
        host.send(overwrite(0x01, twice), twice).good();
        byte[] expected = new byte[SIZE];
        Arrays.fill(expected, (byte) 0xC3);
        assertArrayEquals(expected, memory.get());
    }

    /// libiscsi's Sanitize suite wants 5/24 for all of these.
    @Test
    void wrongListsAreRefused() {
        byte[] before = memory.get();
        byte[] block = new byte[BLOCK];
        for (int length : new int[] {0, 1, 4, BLOCK + 5}) {
            byte[] list = Arrays.copyOf(overwriteList(1, BLOCK, block), length);
            assertEquals("5/24/00", host.send(overwrite(0x01, list), list).sense());
        }
        for (byte[] list :
                new byte[][] {
                    overwriteList(0, BLOCK, block),
                    overwriteList(0x21, BLOCK, block),
                    overwriteList(1, 0, block),
                    overwriteList(1, BLOCK + 4, block),
                    overwriteList(1, BLOCK, new byte[7]),
                }) {
            assertEquals("5/24/00", host.send(overwrite(0x01, list), list).sense());
        }
        assertArrayEquals(before, memory.get());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "48 00 00 00 00 00 00 00 00 00",
                "48 03 00 00 00 00 00 00 00 00", // CRYPTOGRAPHIC ERASE
                "48 04 00 00 00 00 00 00 00 00",
                "48 42 00 00 00 00 00 00 00 00", // ZNR
                "48 02 01 00 00 00 00 00 00 00",
                "48 02 00 00 00 00 01 00 00 00",
                "48 02 00 00 00 00 00 00 08 00",
                "48 1F 00 00 00 00 00 00 08 00"
            })
    void whatWeDoNotDoIsRefused(String cdb) {
        byte[] before = memory.get();
        assertEquals("5/24/00", host.send(cdb).sense());
        assertArrayEquals(before, memory.get());
    }

    @Test
    void whileItRunsNothingElseIsDone() throws Exception {
        GatedDevice.Gate gate = gated.holdBefore(op -> op.is(DeviceOperation.Kind.ZERO));
        host.send("48 82 00 00 00 00 00 00 00 00").good(); // IMMED
        gate.awaitArrival();
        assertTrue(mark.isSet());
        for (String cdb :
                new String[] {
                    READY,
                    ERASE,
                    "1B 00 00 00 01 00",
                    "28 00 00 00 00 00 00 00 01 00",
                    "2A 00 00 00 00 00 00 00 01 00",
                    "48 1F 00 00 00 00 00 00 00 00"
                }) {
            assertEquals("2/04/1B", host.send(cdb, new byte[BLOCK]).sense());
        }
        host.send("12 00 00 00 60 00").good();
        assertEquals(
                "70 00 02 00 00 00 00 0A 00 00 00 00 04 1B 00 80 00 00",
                host.send(SENSE).good().hex());
        gate.open();
        awaitReady();
        assertArrayEquals(new byte[SIZE], memory.get());
        assertEquals("70 00 00", host.send(SENSE).good().hex().substring(0, 8));
    }

    private void awaitReady() {
        while (host.send(READY).sense().equals("2/04/1B")) {
            Thread.onSpinWait();
        }
        host.send(READY).good();
    }

    @Test
    void progressIsTold() throws Exception {
        GatedDevice.Gate gate =
                gated.holdBefore(
                        op -> op.is(DeviceOperation.Kind.WRITE) && op.offsetBytes() == 1 << 20);
        byte[] list = overwriteList(2, 1, (byte) 7);
        host.send(overwrite(0x81, list), list).good();
        gate.awaitArrival(); // a third of the first of two passes is done
        assertEquals(0x10000 / 6, host.send(SENSE).good().data().getShort(16) & 0xFFFF);
        gate.open();
        awaitReady();
    }

    /// SBC-4 4.11: aborts and resets do not stop it; and their requester does not wait for it.
    @Test
    void neitherAbortNorResetStopsIt() throws Exception {
        GatedDevice.Gate gate = gated.holdBefore(op -> op.is(DeviceOperation.Kind.ZERO));
        TestHost.Sent sent = host.begin(0, ERASE);
        gate.awaitArrival();
        assertEquals(
                TaskManagement.Response.COMPLETE, host.manage(TaskManagement.ABORT_TASK_SET, 0));
        assertTrue(sent.task.aborted());
        assertEquals(
                TaskManagement.Response.COMPLETE,
                host.manage(TaskManagement.LOGICAL_UNIT_RESET, 0));
        assertEquals("6/29/03", host.send(READY).sense());
        assertEquals("2/04/1B", host.send(READY).sense());
        gate.open();
        awaitReady();
        assertArrayEquals(new byte[SIZE], memory.get());
    }

    /// Goal: a write that was under way when the erasure began does not come through after it.
    @Test
    void aWriteUnderWayIsErasedAsWell() throws Exception {
        GatedDevice.Gate gate =
                gated.holdBefore(
                        op -> op.is(DeviceOperation.Kind.WRITE) && op.lengthBytes() == BLOCK);
        TestHost other = TestHost.ready(target.device, "iqn.b");
        TestHost.Sent write =
                other.begin(
                        "2A 00 00 00 00 07 00 00 01 00",
                        ReadWriteTest.pattern(BLOCK),
                        TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TestHost.Sent erase = host.begin(0, ERASE);
        while (!isSanitizerWaiting() && !erase.isDone()) { // it must not come to its end
            host.turn();
            Thread.onSpinWait();
        }
        assertArrayEquals(MemoryDevice.numberedSector(1000), memory.get(0, BLOCK));
        gate.open();
        write.await();
        erase.await().good();
        assertArrayEquals(new byte[SIZE], memory.get());
        other.close();
    }

    private static boolean isSanitizerWaiting() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(
                        thread ->
                                thread.getName().startsWith("cowherd-sanitize")
                                        && thread.getState() == Thread.State.WAITING);
    }

    /// Goal: the device itself is shut, not only the door at which commands are judged.
    @Test
    void whatWasLetInBeforeFindsTheDeviceShut() throws Exception {
        TestHost other = TestHost.ready(target.device, "iqn.b");
        TestHost.Sent read = other.hold(0, "28 00 00 00 00 07 00 00 01 00", TaskAttribute.SIMPLE);
        GatedDevice.Gate gate = gated.holdBefore(op -> op.is(DeviceOperation.Kind.ZERO));
        host.send("48 82 00 00 00 00 00 00 00 00").good();
        gate.awaitArrival();
        read.execute(new byte[0]);
        assertEquals("2/04/1B", read.await().sense());
        var copy = CopyOrder.unnamed().target(TestTarget.UUID_0).segment(0, 0, 0, 9, 1).bytes();
        assertEquals("2/04/1B", host.send(CopyOrder.cdb(copy.length), copy).sense());
        gate.open();
        awaitReady();
        other.close();
    }

    @Test
    void aFailureIsToldUntilItIsMended() {
        faulting.failWhen(op -> op.is(DeviceOperation.Kind.ZERO));
        assertEquals("3/31/03", host.send(ERASE).sense());
        faulting.heal();
        assertTrue(mark.isSet());
        assertEquals("3/31/03", host.send(READY).sense());
        assertEquals("3/31/03", host.send("28 00 00 00 00 00 00 00 01 00").sense());
        assertEquals("5/24/00", host.send("48 1F 00 00 00 00 00 00 00 00").sense());
        host.send(ERASE).good();
        host.send(READY).good();
        assertFalse(mark.isSet());
    }

    @Test
    void aFailureMayBeLeftIfThatWasAllowed() {
        faulting.failWhen(op -> op.is(DeviceOperation.Kind.ZERO));
        assertEquals("3/31/03", host.send("48 22 00 00 00 00 00 00 00 00").sense());
        faulting.heal();
        host.send("48 1F 00 00 00 00 00 00 00 00").good();
        host.send(READY).good();
        assertFalse(mark.isSet());
    }

    @Test
    void whatARestartHasCutShortIsAFailure() {
        mark.set();
        try (TestTarget again = TestTarget.of(gated, settings(mark))) {
            TestHost late = new TestHost(again.device, "iqn.b");
            while (late.send(READY).sense().startsWith("6/")) {}
            assertEquals("3/31/03", late.send(READY).sense());
            late.send(ERASE).good();
            late.send(READY).good();
            late.close();
        }
    }

    /// Goal: the device is closed only after the operation has left it.
    @Test
    void aLogicalUnitThatGoesStopsIt() throws Exception {
        GatedDevice.Gate gate = gated.holdBefore(op -> op.is(DeviceOperation.Kind.WRITE));
        byte[] list = overwriteList(1, 1, (byte) 7);
        byte[] end = memory.get(2 << 20, 1 << 20);
        host.send(overwrite(0x81, list), list).good();
        gate.awaitArrival();
        CompletionStage<Void> drained = target.device.removeLun(0);
        host.turn();
        assertFalse(drained.toCompletableFuture().isDone());
        gate.open();
        drained.toCompletableFuture().join();
        assertArrayEquals(end, memory.get(2 << 20, 1 << 20));
        assertTrue(mark.isSet());
    }
}
