package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** A crash at any step of any change leaves it done or not done; a fault leaves it not done and nothing suspended.
///
/// **Method.** For each change: stop the files before step 1, 2, 3, … until the change gets through. Then either play a power cut,
/// losing by a seeded coin what was not made durable, and open the directory again; or play a full disk that has been cleared, go
/// on with the living pool, and repeat the change.
@Timeout(120)
class VolumePoolPowerCutTest {
    private static final int SEEDS = 2;
    private static final String UUID_DIRECTORY = "[0-9a-f]{8}-[0-9a-f-]{27}";

    /// A change of a pool that holds `vg/base` (4 MiB of pattern 1) with the snapshot `vg/old` (of pattern 1, base then
    /// overwritten by pattern 2 in its first MiB).
    private interface Change {
        void make(VolumePool pool) throws Exception;
    }

    @TempDir private Path directory;

    private int runs;

    @Test
    void create() throws Exception {
        everywhere(
                pool -> pool.create(VolumeName.parse("vg/new"), MIB),
                List.of("vg/base vg/old", "vg/base vg/old vg/new"));
    }

    @Test
    void createInANewGroup() throws Exception {
        everywhere(
                pool -> pool.create(VolumeName.parse("group/new"), MIB),
                List.of("vg/base vg/old", "group/new vg/base vg/old"));
    }

    @Test
    void snapshot() throws Exception {
        everywhere(
                pool ->
                        pool.snapshot(
                                VolumeName.parse("vg/base"),
                                "new",
                                PoolFixture.request(4 * MIB, 4096)),
                List.of("vg/base vg/old", "vg/base vg/old vg/new"));
    }

    @Test
    void removeASnapshot() throws Exception {
        everywhere(
                pool -> pool.remove(VolumeName.parse("vg/old"), false),
                List.of("vg/base vg/old", "vg/base"));
    }

    @Test
    void removeAnOrigin() throws Exception {
        everywhere(
                pool -> pool.remove(VolumeName.parse("vg/base"), true),
                List.of("vg/base vg/old", ""));
    }

    @Test
    void rename() throws Exception {
        everywhere(
                pool -> pool.rename(VolumeName.parse("vg/old"), VolumeName.parse("vg/older")),
                List.of("vg/base vg/old", "vg/base vg/older"));
    }

    @Test
    void extend() throws Exception {
        everywhere(
                pool -> pool.extend(VolumeName.parse("vg/old"), 8 * MIB),
                List.of("vg/base vg/old"));
    }

    @Test
    void transientSnapshotsGoAtOpen() throws Exception {
        for (int cut = 1; ; cut++) {
            Path data = prepared();
            try (var fixture = new PoolFixture(data)) {
                fixture.pool()
                        .snapshot(
                                VolumeName.parse("vg/base"),
                                "transient",
                                new SnapshotRequest(4 * MIB, 4096, StoreKind.N, false, null));
            }
            var files = new PowerCutFiles(graveyard(), cut);
            try (var fixture = new PoolFixture(data, files, DeviceOpener.FILES)) {
                boolean cutShort = !fixture.pool().brokenGroups().isEmpty();
                assertEquals(cutShort ? 0 : 2, fixture.pool().list().size());
            }
            files.loseUnsynced(new Random(cut));
            assertWholeAfterRestart(data, List.of("vg/base vg/old"), "cut " + cut);
            if (files.survived()) {
                return;
            }
        }
    }

    private void everywhere(Change change, List<String> outcomes) throws Exception {
        for (int seed = 1; seed <= SEEDS; seed++) {
            int cut = 1;
            while (powerCut(change, cut, new Random(seed), outcomes)) {
                cut++;
            }
            assertTrue(cut > 3, "only " + cut + " steps");
        }
        int fault = 1;
        while (faultIsUndone(change, fault, outcomes)) {
            fault++;
        }
    }

    /// @return true if there was a step to cut at
    private boolean powerCut(Change change, int cut, Random random, List<String> outcomes)
            throws Exception {
        Path data = prepared();
        var files = new PowerCutFiles(graveyard(), cut);
        boolean done = false;
        try (var fixture = new PoolFixture(data, files, DeviceOpener.FILES)) {
            change.make(fixture.pool());
            done = true;
        } catch (PowerCutFiles.PowerCut _) {
            // as planned
        }
        files.loseUnsynced(random);
        List<String> allowed = done ? List.of(outcomes.getLast()) : outcomes;
        assertWholeAfterRestart(data, allowed, "cut before step " + cut);
        return !files.survived();
    }

    /// @return true if there was a step to fail at
    private boolean faultIsUndone(Change change, int fault, List<String> outcomes)
            throws Exception {
        Path data = prepared();
        var files = new PowerCutFiles(graveyard(), fault);
        String run = "fault at step " + fault;
        try (var fixture = new PoolFixture(data, files, DeviceOpener.FILES)) {
            List<String> table = fixture.pool().table();
            try {
                change.make(fixture.pool());
            } catch (PowerCutFiles.PowerCut _) {
                files.repair();
                if (names(fixture.pool()).equals(outcomes.getFirst())) {
                    assertEquals(table, fixture.pool().table(), run);
                    assertDataIsWhole(fixture, run);
                }
            }
        }
        assertWholeAfterRestart(data, outcomes, run);
        return !files.survived();
    }

    private static void assertWholeAfterRestart(Path data, List<String> outcomes, String run)
            throws Exception {
        try (var fixture = new PoolFixture(data)) {
            String found = names(fixture.pool());
            assertTrue(outcomes.contains(found), run + ": " + found);
            assertDataIsWhole(fixture, run);
            assertNothingIsLeftOver(fixture, run);
        }
    }

    private static void assertDataIsWhole(PoolFixture fixture, String run) throws Exception {
        for (Volume volume : fixture.pool().list()) {
            assertEquals('a', volume.attributes().charAt(4), run + ": " + volume.attributes());
            switch (volume.name().volume()) {
                case "base", "new" -> {
                    int pattern =
                            volume.name().volume().equals("new") && volume.origin() == null ? 0 : 2;
                    if (pattern != 0) {
                        assertHolds(volume, 0, MIB, pattern);
                        assertHolds(volume, MIB, 3 * MIB, 1);
                    }
                    fill(volume, 3 * MIB, 4096, 1);
                }
                default -> assertHolds(volume, 0, 4 * MIB, 1);
            }
        }
    }

    /// Every file that is there is one that the tables use.
    private static void assertNothingIsLeftOver(PoolFixture fixture, String run)
            throws IOException {
        var expected = new TreeSet<String>();
        for (Volume volume : fixture.pool().list()) {
            Volume origin = volume.origin();
            expected.add(
                    origin == null
                            ? volume.uuid() + "/origin.img"
                            : origin.uuid() + "/" + volume.uuid() + ".cow");
        }
        var found = new TreeSet<String>();
        try (var paths = Files.walk(fixture.data)) {
            for (Path path : paths.toList()) {
                String name = path.getFileName().toString();
                if (Files.isRegularFile(path)
                        && !name.equals("lock")
                        && !name.equals("catalog")
                        && !name.equals("catalog.old")
                        && !name.equals("catalog.reserve")) {
                    int names = path.getNameCount();
                    found.add(path.subpath(names - 2, names).toString());
                } else if (name.matches(UUID_DIRECTORY)) {
                    String family = name + "/";
                    assertTrue(expected.stream().anyMatch(file -> file.startsWith(family)), run);
                }
            }
        }
        assertEquals(expected, found, run);
    }

    private static String names(VolumePool pool) {
        var names = new ArrayList<String>();
        pool.list().forEach(volume -> names.add(volume.name().toString()));
        return String.join(" ", names);
    }

    private Path prepared() throws Exception {
        Path data = directory.resolve("run" + runs++);
        try (var fixture = new PoolFixture(data)) {
            Volume base = fixture.create("vg/base", 4 * MIB);
            fill(base, 0, 4 * MIB, 1);
            fixture.snapshot("vg/base", "old", 4 * MIB, 4096);
            fill(base, 0, MIB, 2);
        }
        return data;
    }

    private Path graveyard() throws IOException {
        return Files.createDirectory(directory.resolve("graveyard" + runs++));
    }
}
