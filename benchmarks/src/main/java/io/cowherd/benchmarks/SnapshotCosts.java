package io.cowherd.benchmarks;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumePool;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// What snapshots cost on the paths that an event loop takes: random 4 KiB blocks in the page cache, through the mapped
/// devices of a volume group; the core alone, one thread.
///
/// Arguments: an empty directory, rounds. In each round every contestant runs for a quarter of a second, in turn; ratios are
/// medians of the rounds' ratios.
public final class SnapshotCosts {
    private static final int BLOCK = 4096;
    private static final long MIB = 1L << 20;
    private static final long READ_BYTES = 64 * MIB;
    private static final long WRITTEN_BYTES = 4 * MIB;
    private static final long TURN_NANOS = 250_000_000;
    private static final int[] SNAPSHOTS = {0, 1, 8, 100};

    private final VolumePool pool;
    private final PrintStream out;
    private final SplittableRandom random = new SplittableRandom(1);
    private final ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);

    private SnapshotCosts(VolumePool pool, PrintStream out) {
        this.pool = pool;
        this.out = out;
    }

    /// A row of a comparison.
    private record Contestant(
            String label, BlockDevice device, long from, long length, boolean write) {}

    /// Runs them.
    static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[1]);
        try (var out = new PrintStream(new FileOutputStream(FileDescriptor.out));
                var pool =
                        VolumePool.open(
                                Path.of(arguments[0]), out::println, InstantSource.system())) {
            var costs = new SnapshotCosts(pool, out);
            costs.compare(costs.reads(), rounds);
            costs.compare(costs.overwrites(), rounds);
        }
    }

    private List<Contestant> reads() throws Exception {
        BlockDevice origin = origin("read", 2 * READ_BYTES, 1, 2 * READ_BYTES);
        BlockDevice snapshot = pool.get(VolumeName.parse("g/read-0")).device();
        copy(origin, READ_BYTES);
        return List.of(
                new Contestant("read of an origin", origin, 0, READ_BYTES, false),
                new Contestant("of a snapshot, mapped", snapshot, 0, READ_BYTES, false),
                new Contestant("of a snapshot, unmapped", snapshot, READ_BYTES, READ_BYTES, false));
    }

    private List<Contestant> overwrites() throws Exception {
        var rows = new ArrayList<Contestant>();
        for (int snapshots : SNAPSHOTS) {
            BlockDevice origin =
                    origin("written" + snapshots, WRITTEN_BYTES, snapshots, 2 * WRITTEN_BYTES);
            copy(origin, WRITTEN_BYTES);
            String label = "overwrite of an origin, " + snapshots + " snapshots";
            rows.add(new Contestant(label, origin, 0, WRITTEN_BYTES, true));
        }
        return rows;
    }

    private BlockDevice origin(String name, long bytes, int snapshots, long cowBytes)
            throws Exception {
        BlockDevice origin = pool.create(VolumeName.parse("g/" + name), bytes).device();
        copy(origin, bytes);
        for (int i = 0; i < snapshots; i++) {
            pool.snapshot(
                    VolumeName.parse("g/" + name),
                    name + "-" + i,
                    new SnapshotRequest(cowBytes, BLOCK, StoreKind.P, false, null));
        }
        return origin;
    }

    /// Writes each 64 KiB of the range once, in random order.
    private void copy(BlockDevice device, long bytes) throws IOException {
        var content = ByteBuffer.allocateDirect(16 * BLOCK);
        long[] order = new long[(int) (bytes / content.capacity())];
        for (int i = 0; i < order.length; i++) {
            int other = random.nextInt(i + 1);
            order[i] = order[other];
            order[other] = (long) i * content.capacity();
        }
        for (long at : order) {
            content.clear();
            while (content.hasRemaining()) {
                content.putLong(at + content.position());
            }
            device.write(at, content.flip(), WriteMode.CACHED);
        }
        device.flush();
    }

    private void compare(List<Contestant> contestants, int rounds) throws IOException {
        double[][] rates = new double[contestants.size()][rounds];
        for (int round = -1; round < rounds; round++) { // the first warms up
            for (int i = 0; i < rates.length; i++) {
                rates[i][Math.max(0, round)] = turn(contestants.get(i));
            }
        }
        for (int i = 0; i < rates.length; i++) {
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = rates[i][round] / rates[0][round];
            }
            Arrays.sort(ratios);
            Arrays.sort(rates[i]);
            out.printf(
                    "%-40s %9.0f/s, ratio %.2f (%.2f to %.2f)%n",
                    contestants.get(i).label,
                    rates[i][rounds / 2],
                    ratios[rounds / 2],
                    ratios[0],
                    ratios[rounds - 1]);
        }
    }

    /// Requests a second.
    private double turn(Contestant contestant) throws IOException {
        int blocks = (int) (contestant.length / BLOCK);
        long start = System.nanoTime();
        long end = start;
        long done = 0;
        for (; end - start < TURN_NANOS; end = System.nanoTime()) {
            for (int i = 0; i < 64; i++) {
                long at = contestant.from + (long) random.nextInt(blocks) * BLOCK;
                block.clear();
                if (contestant.write) {
                    if (!contestant.device.tryWrite(at, block)) {
                        contestant.device.write(at, block, WriteMode.CACHED);
                    }
                } else if (!contestant.device.tryRead(at, block)) {
                    contestant.device.read(at, block);
                }
                done++;
            }
        }
        return done * 1e9 / (end - start);
    }
}
