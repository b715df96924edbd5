package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// UNMAP, WRITE SAME and GET LBA STATUS, on a device that knows where it has zeros.
final class SpaceTest {
    private static final int BLOCK = 512;
    private static final int BLOCKS = 8192;

    private final MemoryDevice memory = MemoryDevice.numbered(BLOCKS * BLOCK, 1000);
    private final CountingDevice counting = new CountingDevice(new SparseDevice(memory));
    private final TestTarget target = TestTarget.of(counting);
    private final TestHost host = TestHost.ready(target.device, "iqn.a");

    /// Shows each sector of zeros as a hole.
    private static final class SparseDevice extends WrappedDevice {
        private final MemoryDevice memory;

        SparseDevice(MemoryDevice memory) {
            super(memory);
            this.memory = memory;
        }

        @Override
        public Extent extent(long offsetBytes, long lengthBytes) {
            byte[] sector = memory.get(offsetBytes, BLOCK);
            return new Extent(BLOCK, !Arrays.equals(sector, new byte[BLOCK]));
        }
    }

    @AfterEach
    void close() {
        host.close();
        target.close();
    }

    @Test
    void unmappedBlocksReadAsZeros() {
        byte[] expected = memory.get();
        Arrays.fill(expected, 5 * BLOCK, 8 * BLOCK, (byte) 0);
        Arrays.fill(expected, 100 * BLOCK, 101 * BLOCK, (byte) 0);
        byte[] list = list(5, 3, 100, 1);
        host.send("42 00 00 00 00 00 00 00 28 00", list).good();
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void unmapOfNothingIsGood() {
        byte[] expected = memory.get();
        host.send("42 00 00 00 00 00 00 00 00 00").good();
        host.send("42 00 00 00 00 00 00 00 08 00", list()).good();
        host.send("42 00 00 00 00 00 00 00 18 00", list(5, 0)).good();
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void nothingIsUnmappedUnlessAllCanBe() {
        byte[] expected = memory.get();
        String cdb = "42 00 00 00 00 00 00 00 28 00";
        assertEquals("5/21/00", host.send(cdb, list(5, 3, BLOCKS - 1, 2)).sense());
        assertEquals("5/21/00", host.send(cdb, list(5, 3, -1, 1)).sense());
        assertEquals("5/1A/00", host.send("42 00 00 00 00 00 00 00 07 00", new byte[7]).sense());
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void moreThanTheBlockLimitsSayIsRefused() {
        long[] pairs = new long[2 * 257];
        byte[] list = list(pairs);
        assertEquals(
                "5/26/00",
                host.send(
                                "42 00 00 00 00 00 00 %02X %02X 00"
                                        .formatted(list.length >> 8, list.length & 0xFF),
                                list)
                        .sense());
        Arrays.fill(pairs, 0);
        for (int i = 0; i < 256; i++) {
            pairs[2 * i + 1] = BLOCKS; // in all, twice MAXIMUM UNMAP LBA COUNT
        }
        list = list(Arrays.copyOf(pairs, 512));
        assertEquals(
                "5/26/00",
                host.send(
                                "42 00 00 00 00 00 00 %02X %02X 00"
                                        .formatted(list.length >> 8, list.length & 0xFF),
                                list)
                        .sense());
        assertEquals(0, counting.operations().size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "41 00 00 00 00 05 00 00 03 00",
                "41 08 00 00 00 05 00 00 03 00",
                "93 00 00 00 00 00 00 00 00 05 00 00 00 03 00 00",
                "93 08 00 00 00 00 00 00 00 05 00 00 00 03 00 00"
            })
    void writeSameRepeatsItsBlock(String cdb) {
        byte[] block = ReadWriteTest.pattern(BLOCK);
        byte[] expected = memory.get();
        for (int i = 5; i < 8; i++) {
            System.arraycopy(block, 0, expected, i * BLOCK, BLOCK);
        }
        host.send(cdb, block).good();
        assertArrayEquals(expected, memory.get());
        host.send(cdb, new byte[BLOCK]).good();
        Arrays.fill(expected, 5 * BLOCK, 8 * BLOCK, (byte) 0);
        assertArrayEquals(expected, memory.get());
        assertEquals(1, counting.count(DeviceOperation.Kind.ZERO));
    }

    @Test
    void writeSameRepeatsOverManyPieces() {
        byte[] block = ReadWriteTest.pattern(BLOCK);
        host.send("41 00 00 00 00 01 00 1F FE 00", block).good();
        byte[] all = memory.get();
        for (int i = 1; i < BLOCKS - 1; i++) {
            assertArrayEquals(block, Arrays.copyOfRange(all, i * BLOCK, (i + 1) * BLOCK));
        }
        assertArrayEquals(MemoryDevice.numberedSector(1000), memory.get(0, BLOCK));
        assertArrayEquals(
                MemoryDevice.numberedSector(1000 + BLOCKS - 1),
                memory.get((BLOCKS - 1) * BLOCK, BLOCK));
    }

    @Test
    void writeSameWithoutDataWritesZeros() {
        host.send("93 09 00 00 00 00 00 00 00 05 00 00 00 03 00 00").good();
        assertArrayEquals(new byte[3 * BLOCK], memory.get(5 * BLOCK, 3 * BLOCK));
    }

    /// libiscsi WriteSame10.InvalidDataOutSize, WriteSame10.0Blocks.
    @Test
    void writeSameOfAnotherShapeIsRefused() {
        byte[] expected = memory.get();
        String cdb = "41 00 00 00 00 05 00 00 01 00";
        assertEquals("5/24/00", host.send(cdb, new byte[BLOCK / 2]).sense());
        assertEquals("5/24/00", host.send(cdb, new byte[2 * BLOCK]).sense());
        assertEquals(
                "5/24/00", host.send("41 00 00 00 00 05 00 00 00 00", new byte[BLOCK]).sense());
        assertArrayEquals(expected, memory.get());
    }

    @Test
    void lbaStatusShowsRunsAndJoinsNeighbours() {
        memory.put(3 * BLOCK, new byte[2 * BLOCK]);
        ByteBuffer data =
                host.send("9E 12 00 00 00 00 00 00 00 01 00 00 00 38 00 00").good().data();
        assertEquals(4 + 3 * 16, data.getInt(0));
        assertRun(data, 0, 1, 2, 0);
        assertRun(data, 1, 3, 2, 1);
        assertEquals(5, data.getLong(8 + 2 * 16));
    }

    @Test
    void lbaStatusIsCutToItsRoom() {
        TestHost.Answer answer =
                host.receive("9E 12 00 00 00 00 00 00 00 01 00 00 00 38 00 00", 10).good();
        assertEquals(10, answer.data().remaining());
        assertEquals(24, answer.length(), "one run to the end");
    }

    private static void assertRun(ByteBuffer data, int index, long lba, int blocks, int status) {
        int at = 8 + 16 * index;
        assertEquals(lba, data.getLong(at));
        assertEquals(blocks, data.getInt(at + 8));
        assertEquals(status, data.get(at + 12));
    }

    private static byte[] list(long... pairs) {
        ByteBuffer list = ByteBuffer.allocate(8 + 8 * pairs.length);
        list.putShort(0, (short) (list.capacity() - 2));
        list.putShort(2, (short) (list.capacity() - 8));
        for (int i = 0; i < pairs.length / 2; i++) {
            list.putLong(8 + 16 * i, pairs[2 * i]);
            list.putInt(16 + 16 * i, (int) pairs[2 * i + 1]);
        }
        return list.array();
    }
}
