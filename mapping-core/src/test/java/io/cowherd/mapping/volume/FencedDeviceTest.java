package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.BlockDeviceContract;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Behind a fence a device is the device it was; once the fence has fallen nothing reaches it, ever, and no read is answered.
class FencedDeviceTest extends BlockDeviceContract {
    private final AtomicBoolean stands = new AtomicBoolean(true);
    private final AtomicInteger asked = new AtomicInteger();
    private final LatchedFence fence =
            new LatchedFence(
                    () -> {
                        asked.incrementAndGet();
                        if (!stands.get()) {
                            throw new FencedException("the lease has run out");
                        }
                    });

    @Override
    protected BlockDevice create() {
        return new FencedDevice(new MemoryDevice(SIZE_BYTES, (byte) 0xAA), fence);
    }

    private static ByteBuffer data() {
        return PoolFixture.pattern(0, 4096, 3);
    }

    private static List<Executable> requests(BlockDevice device) {
        return List.of(
                () -> device.write(0, data(), WriteMode.CACHED),
                () -> device.write(0, data(), WriteMode.DURABLE),
                () -> device.tryWrite(0, data()),
                device::flush,
                () -> device.writeZeroes(0, 512, WriteMode.CACHED),
                () -> device.discard(0, 512),
                () -> device.ensureAllocated(0, 512),
                () -> device.read(0, ByteBuffer.allocate(512)),
                () -> device.tryRead(0, ByteBuffer.allocate(512)),
                () -> device.extent(0, 512));
    }

    @Test
    void nothingReachesTheDeviceOnceTheFenceHasFallen() throws IOException {
        var changed = new AtomicBoolean();
        var memory = new MemoryDevice(SIZE_BYTES, (byte) 0xAA);
        memory.write(0, data(), WriteMode.DURABLE);
        var watched =
                new WrappedDevice(memory) {
                    @Override
                    protected void before(DeviceOperation operation) {
                        if (operation.kind() != DeviceOperation.Kind.READ) {
                            changed.set(true);
                        }
                    }
                };
        var device = new FencedDevice(watched, fence);
        stands.set(false);
        for (Executable request : requests(device)) {
            assertThrows(FencedException.class, request);
        }
        stands.set(true);
        for (Executable request : requests(device)) {
            assertThrows(FencedException.class, request, "it stays fallen");
        }
        assertFalse(changed.get());
        var found = ByteBuffer.allocate(4096);
        memory.read(0, found);
        assertArrayEquals(data().array(), found.array());
    }

    /// A read that began while the fence stood, and ended after.
    @Test
    void aReadIsNotAnsweredIfTheFenceFellMeanwhile() {
        var slow =
                new WrappedDevice(new MemoryDevice(SIZE_BYTES, (byte) 0xAA)) {
                    @Override
                    protected void after(DeviceOperation operation) {
                        stands.set(false);
                    }
                };
        var device = new FencedDevice(slow, fence);
        assertThrows(FencedException.class, () -> device.read(0, ByteBuffer.allocate(512)));
    }

    @Test
    void theFenceIsAskedOnceARequest() throws Throwable {
        var device = create();
        for (Executable request : requests(device)) {
            int before = asked.get();
            request.execute();
            assertEquals(before + 1, asked.get());
        }
    }
}
