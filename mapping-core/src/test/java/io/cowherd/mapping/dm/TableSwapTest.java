package io.cowherd.mapping.dm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Tables are swapped under running requests, thousands of times.
@Timeout(120)
final class TableSwapTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 256;
    private static final int SIZE_BYTES = SECTORS * SECTOR;
    private static final int THREADS = 6;
    private static final int SWAPS = 1500;

    private final long seed = System.nanoTime();
    private final DeviceMapper mapper = new DeviceMapper(List.of(new LivingTarget.Type()));
    private final AtomicBoolean isOver = new AtomicBoolean();

    /// Goal: no request sees two tables, or a target that is not resumed. Method: table A maps both halves to devices full
    /// of A, table B to devices full of B; a read across the middle is all A or all B. The targets watch their own life.
    @Test
    void noRequestSeesTwoTables() throws Exception {
        for (byte fill : new byte[] {'A', 'A', 'B', 'B'}) {
            mapper.attach(new MemoryDevice(SIZE_BYTES, fill));
        }
        var tableA = List.of("0 128 living 7:0 0", "128 128 living 7:1 0");
        var tableB = List.of("0 128 living 7:2 0", "128 128 living 7:3 0");
        swapUnder(tableA, tableB, this::readAcrossTheMiddle);
    }

    private Callable<Void> readAcrossTheMiddle(MappedDevice device, int thread) {
        return () -> {
            var buffer = ByteBuffer.allocateDirect(16 * SECTOR);
            var content = new byte[16 * SECTOR];
            for (int i = 0; !isOver.get(); i++) {
                buffer.clear();
                if (i % 2 == 0 || !device.tryRead(120 * SECTOR, buffer)) {
                    device.read(120 * SECTOR, buffer);
                }
                buffer.get(0, content);
                var expected = new byte[content.length];
                Arrays.fill(expected, content[0]);
                assertArrayEquals(expected, content);
            }
            return null;
        };
    }

    /// Goal: no request is lost or fails. Method: two tables of different shape show the same bytes; each thread owns every
    /// sixth sector and always finds what it wrote last.
    @Test
    void noRequestIsLost() throws Exception {
        var memory = new MemoryDevice(SIZE_BYTES, (byte) 0xAA);
        mapper.attach(memory);
        var below = mapper.create("below", "");
        below.load(List.of("0 " + SECTORS + " linear 7:0 0"));
        below.resume();
        var straight = List.of("0 " + SECTORS + " linear 7:0 0");
        var pieces =
                List.of(
                        "0 33 linear below 0",
                        "33 1 linear 7:0 33",
                        "34 100 linear below 34",
                        "134 " + (SECTORS - 134) + " linear 7:0 134");
        swapUnder(straight, pieces, this::ownEverySixthSector);
    }

    private Callable<Void> ownEverySixthSector(MappedDevice device, int thread) {
        var random = new Random(seed + thread);
        var written = new long[SECTORS / THREADS];
        Arrays.fill(written, -1);
        return () -> {
            var buffer = ByteBuffer.allocateDirect(SECTOR);
            var content = new byte[SECTOR];
            while (!isOver.get()) {
                int mine = random.nextInt(written.length);
                long offset = ((long) mine * THREADS + thread) * SECTOR;
                if (random.nextBoolean() || written[mine] < 0) {
                    written[mine] = random.nextLong(Long.MAX_VALUE);
                    buffer.clear().put(MemoryDevice.numberedSector(written[mine])).flip();
                    if (!device.tryWrite(offset, buffer)) {
                        device.write(offset, buffer, WriteMode.CACHED);
                    }
                } else {
                    device.read(offset, buffer.clear());
                    buffer.get(0, content);
                    assertArrayEquals(MemoryDevice.numberedSector(written[mine]), content);
                }
            }
            return null;
        };
    }

    private interface Work {
        Callable<Void> on(MappedDevice device, int thread);
    }

    private void swapUnder(List<String> tableA, List<String> tableB, Work work) throws Exception {
        var device = mapper.create("volumeGroup-base", "");
        device.load(tableA);
        device.resume();
        var running = new ArrayList<Future<Void>>();
        try (var pool = Executors.newFixedThreadPool(THREADS)) {
            try {
                for (int thread = 0; thread < THREADS; thread++) {
                    running.add(pool.submit(work.on(device, thread)));
                }
                swap(device, tableA, tableB, running);
            } finally {
                isOver.set(true);
            }
            for (var one : running) {
                one.get();
            }
        } catch (Exception e) {
            throw new AssertionError("seed " + seed, e);
        }
        assertEquals(List.of(), device.users());
        mapper.close();
    }

    private static void swap(
            MappedDevice device,
            List<String> tableA,
            List<String> tableB,
            List<Future<Void>> running)
            throws Exception {
        for (int i = 0; i < SWAPS; i++) {
            device.load(i % 2 == 0 ? tableB : tableA);
            if (i % 3 == 0) {
                device.suspend();
            }
            device.resume();
            for (var one : running) {
                if (one.isDone()) {
                    one.get(); // it has failed: say so at once
                }
            }
        }
    }
}
