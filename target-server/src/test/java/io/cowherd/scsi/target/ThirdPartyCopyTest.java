package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.copy.HostReach;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// EXTENDED COPY and RECEIVE COPY RESULTS: LUN 0 is asked, LUN 1 is another disk, LUN 2 may not be written.
@Timeout(60)
final class ThirdPartyCopyTest {
    private static final int BLOCK = 512;
    private static final int BLOCKS = 8192;
    private static final UUID UUID_1 = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final UUID UUID_2 = UUID.fromString("11111111-2222-4333-8444-555555555552");
    private static final UUID ELSEWHERE = UUID.fromString("11111111-2222-4333-8444-555555555553");

    private final MemoryDevice memory = MemoryDevice.numbered(BLOCKS * BLOCK, 1000);
    private final MemoryDevice memory1 = MemoryDevice.numbered(BLOCKS * BLOCK, 1_000_000);
    private final GatedDevice gated = new GatedDevice(memory);
    private final FaultingDevice faulting1 = new FaultingDevice(memory1);
    private final CountingDevice counting1 = new CountingDevice(faulting1);
    private final LogicalUnit unit1 = TestTarget.unit(counting1, UUID_1, TestTarget.READ_WRITE);
    private final TestTarget target = TestTarget.of(gated);
    private final TestHost host;

    ThirdPartyCopyTest() {
        target.device.addLun(1, unit1);
        var readOnly = new Settings(Access.READ_ONLY, WriteCache.VOLATILE, 1 << 20);
        target.device.addLun(
                2, TestTarget.unit(MemoryDevice.numbered(1 << 20, 77), UUID_2, readOnly));
        host = TestHost.ready(target.device, "iqn.a");
    }

    @AfterEach
    void close() {
        host.close();
        target.close();
    }

    private static CopyOrder between() {
        return CopyOrder.unnamed().target(TestTarget.UUID_0).target(UUID_1);
    }

    @Test
    void blocksAreCopiedFromDiskToDisk() {
        byte[] expected = memory1.get();
        System.arraycopy(memory.get(), 7 * BLOCK, expected, 100 * BLOCK, 5000 * BLOCK);
        System.arraycopy(memory.get(), 0, expected, 6000 * BLOCK, BLOCK);
        byte[] source = memory.get();
        between().segment(0, 7, 1, 100, 5000).segment(0, 0, 1, 6000, 1).sendTo(host).good();
        assertArrayEquals(expected, memory1.get());
        assertArrayEquals(source, memory.get());
    }

    @Test
    void theLogicalUnitThatIsAskedNeedsNoDescriptor() {
        byte[] copied = memory.get(7 * BLOCK, 20 * BLOCK);
        CopyOrder.unnamed().segment(0xFFFF, 7, 0xFFFF, 500, 20).sendTo(host).good();
        assertArrayEquals(copied, memory.get(500 * BLOCK, 20 * BLOCK));
    }

    /// Goal: the destination gets what the source held, even where both overlap. Method: distances below, at and above the
    /// pieces in which copies are made, both ways.
    @Test
    void overlappingRangesAreMovedWhole() {
        for (int distance : new int[] {-3000, -2049, -2048, -1, 0, 1, 100, 2047, 2048, 3000}) {
            byte[] expected = memory.get();
            int from = 3000;
            int blocks = 5000;
            System.arraycopy(
                    memory.get(),
                    from * BLOCK,
                    expected,
                    (from + distance) * BLOCK,
                    Math.min(blocks, BLOCKS - from - Math.max(0, distance)) * BLOCK);
            int fitting = Math.min(blocks, BLOCKS - from - Math.max(0, distance));
            CopyOrder.unnamed()
                    .target(TestTarget.UUID_0)
                    .segment(0, from, 0, from + distance, fitting)
                    .sendTo(host)
                    .good();
            assertArrayEquals(expected, memory.get(), "distance " + distance);
        }
    }

    @Test
    void randomCopiesAreAsTheModelSays() {
        long seed = Long.getLong("cowherd.seed", 17);
        Random random = new Random(seed);
        byte[][] model = {memory.get(), memory1.get()};
        for (int i = 0; i < 300; i++) {
            int source = random.nextInt(2);
            int destination = random.nextInt(2);
            int blocks = random.nextInt(random.nextInt(4000) + 1);
            int from = random.nextInt(BLOCKS - blocks);
            int to = random.nextInt(BLOCKS - blocks);
            between().segment(source, from, destination, to, blocks).sendTo(host).good();
            System.arraycopy(
                    model[source], from * BLOCK, model[destination], to * BLOCK, blocks * BLOCK);
        }
        assertArrayEquals(model[0], memory.get(), "seed " + seed);
        assertArrayEquals(model[1], memory1.get(), "seed " + seed);
    }

    @Test
    void aSegmentThatCannotBeDoneStopsAllBeforeTheFirst() {
        byte[] before = memory1.get();
        var senses =
                new String[][] {
                    {"A/08/04", send(between().segment(0, 0, 1, 0, 9).segment(0, 0, 2, 0, 1))},
                    {"A/0D/02", send(between().patchTarget(20, 0x77).segment(0, 0, 1, 0, 9))},
                    {"A/00/00", send(between().segment(0, BLOCKS - 1, 1, 0, 2))},
                    {"A/00/00", send(between().segment(0, 0, 1, BLOCKS - 8, 9))},
                    {"A/00/00", send(between().segment(0, -1, 1, 0, 1))},
                    {"A/00/00", send(between().segment(0, 0, 1, Long.MIN_VALUE, 1))},
                    {"A/0D/01", send(between().target(UUID_2).segment(0, 0, 2, 0, 1))},
                    {"5/26/00", send(between().target(UUID_1, 4096).segment(0, 0, 2, 0, 8))},
                };
        for (String[] expectedAndGot : senses) {
            assertEquals(expectedAndGot[0], expectedAndGot[1]);
        }
        assertArrayEquals(before, memory1.get());
        between().target(UUID_2).segment(2, 0, 1, 0, 1).sendTo(host).good(); // reading is allowed
        assertArrayEquals(MemoryDevice.numberedSector(77), memory1.get(0, BLOCK));
    }

    private String send(CopyOrder order) {
        return order.sendTo(host).sense();
    }

    /// libiscsi ExtendedCopy.ParamHdr and DescrLimits.
    @Test
    void listsOfAWrongLengthAreRefused() {
        byte[] list = between().segment(0, 0, 1, 0, 1).bytes();
        assertEquals(0, host.send(CopyOrder.cdb(0)).status());
        for (int length : new int[] {1, 15, 47, 79, list.length - 1}) {
            byte[] cut = java.util.Arrays.copyOf(list, length);
            assertEquals("5/1A/00", host.send(CopyOrder.cdb(length), cut).sense());
        }
        assertEquals("5/1A/00", host.send(CopyOrder.cdb(721), new byte[721]).sense());
        CopyOrder targets = CopyOrder.unnamed();
        CopyOrder segments = between();
        for (int i = 0; i < 9; i++) {
            targets.target(UUID_1);
        }
        for (int i = 0; i < 17; i++) {
            segments.segment(0, 0, 1, 0, 1);
        }
        assertEquals("5/26/06", send(targets.segment(0, 0, 1, 0, 1)));
        assertEquals("5/26/08", send(segments));
    }

    @Test
    void whatIsDoneOnlyIsTold() {
        assertEquals(
                "00 00 00 2A 01 00 00 00 00 08 00 10 00 00 02 C0 02 00 00 00 "
                        + "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 10 10 09 00 00 "
                        + "00 00 00 02 02 E4",
                host.send("84 03 00 00 00 00 00 00 00 00 00 00 04 00 00 00").good().hex());
        String failed = "84 04 05 00 00 00 00 00 00 00 00 00 04 00 00 00";
        assertEquals("5/24/00", host.send(status(5)).sense());
        new CopyOrder(5, 0)
                .target(TestTarget.UUID_0)
                .target(UUID_1)
                .segment(0, 0, 1, 0, 4096)
                .segment(0, 0, 1, 0, 2)
                .sendTo(host)
                .good();
        assertEquals("00 00 00 08 01 00 02 01 00 00 08 01", host.send(status(5)).good().hex());
        assertEquals("5/24/00", host.send(failed).sense());
        assertEquals("5/24/00", host.send(status(6)).sense());

        faulting1.failWhen(operation -> operation.is(DeviceOperation.Kind.WRITE));
        assertEquals(
                "A/0D/01",
                send(
                        new CopyOrder(5, 2)
                                .target(TestTarget.UUID_0)
                                .target(UUID_1)
                                .segment(0, 0, 0, 100, 8)
                                .segment(0, 0, 1, 0, 8)));
        faulting1.heal();
        assertEquals("00 00 00 08 02 00 01 01 00 00 00 04", host.send(status(5)).good().hex());
        TestHost.Answer details = host.send(failed).good();
        assertEquals(78, details.length());
        assertEquals("02 00 00 12 70 00 0A", details.hex().substring(56 * 3, 63 * 3 - 1));
    }

    private static String status(int listId) {
        return "84 00 %02X 00 00 00 00 00 00 00 00 00 04 00 00 00".formatted(listId);
    }

    @Test
    void anotherNexusDoesNotSeeTheCopies() {
        new CopyOrder(5, 0).segment(0xFFFF, 0, 0xFFFF, 9, 1).sendTo(host).good();
        TestHost other = TestHost.ready(target.device, "iqn.b");
        assertEquals("5/24/00", other.send(status(5)).sense());
        other.close();
    }

    @Test
    void theOldestResultsMakeRoom() {
        for (int listId = 1; listId <= 17; listId++) {
            new CopyOrder(listId, 0).segment(0xFFFF, 0, 0xFFFF, 9, 1).sendTo(host).good();
        }
        assertEquals("5/24/00", host.send(status(1)).sense());
        host.send(status(2)).good();
    }

    @Test
    void aCopyThatRunsIsKnownAndCanBeStopped() throws Exception {
        GatedDevice.Gate gate = gated.holdAfter(op -> op.is(DeviceOperation.Kind.READ));
        byte[] list =
                new CopyOrder(9, 0)
                        .target(TestTarget.UUID_0)
                        .target(UUID_1)
                        .segment(0, 0, 1, 0, 5000)
                        .bytes();
        byte[] untouched = memory1.get(2048 * BLOCK, 100 * BLOCK);
        TestHost.Sent copy = host.begin(CopyOrder.cdb(list.length), list, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        assertEquals("00 00 00 08 00 00 00 01 00 00 00 00", host.send(status(9)).good().hex());
        assertEquals("5/00/16", host.send(CopyOrder.cdb(list.length), list).sense());
        assertEquals(
                "5/24/00", host.send("83 1C 00 00 00 08 00 00 00 00 00 00 00 00 00 00").sense());
        host.send("83 1C 00 00 00 09 00 00 00 00 00 00 00 00 00 00").good();
        gate.open();
        assertEquals("A/00/00", copy.await().sense());
        assertArrayEquals(untouched, memory1.get(2048 * BLOCK, 100 * BLOCK));
        assertEquals("00 00 00 08 02 00 00 01 00 00 04 00", host.send(status(9)).good().hex());
    }

    @Test
    void anAbortedCopyEndsAtTheNextPiece() throws Exception {
        GatedDevice.Gate gate = gated.holdAfter(op -> op.is(DeviceOperation.Kind.READ));
        byte[] list = between().segment(0, 0, 1, 0, 5000).bytes();
        byte[] untouched = memory1.get(2048 * BLOCK, 100 * BLOCK);
        TestHost.Sent copy = host.begin(CopyOrder.cdb(list.length), list, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        TaskManagement.Response[] response = new TaskManagement.Response[1];
        host.manage(TaskManagement.ABORT_TASK_SET, 0, r -> response[0] = r);
        assertFalse(copy.isDone());
        gate.open();
        host.turnUntil(() -> response[0] != null);
        assertTrue(copy.task.aborted());
        assertArrayEquals(untouched, memory1.get(2048 * BLOCK, 100 * BLOCK));
    }

    /// Goal: a device is closed only after the copies of others have left it.
    @Test
    void aLogicalUnitThatGoesWaitsForCopiesThatUseIt() throws Exception {
        GatedDevice.Gate gate = gated.holdAfter(op -> op.is(DeviceOperation.Kind.READ));
        byte[] list = between().segment(0, 0, 1, 0, 5000).bytes();
        TestHost.Sent copy = host.begin(CopyOrder.cdb(list.length), list, TaskAttribute.SIMPLE);
        gate.awaitArrival();
        CompletionStage<Void> drained = target.device.removeLun(1);
        host.turn();
        assertFalse(drained.toCompletableFuture().isDone());
        gate.open();
        assertEquals("A/00/00", copy.await().sense());
        drained.toCompletableFuture().join();
    }

    @Test
    void whatOthersMayNotReachIsNotFound() {
        MemoryDevice far = MemoryDevice.numbered(1 << 20, 5000);
        LogicalUnit farUnit = TestTarget.unit(far, ELSEWHERE, TestTarget.READ_WRITE);
        target.device.reach(
                new HostReach() {
                    @Override
                    public @Nullable LogicalUnit find(Host asking, long head, long tail) {
                        boolean known = farUnit.identity().isNaa(head, tail);
                        return known && asking.name().startsWith("iqn.a") ? farUnit : null;
                    }

                    @Override
                    public boolean isReserved(Host asking, LogicalUnit unit, CopyReach.Use use) {
                        return use == CopyReach.Use.WRITE && unit == farUnit;
                    }
                });
        CopyOrder order = CopyOrder.unnamed().target(ELSEWHERE).segment(0, 3, 0xFFFF, 7, 2);
        order.sendTo(host).good();
        assertArrayEquals(MemoryDevice.numberedSector(5004), memory.get(8 * BLOCK, BLOCK));
        assertEquals("A/0D/01", send(order.segment(0xFFFF, 3, 0, 7, 2)));
        TestHost other = TestHost.ready(target.device, "iqn.b");
        assertEquals(
                "A/0D/02",
                CopyOrder.unnamed()
                        .target(ELSEWHERE)
                        .segment(0, 3, 0xFFFF, 7, 2)
                        .sendTo(other)
                        .sense());
        other.close();
    }

    /// Invariant I8.
    @Test
    void aCopyIsAsDurableAsAWrite() {
        UUID uuid = UUID.fromString("11111111-2222-4333-8444-555555555554");
        CountingDevice durable = new CountingDevice(new MemoryDevice(1 << 20, (byte) 0x5A));
        var settings = new Settings(Access.READ_WRITE, WriteCache.NONE, 1 << 20);
        target.device.addLun(3, TestTarget.unit(durable, uuid, settings));
        TestHost late = TestHost.ready(target.device, "iqn.b");
        CopyOrder.unnamed().target(uuid).segment(0xFFFF, 0, 0, 0, 8).sendTo(late).good();
        assertTrue(
                durable.operations().stream()
                        .filter(op -> op.is(DeviceOperation.Kind.WRITE))
                        .allMatch(op -> op.mode() == WriteMode.DURABLE));
        late.close();
    }

    @Test
    void blocksOfAnotherSizeAreCountedAsAsked() {
        UUID uuid = UUID.fromString("11111111-2222-4333-8444-555555555556");
        MemoryDevice large = new MemoryDevice(1 << 20, (byte) 0x5A, 4096);
        target.device.addLun(4, TestTarget.unit(large, uuid, TestTarget.READ_WRITE));
        TestHost late = TestHost.ready(target.device, "iqn.b");
        var order = CopyOrder.unnamed().target(uuid, 4096);
        order.segment(0xFFFF, 8, 0, 3, 16).sendTo(late).good(); // 16 of 512
        assertArrayEquals(memory.get(8 * BLOCK, 8192), large.get(3 * 4096, 8192));
        order.segment(0xFFFF, 100, 0, 9, 2).patchSegment(1, 2).sendTo(late).good(); // 2 of 4096
        assertArrayEquals(memory.get(100 * BLOCK, 8192), large.get(9 * 4096, 8192));
        assertEquals("A/26/0A", order.segment(0xFFFF, 100, 0, 9, 12).sendTo(late).sense());
        late.close();
    }
}
