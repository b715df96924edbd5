package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A data directory whose file system has not a byte left: volumes can be removed, and whatever else is refused has left
/// no trace.
class VolumePoolFullDiskTest {
    private final FullDiskFiles files = new FullDiskFiles();

    @TempDir private Path data;

    private PoolFixture open() throws Exception {
        return new PoolFixture(data, files, DeviceOpener.FILES);
    }

    private Path reserve() {
        return data.resolve("vg").resolve(CatalogFile.RESERVE);
    }

    private static List<String> names(PoolFixture fixture) {
        return fixture.pool().list().stream().map(volume -> volume.name().toString()).toList();
    }

    @Test
    void whatIsThereCanBeRemoved() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", MIB);
            fill(base, 0, MIB, 1);
            fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            fixture.snapshot("vg/base", "other", 4 * MIB, 4096);
            fixture.create("vg/more", MIB);
            files.fill();
            fixture.pool().remove(VolumeName.parse("vg/snap"), false);
            assertTrue(Files.exists(reserve()), "made again for the next");
            files.fill();
            fixture.pool().remove(VolumeName.parse("vg/more"), false);
            files.fill();
            assertHolds(base, 0, MIB, 1);
            fixture.pool().remove(VolumeName.parse("vg/base"), true);
            assertEquals(List.of(), names(fixture));
        }
        try (var fixture = open()) {
            assertEquals(List.of(), names(fixture));
        }
    }

    @Test
    void whatNeedsRoomIsRefusedWithTheCure() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", MIB);
            files.fill();
            var refused =
                    assertThrows(
                            VolumeRefusedException.class, () -> fixture.create("vg/more", MIB));
            assertEquals(Reason.EXHAUSTED, refused.reason());
            assertTrue(String.valueOf(refused.getMessage()).contains(data + "/vg/catalog"));
            assertTrue(refused.correction().contains("cowherd rm"));
            assertThrows(
                    VolumeRefusedException.class,
                    () -> fixture.snapshot("vg/base", "snap", 4 * MIB, 4096));
            assertEquals(List.of("vg/base"), names(fixture));
            files.makeRoom(MIB);
            fixture.create("vg/more", MIB);
            assertTrue(Files.exists(reserve()));
        }
        try (var fixture = open()) {
            assertEquals(List.of("vg/base", "vg/more"), names(fixture));
        }
    }

    /// Groups of earlier releases have none.
    @Test
    void theReserveComesAtOpen() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", MIB);
        }
        Files.delete(reserve());
        try (var fixture = open()) {
            assertTrue(Files.exists(reserve()));
            assertEquals(List.of("vg/base"), names(fixture));
        }
    }
}
