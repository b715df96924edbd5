package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumePool;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// EXTENDED COPY and SANITIZE between an origin and its snapshots: no byte is shared wrongly.
@Timeout(120)
final class FamilyCopyTest {
    private static final int BLOCK = 512;
    private static final int SIZE = 4 << 20;
    private static final int BLOCKS = SIZE / BLOCK;
    private static final int ROUNDS = Integer.getInteger("cowherd.race.rounds", 1);

    @TempDir private Path data;

    private final Random random = new Random(Long.getLong("cowherd.seed", 29));
    private final List<Volume> volumes = new ArrayList<>();
    private final List<byte[]> model = new ArrayList<>();

    /// Method: random writes, copies and erasures on an origin and two snapshots, taken at different times, against arrays.
    @Test
    void everyVolumeIsAsTheModelSays() throws Exception {
        try (VolumePool pool =
                        VolumePool.open(
                                data, _ -> {}, () -> Instant.parse("2026-11-01T00:00:00Z"));
                TestTarget target = new TestTarget()) {
            var base = new VolumeName("vg", "base");
            add(target, pool.create(base, SIZE), new byte[SIZE]);
            TestHost host = TestHost.ready(target.device, "iqn.a");
            steps(host, 30);
            add(target, pool.snapshot(base, "one", SnapshotRequest.fork()), model.getFirst());
            steps(host, 60);
            add(target, pool.snapshot(base, "two", SnapshotRequest.fork()), model.getFirst());
            for (int round = 0; round < 4 * ROUNDS; round++) {
                steps(host, 40);
                check();
            }
            host.close();
        }
    }

    private void add(TestTarget target, Volume volume, byte[] content) {
        int lun = volumes.size();
        target.device.addLun(
                lun, TestTarget.unit(volume.device(), volume.uuid(), TestTarget.READ_WRITE));
        volumes.add(volume);
        model.add(content.clone());
    }

    private void steps(TestHost host, int count) {
        host.turn(); // new LUNs are told of
        while (host.send("00 00 00 00 00 00").status() != 0) {}
        for (int i = 0; i < count; i++) {
            int kind = random.nextInt(40);
            if (kind == 0) {
                erase(host);
            } else if (kind < 12) {
                write(host);
            } else {
                copy(host);
            }
        }
    }

    /// Of LUN 0, to which the host speaks: what the snapshots need is kept for them.
    private void erase(TestHost host) {
        host.send("48 02 00 00 00 00 00 00 00 00").good();
        model.set(0, new byte[SIZE]);
    }

    private void write(TestHost host) {
        int blocks = 1 + random.nextInt(256);
        int lba = random.nextInt(BLOCKS - blocks);
        byte[] bytes = new byte[blocks * BLOCK];
        random.nextBytes(bytes);
        host.send("2A 00 %08X 00 %04X 00".formatted(lba, blocks), bytes).good();
        System.arraycopy(bytes, 0, model.getFirst(), lba * BLOCK, bytes.length);
    }

    private void copy(TestHost host) {
        int source = random.nextInt(volumes.size());
        int destination = random.nextInt(volumes.size());
        int blocks = 1 + random.nextInt(random.nextInt(4000) + 1);
        int from = random.nextInt(BLOCKS - blocks);
        int to = random.nextInt(4) == 0 ? from : random.nextInt(BLOCKS - blocks);
        CopyOrder.unnamed()
                .target(volumes.get(source).uuid())
                .target(volumes.get(destination).uuid())
                .segment(0, from, 1, to, blocks)
                .sendTo(host)
                .good();
        System.arraycopy(
                model.get(source),
                from * BLOCK,
                model.get(destination),
                to * BLOCK,
                blocks * BLOCK);
    }

    private void check() throws Exception {
        for (int lun = 0; lun < volumes.size(); lun++) {
            var content = java.nio.ByteBuffer.allocate(SIZE);
            volumes.get(lun).device().read(0, content);
            assertArrayEquals(
                    model.get(lun),
                    content.array(),
                    "LUN " + lun + ", seed " + Long.getLong("cowherd.seed", 29));
        }
    }
}
