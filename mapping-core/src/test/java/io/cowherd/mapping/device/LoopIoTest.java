package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoopIoTest {
    private static final int PAGE = LoopIo.PAGE_BYTES;

    /// Goal: a loop is held up once, not for every write. Method: a clock that shows each write as a slow one.
    @Test
    void afterAStallWritesKeepOffTheLoop(@TempDir Path directory) throws IOException {
        var path = Files.write(directory.resolve("file"), new byte[1 << 20]);
        var now = new AtomicLong(Long.MAX_VALUE - 1000); // a clock may wrap
        var step = new AtomicLong(LoopIo.STALL_NANOS + 1);
        try (var linux = Objects.requireNonNull(LinuxFile.open(path, LinuxFile.Access.WRITE))) {
            var slept = new AtomicLong();
            var space = new FileSpace(path, linux, true, new AllocationMap(0));
            var io =
                    new LoopIo(
                            linux, space, () -> now.getAndAdd(step.get()), slept::getAndIncrement);
            if (linux.writeNowait(0, ByteBuffer.allocateDirect(PAGE)) >= 0) {
                return; // this file system never stalls a loop
            }
            assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            long stalled = step.getAndSet(0);
            assertFalse(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            now.addAndGet(LoopIo.BACK_OFF_FACTOR * stalled - stalled - 1);
            assertFalse(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            now.incrementAndGet();
            assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
        }
    }

    /// A busy machine must not send every write to the pool.
    @Test
    void aPreemptedThreadHasNotStalled(@TempDir Path directory) throws IOException {
        var path = Files.write(directory.resolve("file"), new byte[1 << 20]);
        var now = new AtomicLong();
        try (var linux = Objects.requireNonNull(LinuxFile.open(path, LinuxFile.Access.WRITE))) {
            var space = new FileSpace(path, linux, true, new AllocationMap(0));
            var io = new LoopIo(linux, space, () -> now.getAndAdd(1L << 40), () -> 7);
            assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
        }
    }

    @Test
    void theSystemKnowsWhoHasSlept(@TempDir Path directory) throws IOException {
        var path = Files.write(directory.resolve("file"), new byte[PAGE]);
        try (var linux = Objects.requireNonNull(LinuxFile.open(path, LinuxFile.Access.READ))) {
            long before = linux.timesSlept();
            LockSupport.parkNanos(1_000_000);
            assertTrue(linux.timesSlept() > before);
        }
    }

    @Test
    void aShortReadIsNoRead(@TempDir Path directory) throws IOException {
        var path = Files.write(directory.resolve("file"), new byte[PAGE]);
        try (var linux = Objects.requireNonNull(LinuxFile.open(path, LinuxFile.Access.READ))) {
            var space = new FileSpace(path, linux, false, new AllocationMap(PAGE));
            var io = new LoopIo(linux, space);
            var target = ByteBuffer.allocateDirect(2 * PAGE);
            assertFalse(io.tryRead(0, target));
            assertEquals(0, target.position());
        }
    }
}
