package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A pool in a directory of its own, which can be closed and opened again, and patterned data for its volumes.
///
/// Each sector of pattern *p* holds its own number and *p*, 32 times: never zeros, and no sector looks like another.
final class PoolFixture implements AutoCloseable {
    static final long KIB = 1 << 10;
    static final long MIB = 1 << 20;
    static final long GIB = 1 << 30;
    static final Instant START = Instant.parse("2026-11-01T12:00:00Z");

    private static final int SECTOR = BlockDevice.SECTOR_BYTES;

    final Path data;
    final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private DurableFiles files = DurableFiles.LOCAL;
    private DeviceOpener devices = DeviceOpener.FILES;
    private VolumePool pool;

    PoolFixture(Path data) throws IOException {
        this(data, DurableFiles.LOCAL, DeviceOpener.FILES);
    }

    PoolFixture(Path data, DurableFiles files, DeviceOpener devices) throws IOException {
        this.data = data;
        this.files = files;
        this.devices = devices;
        this.pool = openPool();
    }

    private VolumePool openPool() throws IOException {
        return VolumePool.open(data, log::add, () -> START, files, devices);
    }

    VolumePool pool() {
        return pool;
    }

    /// Closes the pool and opens it again.
    void restart() throws IOException {
        pool.close();
        log.clear();
        pool = openPool();
    }

    Volume create(String name, long sizeBytes) throws Exception {
        return pool.create(VolumeName.parse(name), sizeBytes);
    }

    Volume snapshot(String origin, String name, long cowSizeBytes, int chunkSizeBytes)
            throws Exception {
        return pool.snapshot(VolumeName.parse(origin), name, request(cowSizeBytes, chunkSizeBytes));
    }

    static SnapshotRequest request(long cowSizeBytes, int chunkSizeBytes) {
        return new SnapshotRequest(cowSizeBytes, chunkSizeBytes, StoreKind.P, false, null);
    }

    Volume get(String name) throws VolumeRefusedException {
        return pool.get(VolumeName.parse(name));
    }

    /// The lines of `table` or `status` without the numbers, which depend on the order of creation.
    String tableLine(String device) {
        return line(pool.table(), device);
    }

    String statusLine(String device) {
        return line(pool.status(), device);
    }

    private static String line(List<String> lines, String device) {
        return lines.stream()
                .filter(line -> line.startsWith(device + ": "))
                .map(line -> line.substring(device.length() + 2))
                .findFirst()
                .orElse("none");
    }

    List<String> deviceNames() {
        return pool.table().stream().map(line -> line.substring(0, line.indexOf(':'))).toList();
    }

    static void fill(Volume volume, long offset, long length, int pattern) throws IOException {
        int piece = (int) Math.min(length, MIB);
        for (long done = 0; done < length; done += piece) {
            var buffer = pattern(offset + done, (int) Math.min(piece, length - done), pattern);
            volume.device().write(offset + done, buffer, WriteMode.CACHED);
        }
    }

    static void assertHolds(Volume volume, long offset, long length, int pattern)
            throws IOException {
        var found = ByteBuffer.allocate((int) length);
        volume.device().read(offset, found);
        assertEquals(
                pattern(offset, (int) length, pattern),
                found.flip(),
                () -> volume.name() + " at " + offset + ", pattern " + pattern);
    }

    static ByteBuffer pattern(long offset, int length, int pattern) {
        var buffer = ByteBuffer.allocate(length);
        for (long sector = offset / SECTOR; buffer.hasRemaining(); sector++) {
            for (int i = 0; i < SECTOR / 16; i++) {
                buffer.putLong(0x5a5a_0000_0000_0000L + pattern).putLong(sector);
            }
        }
        return buffer.flip();
    }

    @Override
    public void close() throws IOException {
        pool.close();
    }
}
