package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.KIB;
import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// Files that were there before become origins and COW stores, in place.
class VolumeAdoptionTest {
    private static final VolumeName OLD = new VolumeName("vg", "old");

    @TempDir private Path directory;
    private PoolFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new PoolFixture(directory.resolve("data"));
    }

    @AfterEach
    void close() throws IOException {
        fixture.close();
    }

    private Path disk(String name, long sizeBytes) throws IOException {
        var content = PoolFixture.pattern(0, (int) Math.ceilDiv(sizeBytes, 512) * 512, 1);
        byte[] bytes = new byte[(int) sizeBytes];
        content.get(bytes);
        return Files.write(directory.resolve(name), bytes);
    }

    @Test
    void anOriginIsAdoptedInPlace() throws Exception {
        Path disk = disk("disk.img", MIB + 512);
        Volume old = fixture.pool().adopt(OLD, disk);
        assertEquals(MIB + 512, old.sizeBytes());
        assertEquals("0 2049 linear 7:0 0", fixture.tableLine("vg-old"));
        assertHolds(old, 0, MIB + 512, 1);
        Volume snap = fixture.snapshot("vg/old", "snap", 0, 4096);
        fill(old, MIB, 512, 2);
        assertHolds(snap, 0, MIB + 512, 1);
        fixture.restart();
        assertHolds(fixture.get("vg/snap"), 0, MIB + 512, 1);
        fixture.pool().remove(OLD, true);
        byte[] left = Files.readAllBytes(disk);
        assertEquals(MIB + 512, left.length);
        assertArrayEquals(
                PoolFixture.pattern(MIB, 512, 2).array(),
                java.util.Arrays.copyOfRange(left, (int) MIB, left.length));
    }

    @Test
    void whatCannotBeAnOriginIsRefused() throws Exception {
        Path disk = disk("disk.img", MIB);
        Path odd = disk("odd.img", MIB + 100);
        var refused = assertRefused(Reason.INVALID, () -> fixture.pool().adopt(OLD, odd));
        assertTrue(String.valueOf(refused.getMessage()).contains("1048676 bytes"));
        assertTrue(refused.correction().contains("truncate -s 1049088"), refused.correction());
        assertRefused(Reason.NOT_FOUND, () -> fixture.pool().adopt(OLD, directory.resolve("no")));
        assertRefused(Reason.CONFLICT, () -> fixture.pool().adopt(OLD, directory));
        Path empty = Files.createFile(directory.resolve("empty"));
        assertRefused(Reason.INVALID, () -> fixture.pool().adopt(OLD, empty));
        Volume base = fixture.create("vg/base", MIB);
        Path own = fixture.data.resolve("vg").resolve(base.uuid().toString()).resolve("origin.img");
        assertRefused(Reason.CONFLICT, () -> fixture.pool().adopt(OLD, own));
        fixture.pool().adopt(OLD, disk);
        Path link = Files.createSymbolicLink(directory.resolve("link"), disk);
        var other = new VolumeName("vg", "other");
        assertRefused(Reason.CONFLICT, () -> fixture.pool().adopt(other, link));
        assertEquals(2, fixture.pool().list().size());
        fixture.restart();
        assertEquals(List.of(), fixture.log);
        assertEquals(2, fixture.pool().list().size());
    }

    private static VolumeRefusedException assertRefused(Reason reason, Executable request) {
        var refused = assertThrows(VolumeRefusedException.class, request);
        assertEquals(reason, refused.reason(), refused.getMessage());
        return refused;
    }

    private Volume withCow(Path cow, int chunk) throws Exception {
        var request = new SnapshotRequest(0, chunk, StoreKind.P, false, cow);
        return fixture.pool().snapshot(OLD, "snap", request);
    }

    @Test
    void aStoreIsMadeOnAFileOfZerosAndTakenUpAgain() throws Exception {
        Path disk = disk("disk.img", 4 * MIB);
        Path cow = Files.write(directory.resolve("store"), new byte[(int) (2 * MIB)]);
        Volume old = fixture.pool().adopt(OLD, disk);
        Volume snap = withCow(cow, 8192);
        assertEquals(2 * MIB, snap.cowSizeBytes());
        fill(old, 0, MIB, 2);
        fixture.pool().remove(snap.name(), false);
        assertTrue(Files.exists(cow));

        // the origin has not changed since: the store is as good as ever, and its header's chunk
        // size wins
        Volume again = withCow(cow, 4096);
        assertEquals(8192, again.chunkSizeBytes());
        assertTrue(fixture.tableLine("vg-snap").endsWith(" P 16"));
        assertEquals("0 8192 snapshot 2080/4096 32", fixture.statusLine("vg-snap"));
        assertHolds(again, 0, 4 * MIB, 1);
        fixture.restart();
        assertHolds(fixture.get("vg/snap"), 0, 4 * MIB, 1);
        assertEquals(List.of(), fixture.log);
    }

    @Test
    void anAdoptedStoreGrowsInItsFile() throws Exception {
        fixture.pool().adopt(OLD, disk("disk.img", 4 * MIB));
        Path cow = Files.write(directory.resolve("store"), new byte[(int) MIB]);
        Volume snap = withCow(cow, 4096);
        fixture.pool().extend(snap.name(), 4 * MIB);
        assertEquals(4 * MIB, Files.size(cow));
        assertEquals("0 8192 snapshot 16/8192 16", fixture.statusLine("vg-snap"));
    }

    @Test
    void whatCannotBeAStoreIsRefusedByName() throws Exception {
        fixture.pool().adopt(OLD, disk("disk.img", 64 * KIB));
        Path garbage = disk("garbage", MIB);
        var refused = assertRefused(Reason.INVALID, () -> withCow(garbage, 4096));
        assertTrue(String.valueOf(refused.getMessage()).contains(garbage.toString()));
        byte[] filesystem = new byte[(int) MIB];
        filesystem[1024 + 56] = 0x53; // as ext4, which leaves the first KiB to the boot loader
        Path used = Files.write(directory.resolve("used"), filesystem);
        assertRefused(Reason.INVALID, () -> withCow(used, 4096));
        Path small = Files.write(directory.resolve("small"), new byte[8192 + 512]);
        assertRefused(Reason.INVALID, () -> withCow(small, 4096));
        Path zeros = Files.write(directory.resolve("zeros"), new byte[(int) MIB]);
        assertRefused(Reason.INVALID, () -> withCow(zeros, 2048));
        Path invalid = store("invalid", 0, 1);
        assertRefused(Reason.CONFLICT, () -> withCow(invalid, 4096));
        Path beyond = store("beyond", 1, 16);
        var outside = assertRefused(Reason.INVALID, () -> withCow(beyond, 4096));
        assertFalse(String.valueOf(outside.getMessage()).isEmpty());
        byte[] before = Files.readAllBytes(beyond);
        assertEquals(1, fixture.pool().table().size());
        Path good = store("good", 1, 15);
        var transientRequest = new SnapshotRequest(0, 4096, StoreKind.N, false, good);
        assertRefused(
                Reason.CONFLICT, () -> fixture.pool().snapshot(OLD, "snap", transientRequest));
        assertArrayEquals(before, Files.readAllBytes(beyond));
        assertEquals("0 128 snapshot 24/2048 16", statusOf(withCow(good, 4096)));
    }

    private String statusOf(Volume snap) {
        return fixture.statusLine("vg-" + snap.name().volume());
    }

    /// A store of 1 MiB with chunks of 4 KiB that holds one origin chunk.
    private Path store(String name, int valid, int originChunk) throws IOException {
        var bytes = ByteBuffer.allocate((int) MIB).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, 0x70416e53).putInt(4, valid).putInt(8, 1).putInt(12, 8);
        bytes.putLong(4096, originChunk).putLong(4104, 2);
        return Files.write(directory.resolve(name), bytes.array());
    }
}
