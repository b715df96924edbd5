package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LoopIoTest {
    private static final int PAGE = LoopIo.PAGE_BYTES;

    /// Storage as slow as a test likes, and how often it was asked.
    private static class SlowCalls implements LoopIo.Calls {
        final AtomicInteger nowait = new AtomicInteger();
        final AtomicInteger plain = new AtomicInteger();

        @Override
        public long readNowait(long offsetBytes, ByteBuffer target) {
            return -LinuxFile.EAGAIN;
        }

        @Override
        public long writeNowait(long offsetBytes, ByteBuffer source) {
            nowait.incrementAndGet();
            return -LinuxFile.EOPNOTSUPP;
        }

        @Override
        public long write(long offsetBytes, ByteBuffer source) {
            plain.incrementAndGet();
            return source.remaining();
        }

        @Override
        public long timesSlept() {
            return plain.get();
        }
    }

    private static LoopIo io(Path path, LoopIo.Calls calls, LoopTurn turn) {
        return new LoopIo(
                path, 7, calls, new FileSpace(path, null, true, new AllocationMap(0)), turn);
    }

    /// Goal: a write that hangs holds up one loop, whichever file the others write to. Method: a latch within the write.
    @Test
    void aWriteThatHangsStopsOneLoopOnly(@TempDir Path directory) throws Exception {
        var inside = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var hangs =
                new SlowCalls() {
                    @Override
                    public long write(long offsetBytes, ByteBuffer source) {
                        inside.countDown();
                        awaitUninterrupted(release);
                        return super.write(offsetBytes, source);
                    }
                };
        var turn = new LoopTurn(System::nanoTime);
        var one = io(directory.resolve("one"), hangs, turn);
        var twoCalls = new SlowCalls();
        var two = io(directory.resolve("two"), twoCalls, turn);
        try (var loop = Executors.newSingleThreadExecutor()) {
            var first = loop.submit(() -> one.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            inside.await();
            assertFalse(one.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            assertFalse(two.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
            assertEquals(0, twoCalls.plain.get());
            release.countDown();
            assertTrue(first.get());
            assertTrue(hangs.plain.get() == 1);
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Goal: a loop is held up once, not for every write. Method: a clock that shows each write as a slow one.
    @Test
    void afterAStallWritesKeepOffTheLoop(@TempDir Path directory) throws IOException {
        var now = new AtomicLong();
        var calls =
                new SlowCalls() {
                    @Override
                    public long write(long offsetBytes, ByteBuffer source) {
                        now.addAndGet(LoopTurn.STALL_NANOS + 1);
                        return super.write(offsetBytes, source);
                    }
                };
        var turn = new LoopTurn(now::get);
        assertTrue(
                io(directory.resolve("one"), calls, turn)
                        .tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
        assertFalse( // another file of the same file system
                io(directory.resolve("two"), calls, turn)
                        .tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
    }

    /// A busy machine must not send every write to the pool. Method: a clock that leaps, and a thread that never sleeps.
    @Test
    void aPreemptedThreadHasNotStalled(@TempDir Path directory) throws IOException {
        var now = new AtomicLong();
        var calls =
                new SlowCalls() {
                    @Override
                    public long write(long offsetBytes, ByteBuffer source) {
                        now.addAndGet(1L << 40);
                        return super.write(offsetBytes, source);
                    }

                    @Override
                    public long timesSlept() {
                        return 7;
                    }
                };
        var io = io(directory.resolve("one"), calls, new LoopTurn(now::get));
        assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
        assertTrue(io.tryWrite(0, ByteBuffer.allocateDirect(PAGE)));
    }

    /// Goal: what is begun is finished, or the fault is told: readers must not see half a write.
    @Test
    void aShortWriteIsFinished(@TempDir Path directory) throws IOException {
        var results = new ArrayDeque<>(List.of(100L, (long) -LinuxFile.EINTR, 200L));
        var offsets = new ArrayList<Long>();
        var calls =
                new SlowCalls() {
                    @Override
                    public long write(long offsetBytes, ByteBuffer source) {
                        offsets.add(offsetBytes);
                        Long next = results.poll();
                        return next == null ? source.remaining() : next;
                    }
                };
        var io = io(directory.resolve("one"), calls, new LoopTurn(System::nanoTime));
        var source = ByteBuffer.allocateDirect(PAGE);
        assertTrue(io.tryWrite(PAGE, source));
        assertFalse(source.hasRemaining());
        assertEquals(List.of(4096L, 4196L, 4196L, 4396L), offsets);

        results.addAll(List.of(100L, (long) -LinuxFile.ENOSPC));
        assertThrows(NoSpaceException.class, () -> io.tryWrite(PAGE, source.clear()));
        results.add((long) -LinuxFile.ENOSPC);
        assertFalse(io.tryWrite(PAGE, source.clear()));
        assertEquals(0, source.position());
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
            var io = new LoopIo(path, 7, linux, space, LoopTurn.ofProcess());
            var target = ByteBuffer.allocateDirect(2 * PAGE);
            assertFalse(io.tryRead(0, target));
            assertEquals(0, target.position());
        }
    }
}
