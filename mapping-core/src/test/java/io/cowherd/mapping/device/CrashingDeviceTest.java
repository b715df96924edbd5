package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CrashingDevice.Loss;
import io.cowherd.mapping.device.PowerSupply.PowerCutException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// The crash tests are worth as much as the device that crashes.
class CrashingDeviceTest {
    private static final int SIZE = 8 * BlockDevice.SECTOR_BYTES;
    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void whatWasNotFlushedMayBeLost() throws IOException {
        var power = PowerSupply.steady();
        var device = new CrashingDevice(MemoryDevice.numbered(SIZE, 0), power);
        write(device, 0, 100, WriteMode.CACHED);
        device.flush();
        write(device, 0, 200, WriteMode.CACHED);
        power.cutNow();
        assertEquals(100, number(device.afterCut(Loss.ALL, random), 0));
        assertEquals(200, number(device.afterCut(Loss.NONE, random), 0));
        assertThrows(PowerCutException.class, device::flush);
    }

    @Test
    void aDurableWriteMakesOnlyItselfDurable() throws IOException {
        var power = PowerSupply.steady();
        var device = new CrashingDevice(MemoryDevice.numbered(SIZE, 0), power);
        write(device, 1, 100, WriteMode.CACHED);
        write(device, 2, 200, WriteMode.DURABLE);
        var left = device.afterCut(Loss.ALL, random);
        assertEquals(1, number(left, 1));
        assertEquals(200, number(left, 2));
    }

    @Test
    void theCutMayTearAWriteBetweenSectors() throws IOException {
        boolean torn = false;
        for (int i = 0; i < 50; i++) {
            var device = new CrashingDevice(MemoryDevice.numbered(SIZE, 0), PowerSupply.cutAt(1));
            byte[] both = new byte[2 * BlockDevice.SECTOR_BYTES];
            System.arraycopy(MemoryDevice.numberedSector(100), 0, both, 0, 512);
            System.arraycopy(MemoryDevice.numberedSector(101), 0, both, 512, 512);
            assertThrows(
                    PowerCutException.class,
                    () -> device.write(0, ByteBuffer.wrap(both), WriteMode.CACHED));
            var left = device.afterCut(Loss.SOME, random);
            torn |= number(left, 0) == 100 && number(left, 1) == 1;
        }
        assertTrue(torn);
    }

    @Test
    void aFlushThatTheCutHitsPromisesNothing() throws IOException {
        var device = new CrashingDevice(MemoryDevice.numbered(SIZE, 0), PowerSupply.cutAt(2));
        write(device, 3, 300, WriteMode.CACHED);
        assertThrows(PowerCutException.class, device::flush);
        assertEquals(3, number(device.afterCut(Loss.ALL, random), 3));
    }

    @Test
    void aCopyOfAMemoryDeviceIsIndependent() {
        var device = new MemoryDevice(SIZE, (byte) 0xAA);
        var copy = device.copy();
        copy.put(0, new byte[512]);
        byte[] poisoned = new byte[512];
        java.util.Arrays.fill(poisoned, (byte) 0xAA);
        assertArrayEquals(poisoned, device.get(0, 512));
        assertArrayEquals(new byte[512], copy.get(0, 512));
    }

    private static void write(BlockDevice device, long sector, long number, WriteMode mode)
            throws IOException {
        device.write(sector * 512, ByteBuffer.wrap(MemoryDevice.numberedSector(number)), mode);
    }

    private static long number(MemoryDevice device, long sector) {
        return ByteBuffer.wrap(device.get(sector * 512, 512))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }
}
