package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// EXTENDED COPY against other commands, and against itself. Seeded.
@Timeout(60)
final class CopyRaceTest {
    private static final int BLOCK = 512;
    private static final UUID UUID_1 = UUID.fromString("11111111-2222-4333-8444-555555555555");
    private static final int ROUNDS = Integer.getInteger("cowherd.race.rounds", 1);

    private final MemoryDevice memory = MemoryDevice.numbered(4 << 20, 1000);
    private final MemoryDevice memory1 = MemoryDevice.numbered(4 << 20, 1_000_000);
    private final TestTarget target = TestTarget.of(new TornDevice(memory));
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private static void hesitate() {
        for (int i = 0; i < 20_000; i++) {
            Thread.onSpinWait();
        }
    }

    /// Reads and writes in two halves, so that others can get between them.
    private static final class TornDevice extends WrappedDevice {
        private final MemoryDevice memory;

        TornDevice(MemoryDevice memory) {
            super(memory);
            this.memory = memory;
        }

        @Override
        public void write(long offsetBytes, ByteBuffer source, WriteMode mode) {
            int half = source.remaining() / BLOCK / 2 * BLOCK;
            int limit = source.limit();
            memory.write(offsetBytes, source.limit(source.position() + half), mode);
            hesitate();
            memory.write(offsetBytes + half, source.limit(limit), mode);
        }

        @Override
        public void read(long offsetBytes, ByteBuffer target) {
            int half = target.remaining() / BLOCK / 2 * BLOCK;
            int limit = target.limit();
            memory.read(offsetBytes, target.limit(target.position() + half));
            hesitate();
            memory.read(offsetBytes + half, target.limit(limit));
        }
    }

    CopyRaceTest() {
        target.device.addLun(1, TestTarget.unit(memory1, UUID_1, TestTarget.READ_WRITE));
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        target.close();
    }

    private static CopyOrder order() {
        return CopyOrder.unnamed().target(TestTarget.UUID_0).target(UUID_1);
    }

    /// Goal: what a copy reads is no mixture of two writes, and no older than the last write that had ended. Method: one
    /// host writes one number after the other all over a range that spans several pages of the device; another copies it
    /// elsewhere and looks.
    @Test
    void aPieceIsCopiedWhole() throws Exception {
        int blocks = 1000;
        AtomicLong begun = new AtomicLong();
        AtomicLong written = new AtomicLong();
        AtomicBoolean end = new AtomicBoolean();
        memory.put(0, ofNumber(0, blocks));
        Future<?> writer =
                threads.submit(
                        () -> {
                            TestHost host = TestHost.ready(target.device, "iqn.writer");
                            while (!end.get()) {
                                long number = begun.incrementAndGet();
                                byte[] data = ofNumber(number, blocks);
                                host.send("2A 00 00 00 00 00 00 03 E8 00", data).good();
                                written.set(number);
                            }
                            host.close();
                        });
        TestHost host = TestHost.ready(target.device, "iqn.copier");
        for (int i = 0; i < 300 * ROUNDS; i++) {
            long least = written.get();
            order().segment(0, 0, 1, 2000, blocks).sendTo(host).good();
            long most = begun.get();
            ByteBuffer copied = ByteBuffer.wrap(memory1.get(2000L * BLOCK, blocks * BLOCK));
            long number = copied.getLong(0);
            assertTrue(least <= number && number <= most, least + " " + number + " " + most);
            while (copied.hasRemaining()) {
                assertEquals(number, copied.getLong(), "a mixture");
            }
        }
        end.set(true);
        writer.get(30, TimeUnit.SECONDS);
        host.close();
    }

    private static byte[] ofNumber(long number, int blocks) {
        ByteBuffer data = ByteBuffer.allocate(blocks * BLOCK);
        while (data.hasRemaining()) {
            data.putLong(number);
        }
        return data.array();
    }

    /// Goal: copies to and fro, with overlapping ranges, neither wait for each other for ever nor lose a block. Method: every
    /// block carries its own place; hosts exchange whole regions by copies of the same places, so that each block stays
    /// what it was, and COMPARE AND WRITE counts in a block beside.
    @Test
    void oppositeCopiesEnd() throws Exception {
        long seed = Long.getLong("cowherd.seed", 23);
        memory1.put(0, memory.get());
        byte[] zero = new byte[BLOCK];
        memory.put(0, zero);
        memory1.put(0, zero);
        int hosts = 4;
        int increments = 50 * ROUNDS;
        List<Future<?>> runs = new ArrayList<>();
        for (int i = 0; i < hosts; i++) {
            int number = i;
            runs.add(threads.submit(() -> exchange(number, seed, increments)));
        }
        for (Future<?> run : runs) {
            run.get(50, TimeUnit.SECONDS);
        }
        byte[] expected = MemoryDevice.numbered(4 << 20, 1000).get(BLOCK, (4 << 20) - BLOCK);
        assertEquals(
                -1,
                java.util.Arrays.mismatch(expected, memory.get(BLOCK, (4 << 20) - BLOCK)),
                "seed " + seed);
        assertEquals(
                -1,
                java.util.Arrays.mismatch(expected, memory1.get(BLOCK, (4 << 20) - BLOCK)),
                "seed " + seed);
        assertEquals((long) hosts * increments, ByteBuffer.wrap(memory.get(0, BLOCK)).getLong());
    }

    private @Nullable Void exchange(int number, long seed, int increments) throws Exception {
        Random random = new Random(seed + number);
        TestHost host = TestHost.ready(target.device, "iqn.host" + number);
        for (int n = 0; n < increments; n++) {
            int from = 1 + random.nextInt(4000);
            int blocks = 1 + random.nextInt(4000);
            int source = random.nextInt(2);
            order().segment(source, from, 1 - source, from, blocks).sendTo(host).good();
            order().segment(source, from, source, from, blocks).sendTo(host).good();
            increment(host);
        }
        host.close();
        return null;
    }

    private static void increment(TestHost host) {
        for (; ; ) {
            byte[] old = host.send("28 00 00 00 00 00 00 00 01 00").good().bytes();
            ByteBuffer swap = ByteBuffer.allocate(2 * BLOCK).put(old).put(old);
            swap.putLong(BLOCK, swap.getLong(0) + 1);
            String cdb = "89 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00";
            if (host.send(cdb, swap.array()).status() == 0) {
                return;
            }
        }
    }

    /// Goal: a COMPARE AND WRITE in the middle of what is being copied over is before the copy or after it. Method: the
    /// source holds zeros; a host counts up from whatever it finds; a count that is neither its own nor zero is a bug.
    @Test
    void aCopyComesNotBetweenCompareAndWrite() throws Exception {
        AtomicBoolean end = new AtomicBoolean();
        memory.put(0, new byte[64 * BLOCK]);
        memory1.put(0, new byte[64 * BLOCK]);
        Callable<@Nullable Void> copies =
                () -> {
                    TestHost host = TestHost.ready(target.device, "iqn.copier");
                    while (!end.get()) {
                        order().segment(1, 0, 0, 0, 64).sendTo(host).good();
                    }
                    host.close();
                    return null;
                };
        Future<?> copier = threads.submit(copies);
        TestHost host = TestHost.ready(target.device, "iqn.counter");
        long last = 0;
        String caw = "89 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00";
        for (int i = 0; i < 3000 * ROUNDS; i++) {
            ByteBuffer swap = ByteBuffer.allocate(2 * BLOCK);
            swap.putLong(0, last).putLong(BLOCK, last + 1);
            if (host.send(caw, swap.array()).status() == 0) {
                last++;
            } else {
                last = 0; // the copy was there
                long found =
                        ByteBuffer.wrap(host.send("28 00 00 00 00 07 00 00 01 00").bytes())
                                .getLong();
                assertEquals(0, found);
            }
        }
        end.set(true);
        copier.get(30, TimeUnit.SECONDS);
        host.close();
    }
}
