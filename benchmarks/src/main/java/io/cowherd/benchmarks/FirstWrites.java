package io.cowherd.benchmarks;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FileDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.Target;
import io.cowherd.mapping.snapshot.SnapshotFamilies;
import io.cowherd.mapping.snapshot.SnapshotListener;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/// First writes to an origin: 4 KiB each, every one to a chunk that all snapshots still lack. Real files; the core alone.
///
/// Arguments: a directory on the storage in question, then triples `snapshots writers writes`. Prints a line for each:
/// writes a second, and the time of a write in microseconds (median, 99th percentile).
public final class FirstWrites {
    private static final int BLOCK = 4096;
    private static final String CHUNK_SECTORS = "8";
    private static final long MIB = 1L << 20;

    private final Path directory;
    private final int snapshots;
    private final int writes;
    private final Map<String, DeviceRef> devices = new HashMap<>();
    private final List<FileDevice> files = new ArrayList<>();

    private FirstWrites(Path directory, int snapshots, int writes) {
        this.directory = directory;
        this.snapshots = snapshots;
        this.writes = writes;
    }

    /// Runs the triples.
    static void main(String[] arguments) throws Exception {
        try (var out = new PrintStream(new FileOutputStream(FileDescriptor.out))) {
            for (int i = 1; i + 2 < arguments.length; i += 3) {
                int snapshots = Integer.parseInt(arguments[i]);
                int writers = Integer.parseInt(arguments[i + 1]);
                int writes = Integer.parseInt(arguments[i + 2]);
                var run = new FirstWrites(Path.of(arguments[0]), snapshots, writes);
                out.printf(
                        "%3d snapshots, %2d writers: %s%n", snapshots, writers, run.run(writers));
            }
        }
    }

    private String run(int writers) throws Exception {
        try {
            var types = new SnapshotFamilies().targetTypes(SnapshotListener.NONE);
            long bytes = (long) writes * BLOCK;
            var origin = file("origin", bytes);
            fill(origin);
            var base =
                    resumed(
                            types.get(0)
                                    .construct(
                                            bytes / BlockDevice.SECTOR_BYTES,
                                            List.of("1:0"),
                                            this::find));
            for (int i = 1; i <= snapshots; i++) {
                file("cow" + i, 2 * bytes + MIB);
                resumed(
                        types.get(1)
                                .construct(
                                        bytes / BlockDevice.SECTOR_BYTES,
                                        List.of("1:0", "1:" + i, "P", CHUNK_SECTORS),
                                        this::find));
            }
            return write(base, writers);
        } finally {
            for (var file : files) {
                file.close();
                Files.delete(Path.of(file.toString()));
            }
        }
    }

    private DeviceRef find(String number) {
        return Objects.requireNonNull(devices.get(number));
    }

    private FileDevice file(String name, long bytes) throws IOException {
        var file = FileDevice.create(directory.resolve(name), bytes);
        var ref = new DeviceRef(1, files.size(), file);
        devices.put(ref.toString(), ref);
        files.add(file);
        return file;
    }

    private void fill(FileDevice origin) throws IOException {
        for (long i = 0; i < writes; i++) {
            origin.write(i * BLOCK, content(i), WriteMode.CACHED);
        }
        origin.flush();
    }

    private static ByteBuffer content(long tag) {
        var content = ByteBuffer.allocateDirect(BLOCK);
        while (content.hasRemaining()) {
            content.putLong(tag);
        }
        return content.flip();
    }

    private static Target resumed(Target target) throws IOException {
        target.preresume();
        target.resume();
        return target;
    }

    private String write(Target base, int writers) throws Exception {
        long[] nanos = new long[writes];
        var next = new AtomicInteger();
        long stride = 7919; // a prime: neighbours in time are none in space
        Callable<Void> work =
                () -> {
                    var block = content(-1);
                    for (int i = next.getAndIncrement(); i < writes; i = next.getAndIncrement()) {
                        long start = System.nanoTime();
                        base.write(i * stride % writes * BLOCK, block.clear(), WriteMode.CACHED);
                        nanos[i] = System.nanoTime() - start;
                    }
                    return null;
                };
        long start = System.nanoTime();
        try (var threads = Executors.newFixedThreadPool(writers)) {
            for (var done : threads.invokeAll(Collections.nCopies(writers, work))) {
                done.get();
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Arrays.sort(nanos);
        return String.format(
                "%8.0f writes/s, median %6d us, p99 %6d us",
                writes / seconds, nanos[writes / 2] / 1000, nanos[writes * 99 / 100] / 1000);
    }
}
