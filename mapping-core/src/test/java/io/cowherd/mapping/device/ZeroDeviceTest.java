package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// The two devices that keep nothing: `zero` forgets, `error` fails. Neither can keep the contract.
final class ZeroDeviceTest {
    private static final int SIZE_BYTES = 1 << 20;

    @Test
    void zeroReadsAsZerosWhateverWasWritten() {
        var zero = new ZeroDevice(SIZE_BYTES);
        var content = new byte[SIZE_BYTES];
        Arrays.fill(content, (byte) 0xAA);
        var buffer = ByteBuffer.wrap(content);
        zero.write(0, buffer, WriteMode.DURABLE);
        assertFalse(buffer.hasRemaining());
        zero.read(512, buffer.position(512).limit(SIZE_BYTES - 512));
        assertEquals(SIZE_BYTES - 512, buffer.position());
        var expected = new byte[SIZE_BYTES];
        Arrays.fill(expected, 0, 512, (byte) 0xAA);
        Arrays.fill(expected, SIZE_BYTES - 512, SIZE_BYTES, (byte) 0xAA);
        assertArrayEquals(expected, content);
        assertFalse(zero.extent(0, SIZE_BYTES).mapped());
    }

    @Test
    void errorFailsEveryRequestAndNamesIt() {
        var error = new ErrorDevice(SIZE_BYTES);
        var buffer = ByteBuffer.allocate(512);
        var fault = assertThrows(IOException.class, () -> error.read(1024, buffer));
        assertTrue(fault.toString().contains("read of 512 bytes at 1024"), fault.toString());
        assertThrows(IOException.class, () -> error.write(0, buffer, WriteMode.CACHED));
        assertThrows(IOException.class, () -> error.writeZeroes(0, 512, WriteMode.CACHED));
        assertThrows(IOException.class, error::flush);
        assertThrows(IllegalArgumentException.class, () -> error.read(1, buffer));
        assertThrows(IllegalArgumentException.class, () -> error.read(SIZE_BYTES, buffer));
    }
}
