package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.Nexus.TaskAttribute;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// VERIFY, WRITE AND VERIFY, COMPARE AND WRITE and ORWRITE.
final class CompareTest {
    private static final int BLOCK = 512;
    private static final String CAW_7 = "89 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00";

    private final MemoryDevice memory = MemoryDevice.numbered(4 << 20, 1000);
    private final CountingDevice counting = new CountingDevice(memory);
    private final TestTarget target = TestTarget.of(counting);
    private final TestHost host = TestHost.ready(target.device, "iqn.a");

    @AfterEach
    void close() {
        host.close();
        target.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2F 02 00 00 00 07 00 02 58 00",
                "AF 02 00 00 00 07 00 00 02 58 00 00",
                "8F 02 00 00 00 00 00 00 00 07 00 00 02 58 00 00"
            })
    void verifyComparesEachByte(String cdb) {
        byte[] data = memory.get(7 * BLOCK, 600 * BLOCK);
        host.send(cdb, data).good();
        for (int wrong : new int[] {0, 511, 300_000, 600 * BLOCK - 1}) {
            data[wrong] ^= 1;
            TestHost.Answer answer = host.send(cdb, data);
            assertEquals("E/1D/00", answer.sense());
            data[wrong] ^= 1;
        }
    }

    @Test
    void aMiscompareNamesItsOffset() {
        byte[] data = memory.get(7 * BLOCK, 600 * BLOCK);
        data[300_001] ^= 1;
        TestHost.Sent sent =
                host.begin("2F 02 00 00 00 07 00 02 58 00", data, TaskAttribute.SIMPLE);
        sent.await();
        assertEquals(300_001, sent.task.sense().getInt(3));
    }

    @Test
    void verifyWithoutDataReads() {
        host.send("2F 00 00 00 00 07 00 02 58 00").good();
        assertEquals(2, counting.count(DeviceOperation.Kind.READ), "in pieces");
    }

    @Test
    void verifyComparesOneBlockWithAll() {
        byte[] block = ReadWriteTest.pattern(BLOCK);
        host.send("41 00 00 00 00 07 00 00 03 00", block).good();
        host.send("2F 06 00 00 00 07 00 00 03 00", block).good();
        assertEquals("E/1D/00", host.send("2F 06 00 00 00 07 00 00 04 00", block).sense());
    }

    @Test
    void writeAndVerifyIsDurable() {
        counting.clear();
        host.send("2E 02 00 00 00 07 00 00 01 00", ReadWriteTest.pattern(BLOCK)).good();
        assertEquals(WriteMode.DURABLE, counting.operations().getFirst().mode());
        assertEquals(1, counting.count(DeviceOperation.Kind.READ));
    }

    @Test
    void compareAndWriteWritesWhatIsExpected() {
        byte[] data = ReadWriteTest.pattern(BLOCK);
        host.send(CAW_7, concat(memory.get(7 * BLOCK, BLOCK), data)).good();
        assertArrayEquals(data, memory.get(7 * BLOCK, BLOCK));
    }

    @Test
    void compareAndWriteLeavesWhatIsNot() {
        byte[] before = memory.get();
        byte[] wrong = memory.get(7 * BLOCK, BLOCK);
        wrong[27] ^= 0x10;
        TestHost.Sent sent =
                host.begin(
                        CAW_7, concat(wrong, ReadWriteTest.pattern(BLOCK)), TaskAttribute.SIMPLE);
        assertEquals("E/1D/00", sent.await().sense());
        assertEquals(27, sent.task.sense().getInt(3));
        assertArrayEquals(before, memory.get());
    }

    /// As when a LUN that could not be removed in time is shown again: its old commands may still run.
    @Test
    void anotherLogicalUnitOfTheSameDeviceKeepsOut() throws Exception {
        GatedDevice gated = new GatedDevice(memory);
        GatedDevice.Gate gate =
                gated.holdAfter(operation -> operation.kind() == DeviceOperation.Kind.READ);
        try (TestTarget shown = TestTarget.of(gated);
                TestTarget shownAgain = TestTarget.of(gated)) {
            TestHost early = TestHost.ready(shown.device, "iqn.b");
            TestHost late = TestHost.ready(shownAgain.device, "iqn.c");
            byte[] written = ReadWriteTest.pattern(BLOCK);
            byte[] swapped = concat(memory.get(7 * BLOCK, BLOCK), new byte[BLOCK]);
            TestHost.Sent compare = early.begin(CAW_7, swapped, TaskAttribute.SIMPLE);
            gate.awaitArrival();
            TestHost.Sent write =
                    late.begin("2A 00 00 00 00 07 00 00 01 00", written, TaskAttribute.SIMPLE);
            assertFalse(write.isDone());
            gate.open();
            compare.await().good();
            write.await().good();
            assertArrayEquals(written, memory.get(7 * BLOCK, BLOCK));
            early.close();
            late.close();
        }
    }

    /// libiscsi CompareAndWrite.InvalidDataOutSize.
    @Test
    void compareAndWriteOfAnotherShapeIsRefused() {
        byte[] before = memory.get();
        byte[] data = concat(memory.get(7 * BLOCK, BLOCK), ReadWriteTest.pattern(BLOCK));
        assertEquals("5/24/00", host.send(CAW_7, concat(data, data)).sense());
        assertEquals("5/24/00", host.send(CAW_7, memory.get(7 * BLOCK, BLOCK)).sense());
        assertEquals(
                "5/24/00",
                host.send("89 00 00 00 00 00 00 00 00 07 00 00 00 02 00 00", concat(data, data))
                        .sense());
        assertArrayEquals(before, memory.get());
        host.send("89 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00").good();
    }

    @Test
    void orWriteSetsBits() {
        byte[] data = ReadWriteTest.pattern(600 * BLOCK);
        byte[] expected = memory.get(7 * BLOCK, 600 * BLOCK);
        for (int i = 0; i < expected.length; i++) {
            expected[i] |= data[i];
        }
        host.send("8B 00 00 00 00 00 00 00 00 07 00 00 02 58 00 00", data).good();
        assertArrayEquals(expected, memory.get(7 * BLOCK, 600 * BLOCK));
        assertArrayEquals(MemoryDevice.numberedSector(1000 + 607), memory.get(607 * BLOCK, BLOCK));
    }

    /// Goal: no write, not even one that an event loop could do at once, gets between the compare and the write. Method: hold
    /// the write of a COMPARE AND WRITE whose compare is done.
    @Test
    @Timeout(60)
    void aWriteWaitsForACompareAndWriteThatOverlaps() throws Exception {
        GatedDevice gated = new GatedDevice(memory);
        GatedDevice.Gate gate =
                gated.holdBefore(
                        op -> op.is(DeviceOperation.Kind.WRITE) && op.lengthBytes() == BLOCK);
        byte[] swapped = ReadWriteTest.pattern(BLOCK);
        byte[] written = ReadWriteTest.pattern(2 * BLOCK);
        try (TestTarget held = TestTarget.of(gated)) {
            TestHost a = TestHost.ready(held.device, "iqn.a");
            TestHost b = TestHost.ready(held.device, "iqn.b");
            TestHost.Sent swap =
                    a.begin(
                            CAW_7,
                            concat(memory.get(7 * BLOCK, BLOCK), swapped),
                            TaskAttribute.SIMPLE);
            gate.awaitArrival();
            TestHost.Sent overlapping =
                    b.begin("2A 00 00 00 00 06 00 00 02 00", written, TaskAttribute.SIMPLE);
            b.send("2A 00 00 00 00 09 00 00 02 00", written).good(); // elsewhere
            assertArrayEquals(MemoryDevice.numberedSector(1006), memory.get(6 * BLOCK, BLOCK));
            gate.open();
            swap.await().good();
            overlapping.await().good();
            assertArrayEquals(written, memory.get(6 * BLOCK, 2 * BLOCK));
            a.close();
            b.close();
        }
    }

    /// Goal: COMPARE AND WRITE is atomic against COMPARE AND WRITE of other nexuses and against writes on event loops.
    /// Method: each host adds 1 to a counter by compare and swap, and now and then rewrites a neighbour in a larger WRITE
    /// that does not touch the counter. No addition may get lost.
    @Test
    @Timeout(60)
    void noIncrementIsLost() throws Exception {
        int hosts = 4;
        long increments = 200;
        memory.put(7 * BLOCK, new byte[BLOCK]);
        ExecutorService threads = Executors.newFixedThreadPool(hosts);
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < hosts; i++) {
            String name = "iqn.host" + i;
            Random random = new Random(i);
            runs.add(
                    threads.submit(
                            () -> {
                                TestHost mine = TestHost.ready(target.device, name);
                                for (int n = 0; n < increments; n++) {
                                    increment(mine);
                                    byte[] noise = new byte[2 * BLOCK];
                                    random.nextBytes(noise);
                                    mine.send("2A 00 00 00 00 08 00 00 02 00", noise).good();
                                }
                                mine.close();
                            }));
        }
        for (Future<?> run : runs) {
            run.get();
        }
        threads.shutdown();
        assertEquals(hosts * increments, ByteBuffer.wrap(memory.get(7 * BLOCK, BLOCK)).getLong());
    }

    private static void increment(TestHost host) {
        for (; ; ) {
            byte[] old = host.send("28 00 00 00 00 07 00 00 01 00").good().bytes();
            byte[] next = old.clone();
            ByteBuffer.wrap(next).putLong(0, ByteBuffer.wrap(old).getLong() + 1);
            if (host.send(CAW_7, concat(old, next)).status() == 0) {
                return;
            }
        }
    }

    private static byte[] concat(byte[] a, byte[] b) {
        return ByteBuffer.allocate(a.length + b.length).put(a).put(b).array();
    }
}
