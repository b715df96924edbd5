package io.cowherd.benchmarks;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.format.ExceptionRecord;
import io.cowherd.mapping.format.StoreHeader;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.geometry.StoreLayout;
import io.cowherd.mapping.store.PersistentStore;
import io.cowherd.mapping.store.StoreExpectation;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Loading a persistent store with chunks of 4 KiB: time, what stays on the heap, and what was allocated on the way.
///
/// Arguments: a directory, then numbers of exceptions. For each, a sparse file that holds the metadata only, in the page
/// cache, with exceptions in random order: of neighbouring chunks, and of chunks no two of which share a group of 16.
public final class StoreLoading {
    private static final StoreLayout LAYOUT = new StoreLayout(new ChunkSize(8));
    private static final int GROUP = 16;
    private static final int ROUNDS = 5;

    private final Path path;
    private final int exceptions;
    private final int spacing;

    private StoreLoading(Path path, int exceptions, int spacing) {
        this.path = path;
        this.exceptions = exceptions;
        this.spacing = spacing;
    }

    /// Runs them.
    static void main(String[] arguments) throws IOException {
        try (var out = new PrintStream(new FileOutputStream(FileDescriptor.out))) {
            for (int i = 1; i < arguments.length; i++) {
                for (int spacing : new int[] {1, GROUP}) {
                    int exceptions = Integer.parseInt(arguments[i]);
                    var file = Path.of(arguments[0], "store-" + exceptions + "-" + spacing);
                    out.println(new StoreLoading(file, exceptions, spacing).run());
                }
            }
        }
    }

    private String run() throws IOException {
        long bytes = LAYOUT.chunkSize().offsetOf(LAYOUT.usedChunks(exceptions) + 1);
        try (var cow = FileDevice.create(path, bytes)) {
            write(cow);
            double[] seconds = new double[ROUNDS];
            long allocated = 0;
            long held = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long before = heapInUse();
                long allocatedBefore = allocatedBytes();
                long start = System.nanoTime();
                var store = load(cow);
                seconds[round] = (System.nanoTime() - start) / 1e9;
                allocated = allocatedBytes() - allocatedBefore;
                held = heapInUse() - before;
                if (store.lookup(0) < 0) {
                    throw new AssertionError("chunk 0 is missing");
                }
            }
            Arrays.sort(seconds);
            return "%,d exceptions, %2d apart: %.3f s (%.3f to %.3f); held %.1f MiB, %.1f bytes each; allocated %.0f MiB"
                    .formatted(
                            exceptions,
                            spacing,
                            seconds[ROUNDS / 2],
                            seconds[0],
                            seconds[ROUNDS - 1],
                            held / 1048576.0,
                            (double) held / exceptions,
                            allocated / 1048576.0);
        } finally {
            Files.delete(path);
        }
    }

    private PersistentStore load(BlockDevice cow) throws IOException {
        long originBytes = LAYOUT.chunkSize().offsetOf((long) exceptions * spacing);
        return PersistentStore.open("cow", cow, StoreExpectation.SOUND, 8, originBytes, 512);
    }

    private void write(BlockDevice cow) throws IOException {
        var header = ByteBuffer.allocate(BlockDevice.SECTOR_BYTES);
        new StoreHeader(true, 8).encode(header);
        cow.write(0, header, WriteMode.CACHED);
        int[] order = shuffled();
        int perArea = LAYOUT.exceptionsPerArea();
        long storeChunk = StoreLayout.FIRST_DATA_CHUNK;
        for (int first = 0; first <= exceptions; first += perArea) {
            var area = ByteBuffer.allocate(LAYOUT.chunkSize().bytes());
            for (int i = 0; i < perArea && first + i < exceptions; i++) {
                new ExceptionRecord((long) order[first + i] * spacing, storeChunk).encode(area, i);
                storeChunk = LAYOUT.skipArea(storeChunk + 1);
            }
            cow.write(LAYOUT.recordOffset(first / perArea, 0), area, WriteMode.CACHED);
        }
    }

    private int[] shuffled() {
        int[] order = new int[exceptions];
        var random = new SplittableRandom(exceptions);
        for (int i = 0; i < exceptions; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = i;
        }
        return order;
    }

    private static long allocatedBytes() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    private static long heapInUse() {
        var memory = ManagementFactory.getMemoryMXBean();
        memory.gc();
        return memory.getHeapMemoryUsage().getUsed();
    }
}
