package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Owners of different families change one group's catalog, and none loses what another has done.
@Timeout(120)
class SharedCatalogTest {
    private static final int NODES = 3;
    private static final int ROUNDS = 12;

    @TempDir private Path parent;

    private Path data() {
        return parent.resolve("data");
    }

    /// Each node makes, renames and removes volumes of its own, all at once; then every node must see the same, and a single
    /// server as well.
    @Test
    void concurrentChangesAreAllKept() throws Exception {
        var nodes = new ArrayList<SharedNode>();
        var expected = new TreeSet<String>();
        try {
            for (int i = 0; i < NODES; i++) {
                nodes.add(new SharedNode(data(), "n" + i));
            }
            var start = new CyclicBarrier(NODES);
            try (var threads = Executors.newFixedThreadPool(NODES)) {
                var results = new ArrayList<Future<Set<String>>>();
                for (int i = 0; i < NODES; i++) {
                    SharedNode node = nodes.get(i);
                    String prefix = "v" + i + "-";
                    Callable<Set<String>> changes =
                            () -> {
                                start.await();
                                return change(node, prefix);
                            };
                    results.add(threads.submit(changes));
                }
                for (var result : results) {
                    expected.addAll(result.get());
                }
            }
            for (SharedNode node : nodes) {
                node.pool.refresh();
                assertEquals(expected, known(node));
            }
        } finally {
            for (SharedNode node : nodes) {
                node.close();
            }
        }
        try (var alone = new PoolFixture(data())) {
            var found = new TreeSet<String>();
            alone.pool().list().forEach(volume -> found.add(volume.name().toString()));
            assertEquals(expected, found);
            assertEquals(List.of(), alone.log);
        }
    }

    private static Set<String> change(SharedNode node, String prefix) throws Exception {
        var kept = new TreeSet<String>();
        for (int round = 0; round < ROUNDS; round++) {
            String name = "vg/" + prefix + round;
            node.create(name, MIB);
            node.snapshot(name, prefix + round + "s");
            if (round % 3 == 0) {
                node.pool.volumes().remove(VolumeName.parse(name), true);
            } else if (round % 3 == 1) {
                var renamed = VolumeName.parse(name + "r");
                node.pool.volumes().rename(VolumeName.parse(name), renamed);
                kept.addAll(List.of(name + "r", name + "s"));
            } else {
                kept.addAll(List.of(name, name + "s"));
            }
        }
        return kept;
    }

    private static Set<String> known(SharedNode node) {
        var found = new TreeSet<String>();
        node.pool.families().stream()
                .flatMap(FamilyRecord::volumes)
                .forEach(volume -> found.add(volume.name().toString()));
        return found;
    }

    /// All try to give the same name: one gets it.
    @Test
    void aNameIsGivenOnce() throws Exception {
        try (var a = new SharedNode(data(), "a");
                var b = new SharedNode(data(), "b");
                var threads = Executors.newFixedThreadPool(2)) {
            for (int round = 0; round < ROUNDS; round++) {
                String name = "vg/same" + round;
                var start = new CyclicBarrier(2);
                var results = new ArrayList<Future<Boolean>>();
                for (SharedNode node : List.of(a, b)) {
                    results.add(
                            threads.submit(
                                    () -> {
                                        start.await();
                                        return isCreated(node, name);
                                    }));
                }
                assertTrue(results.getFirst().get() ^ results.getLast().get(), name);
            }
            a.pool.refresh();
            assertEquals(ROUNDS, a.pool.families().size());
        }
    }

    private static boolean isCreated(SharedNode node, String name) throws Exception {
        try {
            node.create(name, MIB);
            return true;
        } catch (VolumeRefusedException e) {
            assertEquals(VolumeRefusedException.Reason.EXISTS, e.reason());
            return false;
        }
    }

    /// One node's power fails before step 1, 2, 3, … of a change, while another has changed the catalog just before and does so
    /// after. Then the first node's family is taken over.
    @Test
    void aCrashWithinAChangeCostsNobodyElse() throws Exception {
        for (int seed = 1; seed <= 2; seed++) {
            int cut = 1;
            while (isCut(seed, cut)) {
                cut++;
            }
            assertTrue(cut > 10, "only " + cut + " steps");
        }
    }

    private boolean isCut(int seed, int cut) throws Exception {
        String run = "seed " + seed + ", cut before step " + cut;
        Path data = parent.resolve(run);
        UUID family;
        try (var first = new SharedNode(data, "first")) {
            Volume base = first.create("vg/base", MIB);
            PoolFixture.fill(base, 0, MIB, 1);
            family = base.uuid();
        }
        Path graveyard = Files.createDirectory(parent.resolve("graveyard " + run));
        var files = new PowerCutFiles(graveyard, cut);
        boolean done = false;
        try (var other = new SharedNode(data, "other")) {
            other.create("vg/before", MIB);
            var crashing = new SharedNode(data, "crashing", files, DeviceOpener.FILES);
            try {
                crashing.take(family);
                crashing.snapshot("vg/base", "snap");
                done = true;
            } catch (PowerCutFiles.PowerCut _) {
                // as planned
            }
            closeAfterCut(crashing);
            files.loseUnsynced(new Random(seed));
            other.create("vg/after", MIB);
            other.pool.refresh();
            assertTrue(other.take(family).number() >= (done ? 3 : 2), run);
            PoolFixture.assertHolds(other.get("vg/base"), 0, MIB, 1);
            List<String> names = other.names();
            assertTrue(names.containsAll(List.of("vg/base", "vg/before", "vg/after")), run + names);
            assertTrue(!done || names.contains("vg/snap"), run + names);
            if (names.contains("vg/snap")) {
                PoolFixture.assertHolds(other.get("vg/snap"), 0, MIB, 1);
            }
            assertFalse(
                    Files.exists(data.resolve("vg").resolve(CatalogFile.NEXT)), run + " leftover");
        }
        return !files.survived();
    }

    /// A change fails at step 1, 2, 3, …, perhaps after it was visible to others. The owner's next change takes it back.
    @Test
    void aFailedChangeIsTakenBack() throws Exception {
        boolean failed = true;
        for (int fault = 1; failed; fault++) {
            Path data = parent.resolve("fault " + fault);
            Path graveyard = Files.createDirectory(parent.resolve("graves " + fault));
            var files = new PowerCutFiles(graveyard, fault);
            files.repair();
            try (var owner = new SharedNode(data, "owner", files, DeviceOpener.FILES);
                    var other = new SharedNode(data, "other")) {
                owner.create("vg/base", MIB);
                files.breakAgain();
                failed = isRefused(owner);
                files.repair();
                owner.create("vg/next", MIB);
                other.pool.refresh();
                assertEquals(
                        failed
                                ? Set.of("vg/base", "vg/next")
                                : Set.of("vg/base", "vg/next", "vg/snap"),
                        known(other),
                        "fault at step " + fault);
            }
            assertTrue(failed || fault > 8, "only " + fault + " steps");
        }
    }

    private static boolean isRefused(SharedNode node) throws Exception {
        try {
            node.snapshot("vg/base", "snap");
            return false;
        } catch (PowerCutFiles.PowerCut _) {
            return true;
        }
    }

    private static void closeAfterCut(SharedNode node) {
        try {
            node.close();
        } catch (IOException _) {
            // the power is off
        }
    }

    /// A node that keeps the catalog's lock does so for all: the others are told by whom.
    @Test
    void whoKeepsTheCatalogIsNamed() throws Exception {
        Path group = Files.createDirectories(data().resolve("vg"));
        try (var _ = CatalogLock.of(group, "node a, process 7").take()) {
            var mode = io.cowherd.mapping.device.LockFile.Mode.EXCLUSIVE;
            var refused =
                    assertThrows(
                            io.cowherd.mapping.device.FileInUseException.class,
                            () ->
                                    io.cowherd.mapping.device.LockFile.lock(
                                            group.resolve(CatalogLock.NAME), mode, "b"));
            assertEquals("node a, process 7", refused.holder());
        }
    }
}
