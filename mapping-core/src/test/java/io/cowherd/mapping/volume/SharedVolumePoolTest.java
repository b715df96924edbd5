package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.KIB;
import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceRemovedException;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// Several nodes over one directory: each family is open once, moves whole, and nothing is written by who has lost it (I6).
@Timeout(120)
class SharedVolumePoolTest {
    private static final Reservations RESERVED =
            new Reservations(
                    3,
                    true,
                    List.of(new Registration(new NexusName("iqn.host,i,0x0000a1b2c3d4", 1), 77)),
                    null);

    @TempDir private Path parent;

    private Path data() {
        return parent.resolve("data");
    }

    private SharedNode node(String name) throws IOException {
        return new SharedNode(data(), name);
    }

    /// `vg/base`, half overwritten since the snapshot `vg/snap`, and reserved.
    private static UUID family(SharedNode node) throws Exception {
        Volume base = node.create("vg/base", 4 * MIB);
        fill(base, 0, 4 * MIB, 1);
        Volume snap = node.snapshot("vg/base", "snap");
        fill(base, 0, 2 * MIB, 2);
        fill(snap, MIB, 64 * KIB, 5);
        base.reservations().replace(Reservations.NONE, RESERVED);
        return base.uuid();
    }

    private static void assertWhole(SharedNode node) throws Exception {
        assertHolds(node.get("vg/base"), 0, 2 * MIB, 2);
        assertHolds(node.get("vg/base"), 2 * MIB, 2 * MIB, 1);
        assertHolds(node.get("vg/snap"), 0, MIB, 1);
        assertHolds(node.get("vg/snap"), MIB, 64 * KIB, 5);
        assertHolds(node.get("vg/snap"), MIB + 64 * KIB, MIB, 1);
        assertEquals(RESERVED, node.get("vg/base").reservations().present());
    }

    @Test
    void aFamilyMovesWhole() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            UUID family = family(a);
            b.pool.refresh();
            assertEquals(List.of("appeared vg/base"), b.heard);
            assertEquals(List.of(), b.names());
            assertEquals(
                    List.of("vg/base 0 4194304", "vg/snap 1 4194304"),
                    b.pool.families()
                            .getFirst()
                            .volumes()
                            .map(v -> v.name() + " " + v.number() + " " + v.sizeBytes())
                            .toList());
            var refused = assertThrows(FamilyInUseException.class, () -> b.pool.lock(family));
            assertTrue(refused.holder().startsWith("node a, process"), refused.holder());
            assertEquals(new FamilyEpoch(1, "a"), b.pool.readEpoch(family));

            a.heard.clear();
            a.give(family);
            assertEquals(List.of("removing vg/snap", "removing vg/base"), a.heard);
            b.heard.clear();
            assertEquals(new FamilyEpoch(2, "b"), b.take(family));
            assertEquals(List.of("created vg/base", "created vg/snap"), b.heard);
            assertWhole(b);
            assertEquals(List.of(), a.names());
            fill(b.get("vg/base"), 3 * MIB, MIB, 3);
            b.give(family);
            assertEquals(3, a.take(family).number());
            assertHolds(a.get("vg/base"), 3 * MIB, MIB, 3);
            assertHolds(a.get("vg/snap"), 3 * MIB, MIB, 1);
        }
    }

    @Test
    void changesOfWhatIsElsewhereAreRefused() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            family(a);
            b.pool.refresh();
            var base = VolumeName.parse("vg/base");
            List<Executable> changes =
                    List.of(
                            () -> b.get("vg/snap"),
                            () -> b.snapshot("vg/base", "other"),
                            () -> b.pool.volumes().remove(base, true),
                            () -> b.pool.volumes().extend(VolumeName.parse("vg/snap"), 8 * MIB),
                            () -> b.pool.volumes().rename(base, VolumeName.parse("vg/new")));
            for (Executable change : changes) {
                assertEquals(
                        Reason.ELSEWHERE,
                        assertThrows(VolumeRefusedException.class, change).reason());
            }
            assertEquals(
                    Reason.EXISTS,
                    assertThrows(VolumeRefusedException.class, () -> b.create("vg/snap", MIB))
                            .reason());
        }
    }

    /// Also of what this node has not heard of yet.
    @Test
    void aNameThatAnotherNodeHasGivenIsTaken() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            a.create("vg/first", MIB);
            b.create("vg/second", MIB); // a has not looked since
            var refused =
                    assertThrows(VolumeRefusedException.class, () -> a.create("vg/second", MIB));
            assertEquals(Reason.EXISTS, refused.reason());
            a.pool.refresh();
            assertEquals(2, a.pool.families().size());
            assertNoStrangerIsLeft(a);
        }
    }

    /// Every folder is a family's.
    private void assertNoStrangerIsLeft(SharedNode node) throws IOException {
        try (var paths = Files.list(data().resolve("vg"))) {
            assertEquals(
                    node.pool.families().stream().map(f -> f.uuid().toString()).sorted().toList(),
                    paths.filter(Files::isDirectory)
                            .map(path -> path.getFileName().toString())
                            .sorted()
                            .toList());
        }
    }

    @Test
    void whatOthersChangeIsHeard() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            a.create("vg/base", MIB);
            b.pool.refresh();
            b.heard.clear();
            a.snapshot("vg/base", "snap");
            b.pool.refresh();
            a.pool.volumes().rename(VolumeName.parse("vg/base"), VolumeName.parse("vg/old"));
            b.pool.refresh();
            a.pool.volumes().remove(VolumeName.parse("vg/old"), true);
            b.pool.refresh();
            b.pool.refresh();
            assertEquals(
                    List.of(
                            "changed vg/base [base, snap]",
                            "changed vg/old [old, snap]",
                            "vanished vg/old"),
                    b.heard);
            assertNoStrangerIsLeft(b);
        }
    }

    /// Whether or not it has looked since.
    @Test
    void whoOpensAFamilyFindsWhatItsOwnerHasMadeOfIt() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            UUID family = a.create("vg/base", MIB).uuid();
            b.pool.refresh();
            a.snapshot("vg/base", "snap");
            a.give(family);
            b.take(family);
            assertEquals(List.of("vg/base", "vg/snap"), b.names());
        }
    }

    // --- the fence

    @Test
    void nothingIsWrittenOnceTheFenceHasFallen() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            UUID family = family(a);
            Volume base = a.get("vg/base");
            Volume snap = a.get("vg/snap");
            a.stands = false;
            Map<String, String> before = content();
            assertFenced(() -> fill(base, 2 * MIB, 4096, 9));
            a.stands = true; // it stays fallen
            assertFenced(() -> fill(base, 2 * MIB, 4096, 9));
            assertFenced(() -> fill(snap, 2 * MIB, 4096, 9));
            assertFenced(() -> fill(snap, 0, 4096, 9));
            assertFenced(base.device()::flush);
            assertFenced(() -> base.device().read(0, ByteBuffer.allocate(512)));
            assertFenced(() -> base.device().writeZeroes(0, 4096, WriteMode.CACHED));
            assertFenced(() -> base.reservations().replace(RESERVED, Reservations.NONE));
            assertFenced(() -> base.erasing(true));
            assertFenced(() -> a.snapshot("vg/base", "new"));
            assertFenced(() -> a.pool.volumes().extend(snap.name(), 8 * MIB));
            assertFenced(() -> a.pool.volumes().rename(snap.name(), VolumeName.parse("vg/new")));
            assertFenced(() -> a.pool.volumes().remove(snap.name(), false));
            assertFenced(() -> a.pool.volumes().remove(base.name(), true));
            a.pool.abandon(family);
            assertEquals(before, content());
            assertThrows(DeviceRemovedException.class, base.device()::flush);
            assertFalse(snap.invalid());
            assertThrows(FamilyInUseException.class, () -> b.pool.lock(family));
            a.pool.unlock(family);
            b.take(family);
            assertWhole(b);
        }
    }

    private static void assertFenced(Executable request) {
        var failure = assertThrows(IOException.class, request);
        assertTrue(FencedException.behind(failure) != null, () -> "not fenced: " + failure);
    }

    /// Every file's name and content.
    private Map<String, String> content() throws IOException {
        var found = new TreeMap<String, String>();
        try (var paths = Files.walk(data())) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(path);
                found.put(
                        data().relativize(path).toString(),
                        bytes.length + " " + java.util.Arrays.hashCode(bytes));
            }
        }
        return found;
    }

    /// Also if the fence that was given stands.
    @Test
    void abandonDoesNotEvenFlush() throws Exception {
        var changes = new CopyOnWriteArrayList<DeviceOperation>();
        DeviceOpener watched =
                path -> {
                    var opened = DeviceOpener.FILES.open(path);
                    return new DeviceOpener.Opened(
                            opened.file(),
                            new WrappedDevice(opened.device()) {
                                @Override
                                protected void before(DeviceOperation operation) {
                                    if (operation.kind() != DeviceOperation.Kind.READ) {
                                        changes.add(operation);
                                    }
                                }
                            });
                };
        try (var a = new SharedNode(data(), "a", DurableFiles.LOCAL, watched)) {
            UUID family = family(a);
            assertFalse(changes.isEmpty());
            changes.clear();
            a.pool.abandon(family);
            assertEquals(List.of(), changes);
        }
    }

    /// A family that was never opened, or is not any more, is abandoned all the same.
    @Test
    void abandonIsHarmless() throws Exception {
        try (var a = node("a")) {
            UUID family = family(a);
            a.pool.abandon(new UUID(1, 2));
            a.pool.close(family);
            a.pool.close(family);
            a.pool.abandon(family);
            a.pool.unlock(family);
            a.pool.unlock(family);
            a.pool.lock(family);
            a.pool.abandon(family);
            a.pool.unlock(family);
            a.take(family);
            assertWhole(a);
        }
    }

    @Test
    void theStepsHaveTheirOrder() throws Exception {
        try (var a = node("a")) {
            UUID family = family(a);
            assertThrows(IllegalStateException.class, () -> a.pool.unlock(family));
            assertThrows(IllegalStateException.class, () -> a.pool.open(family, a::check));
            a.give(family);
            assertThrows(IllegalStateException.class, () -> a.pool.raiseEpoch(family));
            assertThrows(IllegalStateException.class, () -> a.pool.open(family, a::check));
            a.pool.lock(family);
            assertThrows(IllegalStateException.class, () -> a.pool.open(family, a::check));
        }
    }

    /// A process that is ending frees its files one after the other: an origin that is still in use is not broken.
    @Test
    void aFileThatIsNotFreeYetIsWaitedFor() throws Exception {
        try (var a = node("a")) {
            UUID family = family(a);
            a.give(family);
            Path file = data().resolve("vg").resolve(family.toString()).resolve("origin.img");
            a.pool.lock(family);
            a.pool.raiseEpoch(family);
            try (var _ = DeviceOpener.FILES.open(file).file()) {
                assertThrows(
                        io.cowherd.mapping.device.FileInUseException.class,
                        () -> a.pool.open(family, a::check));
            }
            a.pool.open(family, a::check);
            assertWhole(a);
        }
    }

    // --- leftovers

    /// What another node is making right now looks like what a crash has left.
    @Test
    void whatOthersAreMakingIsLeftAlone() throws Exception {
        try (var a = node("a")) {
            UUID family = family(a);
            Path folder = data().resolve("vg").resolve(family.toString());
            Path making = Files.write(folder.resolve(new UUID(3, 4) + ".cow.new"), new byte[512]);
            Path stranger =
                    Files.createDirectory(data().resolve("vg").resolve("" + new UUID(5, 6)));
            Path made = Files.write(stranger.resolve("origin.img.new"), new byte[512]);
            Path next = Files.write(data().resolve("vg").resolve("catalog.new"), new byte[9]);
            FamilyHold maker = FamilyHold.lock(stranger, new UUID(5, 6), "c", DurableFiles.LOCAL);
            try (var b = node("b")) {
                assertTrue(Files.exists(making) && Files.exists(made));
                assertFalse(Files.exists(next), "nobody holds the catalog's lock");
                maker.end();
                try (var c = node("c")) {
                    assertFalse(Files.exists(stranger), "nobody makes it any more");
                    assertTrue(Files.exists(making));
                    a.give(family);
                    c.take(family);
                    assertFalse(Files.exists(making), "it is c's to clean up");
                    assertWhole(c);
                }
                assertEquals(List.of(), b.names());
            }
        }
    }

    @Test
    void aTransientSnapshotEndsWithItsOwner() throws Exception {
        try (var a = node("a");
                var b = node("b")) {
            UUID family = family(a);
            a.pool.volumes()
                    .snapshot(
                            VolumeName.parse("vg/base"),
                            "passing",
                            new SnapshotRequest(
                                    4 * MIB, 4096, SnapshotRequest.StoreKind.N, false, null));
            a.give(family);
            b.take(family);
            assertEquals(List.of("vg/base", "vg/snap"), b.names());
            assertWhole(b);
        }
    }

    @Test
    void aSingleServerTakesTheDirectoryOverOnceTheNodesAreGone() throws Exception {
        try (var a = node("a")) {
            family(a);
            assertThrows(DataDirectoryInUseException.class, () -> new PoolFixture(data()));
        }
        try (var alone = new PoolFixture(data())) {
            assertThrows(DataDirectoryInUseException.class, () -> node("a"));
            fill(alone.get("vg/base"), 0, MIB, 2);
            alone.pool().remove(VolumeName.parse("vg/base"), true);
        }
        try (var a = node("a")) {
            assertEquals(List.of(), a.pool.families());
            assertNoStrangerIsLeft(a);
        }
    }
}
