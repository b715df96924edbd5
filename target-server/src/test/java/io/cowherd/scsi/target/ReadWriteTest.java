package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.GatedDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// READ and WRITE in all their lengths, with as much data as the initiator expects, and not.
final class ReadWriteTest {
    private static final int BLOCK = 512;

    private final MemoryDevice memory = MemoryDevice.numbered(4 << 20, 1000);
    private final CountingDevice counting = new CountingDevice(memory);
    private TestTarget target = TestTarget.of(counting);
    private TestHost host = TestHost.ready(target.device, "iqn.a");

    @BeforeEach
    void forget() {
        counting.clear();
    }

    @AfterEach
    void close() {
        host.close();
        target.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "08 00 00 07 03 00",
                "28 00 00 00 00 07 00 00 03 00",
                "28 10 00 00 00 07 1F 00 03 00",
                "A8 00 00 00 00 07 00 00 00 03 00 00",
                "88 00 00 00 00 00 00 00 00 07 00 00 00 03 00 00"
            })
    void aReadOfAnyLengthReadsItsBlocks(String cdb) {
        TestHost.Answer answer = host.send(cdb).good();
        assertArrayEquals(memory.get(7 * BLOCK, 3 * BLOCK), answer.bytes());
        assertEquals(3 * BLOCK, answer.length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0A 00 00 07 03 00",
                "2A 00 00 00 00 07 00 00 03 00",
                "AA 00 00 00 00 07 00 00 00 03 00 00",
                "8A 00 00 00 00 00 00 00 00 07 00 00 00 03 00 00",
                "2E 00 00 00 00 07 00 00 03 00",
                "2E 02 00 00 00 07 00 00 03 00",
                "AE 02 00 00 00 07 00 00 00 03 00 00",
                "8E 02 00 00 00 00 00 00 00 07 00 00 00 03 00 00"
            })
    void aWriteOfAnyLengthWritesItsBlocksAndNoOthers(String cdb) {
        byte[] expected = memory.get();
        byte[] data = pattern(3 * BLOCK);
        System.arraycopy(data, 0, expected, 7 * BLOCK, data.length);
        host.send(cdb, data).good();
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void aSixByteCountOfZeroIs256Blocks() {
        assertArrayEquals(memory.get(0, 256 * BLOCK), host.send("08 00 00 00 00 00").bytes());
    }

    @Test
    void aTenByteCountOfZeroIsNothing() {
        assertEquals(0, host.send("28 00 00 00 00 07 00 00 00 00").good().length());
        host.send("2A 00 00 00 00 07 00 00 00 00").good();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 1})
    void aReadFillsTheRoomThereIs(int room) {
        TestHost.Answer answer = host.receive("28 00 00 00 00 07 00 00 03 00", room).good();
        assertArrayEquals(Arrays.copyOf(memory.get(7 * BLOCK, 3 * BLOCK), room), answer.bytes());
        assertEquals(3 * BLOCK, answer.length(), "what the residual is counted from");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 511})
    void aWriteWritesTheWholeBlocksThatWereReceived(int received) {
        byte[] expected = memory.get();
        byte[] data = pattern(received);
        System.arraycopy(data, 0, expected, 7 * BLOCK, received / BLOCK * BLOCK);
        host.send("2A 00 00 00 00 07 00 00 03 00", data).good();
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void aWriteIsDurableIfFuaSaysSo() {
        host.send("2A 08 00 00 00 07 00 00 01 00", pattern(BLOCK)).good();
        assertEquals(WriteMode.DURABLE, counting.operations().getFirst().mode());
    }

    @Test
    void everyWriteIsDurableWithoutAWriteCache() {
        target.close();
        target = TestTarget.of(counting, new Settings(Access.READ_WRITE, WriteCache.NONE, 1 << 20));
        host = TestHost.ready(target.device, "iqn.b");
        host.send("2A 00 00 00 00 07 00 00 01 00", pattern(BLOCK)).good();
        host.send("42 00 00 00 00 00 00 00 18 00", unmap(9, 1)).good();
        assertEquals(2, counting.operations().size());
        counting.operations().forEach(op -> assertEquals(WriteMode.DURABLE, op.mode()));
    }

    @Test
    void aReadWithFuaFlushesFirst() {
        host.send("28 08 00 00 00 07 00 00 01 00").good();
        assertEquals(DeviceOperation.Kind.FLUSH, counting.operations().getFirst().kind());
    }

    @Test
    void synchronizeCacheFlushes() {
        host.send("35 00 00 00 00 00 00 00 00 00").good();
        host.send("91 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00").good();
        assertEquals(2, counting.count(DeviceOperation.Kind.FLUSH));
    }

    /// Goal: what the event loop cannot do at once is done by the pool, with the same bytes.
    @Test
    void aDeviceThatWouldWaitIsUsedOnAThreadThatMay() {
        target.close();
        GatedDevice gated = new GatedDevice(memory);
        GatedDevice.Gate gate = gated.holdBefore(_ -> true);
        target = TestTarget.of(gated);
        host = TestHost.ready(target.device, "iqn.b");
        byte[] data = pattern(BLOCK);
        TestHost.Sent write =
                host.begin("2A 00 00 00 00 07 00 00 01 00", data, TaskAttribute.SIMPLE);
        TestHost.Sent read = host.begin(0, "28 00 00 00 00 10 00 00 02 00");
        assertEquals(0, write.completions + read.completions);
        gate.open();
        write.await().good();
        assertArrayEquals(memory.get(0x10 * BLOCK, 2 * BLOCK), read.await().good().bytes());
        assertArrayEquals(data, memory.get(7 * BLOCK, BLOCK));
    }

    @Test
    void aTransferAboveTheLimitIsRefused() {
        assertEquals("5/24/00", host.send("28 00 00 00 00 00 00 08 01 00").sense());
        assertEquals("5/24/00", host.send("2A 00 00 00 00 00 00 08 01 00").sense());
        host.send("28 00 00 00 00 00 00 08 00 00").good();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "08 00 1F FF 02 00",
                "28 00 00 00 1F FF 00 00 02 00",
                "28 00 FF FF FF FF 00 00 00 00",
                "88 00 FF FF FF FF FF FF FF FF 00 00 00 01 00 00",
                "88 00 7F FF FF FF FF FF FF FF 00 00 00 01 00 00",
                "2A 00 00 00 20 00 00 00 01 00",
                "2F 00 00 00 1F FF 00 00 02 00",
                "34 00 00 00 1F FF 00 00 02 00",
                "35 00 00 00 1F FF 00 00 02 00",
                "41 00 00 00 1F FF 00 00 02 00",
                "89 00 00 00 00 00 00 00 20 00 00 00 00 01 00 00",
                "8B 00 00 00 00 00 00 00 20 00 00 00 00 01 00 00",
                "9E 12 00 00 00 00 00 00 20 00 00 00 00 20 00 00"
            })
    void aRangeBeyondTheEndIsRefused(String cdb) {
        assertEquals("5/21/00", host.send(cdb).sense());
        assertEquals(0, counting.operations().size());
    }

    @Test
    void theFirstBlockThatIsNotThereIsNamed() {
        TestHost.Sent sent = host.begin(0, "28 00 00 00 1F FF 00 00 02 00");
        sent.await();
        assertEquals(0x2000, sent.task.sense().getInt(3));
        assertEquals((byte) 0xF0, sent.task.sense().get(0));
    }

    /// Goal: blocks of 4 KiB are 4 KiB everywhere.
    @Test
    void aDeviceOfLargeBlocksIsAddressedInThem() {
        target.close();
        MemoryDevice large = new MemoryDevice(1 << 20, (byte) 0x5A, 4096);
        target = TestTarget.of(large);
        host = TestHost.ready(target.device, "iqn.b");
        byte[] data = pattern(4096);
        host.send("2A 00 00 00 00 07 00 00 01 00", data).good();
        assertArrayEquals(data, large.get(7 * 4096, 4096));
        host.send("2A 00 00 00 00 08 00 00 01 00", pattern(512)).good();
        assertEquals(0x5A, large.get(8 * 4096, BLOCK)[0], "no whole block was received");
    }

    /// Goal: a mix of lengths, offsets and paths leaves what a plain array would hold. Method: seeded; the seed is in the
    /// message of whatever fails.
    @Test
    void whatWasWrittenIsRead() {
        long seed = Long.getLong("cowherd.seed", 42);
        Random random = new Random(seed);
        byte[] model = memory.get();
        int blocks = model.length / BLOCK;
        for (int i = 0; i < 500; i++) {
            int count = 1 + random.nextInt(600);
            int lba = random.nextInt(blocks - count);
            String range = "%08X00%04X00".formatted(lba, count);
            if (random.nextBoolean()) {
                byte[] data = new byte[count * BLOCK];
                random.nextBytes(data);
                System.arraycopy(data, 0, model, lba * BLOCK, data.length);
                host.send((random.nextInt(4) == 0 ? "2A08" : "2A00") + range, data).good();
            } else {
                byte[] expected = Arrays.copyOfRange(model, lba * BLOCK, (lba + count) * BLOCK);
                assertArrayEquals(
                        expected,
                        host.send("2800" + range).bytes(),
                        "seed " + seed + ", step " + i);
            }
        }
        assertArrayEquals(model, memory.get(), "seed " + seed);
    }

    static byte[] pattern(int bytes) {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        return data;
    }

    static byte[] unmap(long lba, int blocks) {
        return java.nio.ByteBuffer.allocate(24)
                .putShort(0, (short) 22)
                .putShort(2, (short) 16)
                .putLong(8, lba)
                .putInt(16, blocks)
                .array();
    }
}
