package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// 512n, 512e and 4Kn volumes; and the mark of an erasure, which is kept beside them.
class BlockSizeTest {
    private static final VolumeName BASE = new VolumeName("vg", "base");
    private static final BlockSize LARGE = new BlockSize(4096, 0);

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

    private static String refusal(Executable action) {
        return String.valueOf(assertThrows(VolumeRefusedException.class, action).getMessage());
    }

    private void assertBlocks(String volume, int logical, int physical) throws Exception {
        Volume found = fixture.get(volume);
        assertEquals(logical, found.blockSizeBytes(), volume);
        assertEquals(logical, found.device().logicalBlockBytes(), volume);
        assertEquals(physical, found.physicalBlockSizeBytes(), volume);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 512, 512",
        "512, 0, 512, 512",
        "0, 4096, 512, 4096",
        "512, 4096, 512, 4096",
        "4096, 0, 4096, 4096",
        "4096, 4096, 4096, 4096"
    })
    void blocksStayAndSnapshotsInheritThem(int logical, int physical, int seen, int told)
            throws Exception {
        Volume base = fixture.pool().create(BASE, 4 * MIB, new BlockSize(logical, physical));
        fill(base, 0, MIB, 1);
        fixture.snapshot("vg/base", "snap", 0, 4096);
        fill(base, 0, MIB, 2);
        for (int start = 0; start < 2; start++) {
            assertBlocks("vg/base", seen, told);
            assertBlocks("vg/snap", seen, told);
            assertHolds(fixture.get("vg/snap"), 0, MIB, 1);
            fixture.restart();
        }
        assertEquals(List.of(), fixture.log);
    }

    @ParameterizedTest
    @CsvSource({"1024, 0", "0, 1024", "4096, 512", "-1, 0", "512, 8192"})
    void otherBlocksAreRefused(int logical, int physical) {
        var blocks = new BlockSize(logical, physical);
        assertTrue(
                refusal(() -> fixture.pool().create(BASE, MIB, blocks)).contains("locks of"),
                blocks::toString);
    }

    @Test
    void aFileIsAdoptedIfItHasWholeBlocks() throws Exception {
        Path odd = directory.resolve("odd.img");
        Files.write(odd, new byte[9 * 512]);
        String why = refusal(() -> fixture.pool().adopt(BASE, odd, LARGE));
        assertTrue(why.contains("4608 bytes, which are not whole blocks of 4096"), why);
        Path disk = directory.resolve("disk.img");
        Files.write(disk, new byte[1 << 20]);
        fixture.pool().adopt(BASE, disk, LARGE);
        assertBlocks("vg/base", 4096, 4096);
    }

    @Test
    void aStoreOfSmallerChunksIsRefused() throws Exception {
        var small = new VolumeName("vg", "small");
        fixture.pool().create(small, 4 * MIB);
        fixture.pool().create(BASE, 4 * MIB, LARGE);
        Path cow = directory.resolve("store.cow");
        byte[] header = new byte[1 << 20];
        header[0] = 'S';
        header[1] = 'n';
        header[2] = 'A';
        header[3] = 'p';
        header[4] = 1; // valid
        header[8] = 1; // version
        header[12] = 4; // chunks of 2 KiB
        Files.write(cow, header);
        var request = new SnapshotRequest(0, 4096, StoreKind.P, false, cow);
        String why = refusal(() -> fixture.pool().snapshot(BASE, "snap", request));
        assertTrue(why.contains("2048 bytes are smaller than the origin's blocks of 4096"), why);
        assertEquals(1L << 20, Files.size(cow));
        fixture.pool().snapshot(small, "snap", request);
    }

    @Test
    void anErasureIsRememberedUntilItHasEnded() throws Exception {
        fixture.create("vg/base", 4 * MIB);
        Volume snap = fixture.snapshot("vg/base", "snap", 0, 4096);
        assertFalse(snap.erasing());
        snap.erasing(true);
        snap.erasing(true);
        fixture.restart();
        assertTrue(fixture.get("vg/snap").erasing());
        assertFalse(fixture.get("vg/base").erasing());
        fixture.get("vg/snap").erasing(false);
        fixture.get("vg/snap").erasing(false);
        fixture.restart();
        assertFalse(fixture.get("vg/snap").erasing());
        fixture.get("vg/base").erasing(true);
        fixture.pool().remove(BASE, true);
        try (var folders = Files.walk(fixture.data.resolve("vg"))) {
            assertEquals(
                    List.of(),
                    folders.filter(path -> path.toString().endsWith(".erasing")).toList());
        }
    }
}
