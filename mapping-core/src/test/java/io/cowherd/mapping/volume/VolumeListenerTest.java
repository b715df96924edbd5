package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What listeners hear, and when: after it is durable and served; before it is taken away.
class VolumeListenerTest {
    @TempDir private Path directory;

    private final List<String> heard = new ArrayList<>();

    private final VolumeListener listener =
            new VolumeListener() {
                @Override
                public void created(Volume volume) {
                    hear("created", volume);
                }

                @Override
                public void removing(Volume volume) {
                    hear("removing", volume);
                }

                @Override
                public void renamed(Volume volume, VolumeName before) {
                    hear("renamed from " + before, volume);
                }

                @Override
                public void extended(Volume snapshot) {
                    hear("extended", snapshot);
                }

                @Override
                public void failed(Volume volume, String why) {
                    heard.add("failed " + volume.name() + ": " + why);
                }

                // The device serves at that moment.
                private void hear(String what, Volume volume) {
                    try {
                        assertHolds(volume, 3 * MIB, 512, 1);
                    } catch (IOException | AssertionError _) {
                        heard.add("device of " + volume.name() + " is not there");
                    }
                    heard.add(what + " " + volume.name());
                }
            };

    @Test
    void everythingIsHeardInOrder() throws Exception {
        Path disk = Files.write(directory.resolve("disk"), pattern());
        try (var fixture = new PoolFixture(directory.resolve("data"))) {
            fixture.pool().addListener(listener);
            Volume base = fixture.pool().adopt(new VolumeName("vg", "base"), disk);
            Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 512 << 10);
            fixture.pool().extend(snap.name(), 8 * MIB);
            fixture.pool().rename(snap.name(), new VolumeName("vg", "other"));
            fixture.pool().remove(base.name(), true);
        }
        assertEquals(
                List.of(
                        "created vg/base",
                        "created vg/snap",
                        "extended vg/snap",
                        "renamed from vg/snap vg/other",
                        "removing vg/other",
                        "removing vg/base"),
                heard);
    }

    @Test
    void aLostSnapshotIsHeardOnce() throws Exception {
        Path disk = Files.write(directory.resolve("disk"), pattern());
        try (var fixture = new PoolFixture(directory.resolve("data"))) {
            Volume base = fixture.pool().adopt(new VolumeName("vg", "base"), disk);
            Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 512 << 10);
            fixture.pool().addListener(listener);
            fill(base, 0, 4 * MIB, 2);
            assertEquals(
                    List.of("failed vg/snap: Invalidating snapshot: Unable to allocate exception."),
                    heard);
            assertEquals("swi-I-s---", snap.attributes());
            assertThrows(IOException.class, () -> assertHolds(snap, 0, 512, 1));
        }
    }

    @Test
    void aRemovalThatFailsIsTakenBack() throws Exception {
        Path data = directory.resolve("data");
        Path disk = Files.write(directory.resolve("disk"), pattern());
        try (var fixture = new PoolFixture(data)) {
            fixture.pool().adopt(new VolumeName("vg", "base"), disk);
        }
        var files = new PowerCutFiles(Files.createDirectory(directory.resolve("graveyard")), 1);
        try (var fixture = new PoolFixture(data, files, DeviceOpener.FILES)) {
            fixture.pool().addListener(listener);
            var base = new VolumeName("vg", "base");
            assertThrows(IOException.class, () -> fixture.pool().remove(base, false));
            assertEquals(List.of("removing vg/base", "created vg/base"), heard);
        }
    }

    private static byte[] pattern() {
        byte[] bytes = new byte[(int) (4 * MIB)];
        PoolFixture.pattern(0, bytes.length, 1).get(bytes);
        return bytes;
    }

    /// 12 MiB of store, of which 80 % are 9.6 MiB, header and records included.
    @Test
    void aStoreThatRunsFullIsHeardOfAndAgainAfterItWasExtended() throws Exception {
        try (var fixture = new PoolFixture(directory.resolve("data"))) {
            fixture.pool()
                    .addListener(
                            new VolumeListener() {
                                @Override
                                public void filling(Volume snapshot, int percent) {
                                    heard.add(snapshot.name() + " " + percent);
                                }
                            });
            Volume base = fixture.create("vg/base", 64 * MIB);
            Volume snap = fixture.snapshot("vg/base", "snap", 12 * MIB, 64 << 10);
            fill(base, 0, 9 * MIB, 1);
            assertEquals(List.of(), heard);
            fill(base, 9 * MIB, MIB, 1);
            assertEquals(List.of("vg/snap 80"), heard);
            SpaceUsage space = snap.space();
            assertEquals(10 * MIB + (128 << 10), space.usedBytes());
            assertEquals(2 * MIB - (128 << 10), space.availableBytes());
            fixture.pool().extend(snap.name(), 20 * MIB);
            fill(base, 10 * MIB, 5 * MIB, 1);
            assertEquals(List.of("vg/snap 80"), heard);
            fill(snap, 15 * MIB, 2 * MIB, 2);
            assertEquals(List.of("vg/snap 80", "vg/snap 80", "vg/snap 85"), heard);
        }
    }

    @Test
    void aStoreThatCannotOverflowSaysNothing() throws Exception {
        try (var fixture = new PoolFixture(directory.resolve("data"))) {
            fixture.pool()
                    .addListener(
                            new VolumeListener() {
                                @Override
                                public void filling(Volume snapshot, int percent) {
                                    heard.add(snapshot.name() + " " + percent);
                                }
                            });
            Volume base = fixture.create("vg/base", 64 * MIB);
            Volume snap = fixture.snapshot("vg/base", "snap", 0, 64 << 10);
            fill(base, 0, 64 * MIB, 1);
            assertEquals("94.30", snap.dataPercent());
        }
        assertEquals(List.of(), heard);
    }
}
