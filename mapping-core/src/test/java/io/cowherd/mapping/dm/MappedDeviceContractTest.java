package io.cowherd.mapping.dm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.BlockDeviceContract;
import io.cowherd.mapping.device.MemoryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A mapped device of three pieces on two devices, none of them at its own place, is a device like any other.
final class MappedDeviceContractTest extends BlockDeviceContract {
    private static final int SECTORS = SIZE_BYTES / BlockDevice.SECTOR_BYTES;

    private final MemoryDevice first = new MemoryDevice(SIZE_BYTES, (byte) 0xAA, 4096);
    private final MemoryDevice second = new MemoryDevice(SIZE_BYTES, (byte) 0xBB);

    @Override
    protected BlockDevice create() throws Exception {
        var mapper = new DeviceMapper(List.of());
        mapper.attach(first);
        mapper.attach(second);
        var mapped = mapper.create("volumeGroup-base", "");
        mapped.load(
                List.of(
                        "0 15 linear 7:1 100",
                        "15 1 linear 7:0 0",
                        "16 " + (SECTORS - 16) + " linear 7:0 16"));
        mapped.resume();
        return mapped;
    }

    @Test
    void eachPieceGoesWhereItsLineSays() {
        assertArrayEquals(pattern(0, 15 * 512, 1), second.get(100 * 512, 15 * 512));
        assertArrayEquals(pattern(15 * 512, 512, 1), first.get(0, 512));
        assertArrayEquals(pattern(16 * 512, 512, 1), first.get(16 * 512, 512));
        assertEquals((byte) 0xAA, first.get(512, 512)[0]);
        assertEquals((byte) 0xBB, second.get(115 * 512, 512)[0]);
    }

    @Test
    void theLargestLogicalBlockCounts() {
        assertEquals(4096, device.logicalBlockBytes());
    }
}
