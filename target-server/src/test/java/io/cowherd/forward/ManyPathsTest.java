package io.cowherd.forward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.scsi.target.TestHost;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: over all paths together a disk is one disk: no read sees a block as it was before a write that had ended, nor what a
/// failed write left behind after a later write (I3, I8). Method: hosts on direct and forwarded paths write numbers to few blocks and
/// read them, a cable is cut now and then, and every read is judged by what had begun and ended by then. Seeded.
final class ManyPathsTest {
    private static final int HOSTS = 4;
    private static final int STEPS = 400;
    private static final int BLOCKS = 3;
    private static final int BLOCK = 512;

    /// A command of a host: which number was written or read where, between which moments.
    private record Event(int block, long number, long begin, long end, Kind kind) {}

    private enum Kind {
        WRITTEN,
        /// Its host was told to try again: it may have come to pass, but not later.
        PERHAPS_WRITTEN,
        READ
    }

    /// Every other request waits for the pool, some of them long.
    private static final class SlowDevice extends WrappedDevice {
        private final AtomicInteger requests = new AtomicInteger();

        SlowDevice() {
            super(MemoryDevice.numbered(1 << 20, 1000));
        }

        @Override
        protected boolean wouldWait(DeviceOperation operation) {
            return requests.incrementAndGet() % 2 == 0;
        }

        @Override
        protected void before(DeviceOperation operation) {
            for (int i = requests.get() % 7 * 2_000; i > 0; i--) {
                Thread.onSpinWait();
            }
        }
    }

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong numbers = new AtomicLong();

    @Test
    @Timeout(120)
    void oneDiskOverAllPaths() throws Exception {
        long seed = Long.getLong("cowherd.seed", 17);
        ExecutorService threads = Executors.newFixedThreadPool(HOSTS);
        try (TwoNodes nodes = new TwoNodes(new SlowDevice())) {
            for (int block = 0; block < BLOCKS; block++) {
                write(nodes.direct("iqn.first"), block);
            }
            List<Future<?>> hosts = new ArrayList<>();
            for (int i = 0; i < HOSTS; i++) {
                String name = "iqn.host" + i;
                Random random = new Random(seed + i);
                boolean isDirect = i == 0;
                hosts.add(
                        threads.submit(
                                () ->
                                        live(
                                                nodes,
                                                isDirect
                                                        ? nodes.direct(name)
                                                        : nodes.forwarded(name),
                                                random)));
            }
            for (Future<?> host : hosts) {
                host.get();
            }
        } finally {
            threads.shutdown();
        }
        long perhaps = events.stream().filter(e -> e.kind == Kind.PERHAPS_WRITTEN).count();
        assertTrue(perhaps > 0, "no write was interrupted, seed " + seed);
        assertEquals(List.of(), events.stream().filter(this::isStale).toList(), "seed " + seed);
    }

    private void live(TwoNodes nodes, TestHost host, Random random) {
        for (int step = 0; step < STEPS; step++) {
            int dice = random.nextInt(100);
            if (dice < 2) {
                nodes.cable.cutAfter(random.nextInt(3000));
            } else if (dice < 50) {
                write(host, random.nextInt(BLOCKS));
            } else {
                read(host, random.nextInt(BLOCKS));
            }
        }
    }

    private void write(TestHost host, int block) {
        long number = numbers.incrementAndGet();
        byte[] data = new byte[BLOCK];
        ByteBuffer view = ByteBuffer.wrap(data);
        while (view.hasRemaining()) {
            view.putLong(number);
        }
        long begin = clock.incrementAndGet();
        int status = host.send("2A 00 00 00 00 %02X 00 00 01 00".formatted(block), data).status();
        Kind kind = status == 0 ? Kind.WRITTEN : Kind.PERHAPS_WRITTEN;
        events.add(new Event(block, number, begin, clock.incrementAndGet(), kind));
    }

    private void read(TestHost host, int block) {
        long begin = clock.incrementAndGet();
        var answer = host.send("28 00 00 00 00 %02X 00 00 01 00".formatted(block));
        if (answer.status() == 0) {
            ByteBuffer data = answer.data();
            long number = data.getLong(data.position());
            events.add(new Event(block, number, begin, clock.incrementAndGet(), Kind.READ));
        }
    }

    /// True for a read of a number that another write had replaced for good before the read began.
    private boolean isStale(Event read) {
        if (read.kind != Kind.READ) {
            return false;
        }
        Event source =
                events.stream()
                        .filter(e -> e.kind != Kind.READ && e.number == read.number)
                        .findAny()
                        .orElseThrow(() -> new AssertionError("nobody wrote " + read));
        boolean isFromTheFuture = source.begin > read.end || source.block != read.block;
        return isFromTheFuture
                || events.stream()
                        .anyMatch(
                                e ->
                                        e.kind == Kind.WRITTEN
                                                && e.block == read.block
                                                && e.begin > source.end
                                                && e.end < read.begin);
    }
}
