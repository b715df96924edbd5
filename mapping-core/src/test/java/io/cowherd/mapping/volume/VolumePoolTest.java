package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.PoolFixture.GIB;
import static io.cowherd.mapping.volume.PoolFixture.KIB;
import static io.cowherd.mapping.volume.PoolFixture.MIB;
import static io.cowherd.mapping.volume.PoolFixture.assertHolds;
import static io.cowherd.mapping.volume.PoolFixture.fill;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// A volume group in daily use, as LVM2 would have it (spec 3, vectors 76 to 84).
class VolumePoolTest {
    @TempDir private Path data;
    private PoolFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new PoolFixture(data);
    }

    @AfterEach
    void close() throws IOException {
        fixture.close();
    }

    /// Vector 76.
    @Test
    void tablesAndStatusAreAsInLvm2sExample() throws Exception {
        Volume base = fixture.create("volumeGroup/base", GIB);
        assertEquals(List.of("volumeGroup-base: 0 2097152 linear 7:0 0"), fixture.pool().table());
        assertEquals("-wi-a-----", base.attributes());
        Volume snap = fixture.snapshot("volumeGroup/base", "snap", 100 * MIB, 8192);
        assertEquals(
                List.of(
                        "volumeGroup-base: 0 2097152 snapshot-origin 253:1",
                        "volumeGroup-base-real: 0 2097152 linear 7:0 0",
                        "volumeGroup-snap: 0 2097152 snapshot 253:1 253:2 P 16",
                        "volumeGroup-snap-cow: 0 204800 linear 7:1 0"),
                fixture.pool().table());
        assertEquals(
                List.of(
                        "volumeGroup-base: 0 2097152 snapshot-origin ",
                        "volumeGroup-base-real: 0 2097152 linear ",
                        "volumeGroup-snap: 0 2097152 snapshot 32/204800 32",
                        "volumeGroup-snap-cow: 0 204800 linear "),
                fixture.pool().status());
        assertEquals("owi-a-s---", base.attributes());
        assertEquals("swi-a-s---", snap.attributes());
        assertEquals("", base.dataPercent());
        assertEquals("0.00", snap.dataPercent());
        assertEquals(1, snap.number());
        assertSame(base, snap.origin());
        assertNull(base.origin());
        assertEquals(8192, snap.chunkSizeBytes());
        assertEquals(100 * MIB, snap.cowSizeBytes());
    }

    /// Vector 77.
    @Test
    void tenMibWrittenAndTheStoreExtended() throws Exception {
        Volume base = fixture.create("volumeGroup/base", GIB);
        fill(base, 0, 10 * MIB, 1);
        Volume snap = fixture.snapshot("volumeGroup/base", "snap", 100 * MIB, 8192);
        fill(base, 0, 10 * MIB, 2);
        assertEquals("0 2097152 snapshot 20544/204800 64", status("volumeGroup-snap"));
        assertEquals("10.03", snap.dataPercent());
        fixture.pool().extend(snap.name(), 120 * MIB);
        assertEquals("0 2097152 snapshot 20544/245760 64", status("volumeGroup-snap"));
        assertEquals("8.36", snap.dataPercent());
        assertEquals(120 * MIB, snap.cowSizeBytes());
        assertEquals("0 245760 linear 7:1 0", fixture.tableLine("volumeGroup-snap-cow"));
        assertHolds(snap, 10 * MIB - 64 * KIB, 64 * KIB, 1);
        assertHolds(base, 10 * MIB - 64 * KIB, 64 * KIB, 2);
    }

    /// Vector 80, without the merge.
    @Test
    void anOverrunSnapshotIsInvalidForEver() throws Exception {
        Volume base = fixture.create("volumeGroup/base", 32 * MIB);
        Volume snap = fixture.snapshot("volumeGroup/base", "snap", 8 * MIB, 4096);
        fill(base, 0, 20 * MIB, 1);
        assertInvalid(snap);
        assertHolds(base, 19 * MIB, 64 * KIB, 1);
        var refused =
                assertRefused(Reason.CONFLICT, () -> fixture.pool().extend(snap.name(), 32 * MIB));
        assertTrue(refused.correction().contains("take another"), refused.correction());
        assertEquals(8 * MIB, snap.cowSizeBytes());
        fixture.restart();
        assertInvalid(fixture.get("volumeGroup/snap"));
        assertHolds(fixture.get("volumeGroup/base"), 19 * MIB, 64 * KIB, 1);
    }

    private void assertInvalid(Volume snap) {
        assertTrue(snap.invalid());
        assertEquals("swi-I-s---", snap.attributes());
        assertEquals(VolumeState.INVALID, snap.state());
        assertEquals("Invalidating snapshot: Unable to allocate exception.", snap.stateReason());
        assertEquals("100.00", snap.dataPercent());
        assertTrue(status("volumeGroup-snap").endsWith(" snapshot Invalid"));
        assertThrows(IOException.class, () -> assertHolds(snap, 0, 4096, 1));
    }

    /// Vector 57: what an overflowed snapshot needs to be written again is more space, and a new start.
    @Test
    void anOverflowedSnapshotIsWritableOnceItIsLargerAndLoadedAgain() throws Exception {
        Volume base = fixture.create("vg/base", 16 * MIB);
        fill(base, 0, 16 * MIB, 1);
        var request = new SnapshotRequest(4 * MIB, 4096, StoreKind.PO, false, null);
        Volume snap = fixture.pool().snapshot(base.name(), "snap", request);
        assertEquals(VolumeState.ACTIVE, snap.state());
        assertThrows(IOException.class, () -> fill(snap, 0, 8 * MIB, 2));
        assertEquals(VolumeState.OVERFLOW, snap.state());
        assertTrue(snap.stateReason().contains("refuses writes"), snap.stateReason());
        assertEquals("swi-a-s---", snap.attributes(), "as lvs shows it");
        fixture.pool().extend(snap.name(), 12 * MIB);
        assertEquals(VolumeState.OVERFLOW, snap.state());
        assertThrows(IOException.class, () -> fill(snap, 12 * MIB, 4096, 3));
        fixture.restart();
        Volume again = fixture.get("vg/snap");
        assertEquals(VolumeState.ACTIVE, again.state());
        assertEquals("", again.stateReason());
        fill(again, 12 * MIB, 2 * MIB, 3);
        assertHolds(again, 12 * MIB, 2 * MIB, 3);
        assertHolds(fixture.get("vg/base"), 12 * MIB, 2 * MIB, 1);
    }

    /// Vector 81.
    @Test
    void aSnapshotOfASnapshotIsRefused() throws Exception {
        fixture.create("vg/base", 8 * MIB);
        fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
        var refused =
                assertRefused(Reason.CONFLICT, () -> fixture.snapshot("vg/snap", "s2", 0, 4096));
        assertEquals("Snapshots of snapshots are not supported.", refused.getMessage());
        assertRefused(Reason.INVALID, () -> fixture.snapshot("vg/base", "snapshot1", 0, 4096));
        assertRefused(Reason.INVALID, () -> fixture.create("vg/pvmove0", MIB));
    }

    /// Vector 83.
    @Test
    void anOriginGoesWithItsSnapshotsOrNotAtAll() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        fixture.snapshot("vg/base", "s1", 4 * MIB, 4096);
        fixture.snapshot("vg/base", "s2", 4 * MIB, 8192);
        assertRefused(Reason.CONFLICT, () -> fixture.pool().remove(base.name(), false));
        assertEquals(3, fixture.pool().list().size());
        fixture.pool().remove(base.name(), true);
        assertEquals(List.of(), fixture.pool().list());
        assertEquals(List.of(), fixture.pool().table());
        assertEquals(
                List.of("catalog", "catalog.old", "catalog.reserve"), content(data.resolve("vg")));
        fixture.restart();
        assertEquals(List.of(), fixture.pool().list());
    }

    /// Vector 84, LVM2's half, and the names.
    @Test
    void chunkSizesAndTakenNamesAreRefused() throws Exception {
        fixture.create("vg/base", 8 * MIB);
        assertRefused(Reason.INVALID, () -> fixture.snapshot("vg/base", "s", 4 * MIB, 2048));
        assertRefused(Reason.INVALID, () -> fixture.snapshot("vg/base", "s", 4 * MIB, 1 << 20));
        assertRefused(Reason.INVALID, () -> fixture.snapshot("vg/base", "s", -1, 4096));
        assertRefused(Reason.EXISTS, () -> fixture.snapshot("vg/base", "base", 0, 4096));
        assertRefused(Reason.EXISTS, () -> fixture.create("vg/base", MIB));
        assertRefused(Reason.NOT_FOUND, () -> fixture.snapshot("vg/other", "s", 0, 4096));
        assertRefused(Reason.NOT_FOUND, () -> fixture.get("other/base"));
        assertRefused(Reason.INVALID, () -> fixture.create("lock/base", MIB));
        assertEquals(1, fixture.pool().list().size());
    }

    /// A folder of such a name would be in the way of the file.
    @Test
    void namesOfFilesBesideTheGroupsAreRefused() {
        for (String group :
                List.of("lock", "token", "token.new", "access", "access.new", "secrets")) {
            var refused =
                    assertThrows(
                            VolumeRefusedException.class,
                            () -> fixture.create(group + "/base", 4 * MIB));
            assertEquals(Reason.INVALID, refused.reason());
        }
    }

    @Test
    void theLastSnapshotTakesRealAway() throws Exception {
        Volume base = fixture.create("vg-a/lv-b", 8 * MIB);
        var device = base.device();
        Volume first = fixture.snapshot("vg-a/lv-b", "s1", 4 * MIB, 4096);
        Volume second = fixture.snapshot("vg-a/lv-b", "s2", 4 * MIB, 4096);
        assertEquals(
                List.of(
                        "vg--a-lv--b",
                        "vg--a-lv--b-real",
                        "vg--a-s1",
                        "vg--a-s1-cow",
                        "vg--a-s2",
                        "vg--a-s2-cow"),
                fixture.deviceNames());
        fill(base, 0, MIB, 1);
        fixture.pool().remove(first.name(), false);
        fill(base, 0, MIB, 2);
        assertEquals("owi-a-s---", base.attributes());
        fixture.pool().remove(second.name(), false);
        assertEquals(List.of("vg--a-lv--b"), fixture.deviceNames());
        assertEquals("0 16384 linear 7:0 0", fixture.tableLine("vg--a-lv--b"));
        assertEquals("-wi-a-----", base.attributes());
        assertSame(device, base.device());
        assertHolds(base, 0, MIB, 2);
        assertEquals(
                List.of("origin.img"),
                content(data.resolve("vg-a").resolve(base.uuid().toString())));
    }

    @Test
    void snapshotsOfDifferentChunksAreIsolated() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        fill(base, 0, 8 * MIB, 1);
        Volume small = fixture.snapshot("vg/base", "small", 0, 4096);
        fill(base, MIB, MIB, 2);
        Volume large = fixture.snapshot("vg/base", "large", 0, 65536);
        fill(base, 2 * MIB, MIB, 3);
        fill(small, 0, 4096, 4);
        assertHolds(small, 0, 4096, 4);
        assertHolds(small, 4096, 4 * MIB - 4096, 1);
        assertHolds(large, 0, MIB, 1);
        assertHolds(large, MIB, MIB, 2);
        assertHolds(large, 2 * MIB, MIB, 1);
        assertHolds(base, 0, MIB, 1);
        assertHolds(base, 2 * MIB, MIB, 3);
    }

    @Test
    void aRestartBringsEverythingBack() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        fill(base, 0, 8 * MIB, 1);
        Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 8192);
        Volume gone = fixture.snapshot("vg/base", "gone", 4 * MIB, 4096);
        fixture.pool()
                .snapshot(
                        base.name(),
                        "ro",
                        new SnapshotRequest(4 * MIB, 4096, StoreKind.PO, true, null));
        fixture.create("other/x", MIB);
        fill(base, MIB, MIB, 2);
        fill(snap, 0, 512, 3);
        fixture.pool().remove(gone.name(), false);
        List<String> table = fixture.pool().table();
        List<String> status = fixture.pool().status();
        String before = describe();
        fixture.restart();
        assertEquals(before, describe());
        assertEquals(numberless(table), numberless(fixture.pool().table()));
        assertEquals(status, fixture.pool().status());
        assertEquals(List.of(), fixture.log);
        assertHolds(fixture.get("vg/snap"), 0, 512, 3);
        assertHolds(fixture.get("vg/snap"), 512, 3 * MIB, 1);
        assertHolds(fixture.get("vg/ro"), MIB, MIB, 1);
        assertHolds(fixture.get("vg/base"), MIB, MIB, 2);
        assertEquals(4, fixture.snapshot("vg/base", "next", 0, 4096).number());
    }

    private String describe() {
        var text = new StringBuilder();
        for (Volume volume : fixture.pool().list()) {
            text.append(volume.name()).append(' ').append(volume.uuid()).append(' ');
            text.append(volume.number()).append(' ').append(volume.sizeBytes()).append(' ');
            text.append(volume.attributes()).append(' ').append(volume.dataPercent()).append(' ');
            text.append(volume.cowSizeBytes()).append(' ').append(volume.chunkSizeBytes());
            text.append(volume.readOnly() ? " ro" : " rw").append('\n');
        }
        return text.toString();
    }

    private static List<String> numberless(List<String> table) {
        return table.stream().map(line -> line.replaceAll("[0-9]+:[0-9]+", "#")).toList();
    }

    @Test
    void transientSnapshotsAreGoneAfterARestart() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        var request = new SnapshotRequest(4 * MIB, 4096, StoreKind.N, false, null);
        Volume snap = fixture.pool().snapshot(base.name(), "snap", request);
        assertEquals("0 16384 snapshot 0/8192 0", status("vg-snap"));
        fill(base, 0, MIB, 1);
        assertEquals("0 16384 snapshot 2048/8192 0", status("vg-snap"));
        fixture.restart();
        assertRefused(Reason.NOT_FOUND, () -> fixture.get("vg/snap"));
        assertTrue(fixture.log.getFirst().contains("vg/snap"), fixture.log::toString);
        assertEquals(List.of("vg-base"), fixture.deviceNames());
        assertEquals(
                List.of("origin.img"), content(data.resolve("vg").resolve(base.uuid().toString())));
        assertEquals(2, fixture.snapshot("vg/base", "next", 0, 4096).number());
        assertEquals(1, snap.number());
    }

    @Test
    void renamingKeepsEverythingButTheName() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
        var device = base.device();
        var uuid = base.uuid();
        fixture.pool().rename(base.name(), VolumeName.parse("vg/root"));
        fixture.pool().rename(snap.name(), VolumeName.parse("vg/yesterday"));
        assertEquals(
                List.of("vg-root", "vg-root-real", "vg-yesterday", "vg-yesterday-cow"),
                fixture.deviceNames());
        assertEquals("vg/root", base.name().toString());
        assertSame(device, base.device());
        assertSame(base, fixture.get("vg/root"));
        assertRefused(Reason.NOT_FOUND, () -> fixture.get("vg/base"));
        assertRefused(Reason.EXISTS, () -> fixture.pool().rename(base.name(), snap.name()));
        assertRefused(
                Reason.INVALID,
                () -> fixture.pool().rename(base.name(), VolumeName.parse("other/root")));
        assertRefused(
                Reason.INVALID,
                () -> fixture.pool().rename(base.name(), VolumeName.parse("vg/snapshot")));
        fixture.restart();
        assertEquals(uuid, fixture.get("vg/root").uuid());
    }

    @Test
    void readOnlyAndOpenShowInTheAttributes() throws Exception {
        Volume base = fixture.create("vg/base", 8 * MIB);
        var request = new SnapshotRequest(4 * MIB, 4096, StoreKind.P, true, null);
        Volume snap = fixture.pool().snapshot(base.name(), "snap", request);
        assertTrue(snap.readOnly());
        assertFalse(base.readOnly());
        assertEquals("sri-a-s---", snap.attributes());
        base.open(true);
        assertEquals("owi-aos---", base.attributes());
        base.open(false);
        assertEquals("owi-a-s---", base.attributes());
    }

    @Test
    void aSnapshotCanOnlyGrowAndOnlyToTheMaximumUsefulSize() throws Exception {
        fixture.create("vg/base", 8 * MIB);
        Volume snap = fixture.snapshot("vg/base", "snap", 8 * MIB, 4096);
        assertRefused(Reason.INVALID, () -> fixture.pool().extend(snap.name(), 4 * MIB));
        assertRefused(
                Reason.CONFLICT,
                () -> fixture.pool().extend(VolumeName.parse("vg/base"), 16 * MIB));
        fixture.pool().extend(snap.name(), GIB);
        assertEquals(12 * MIB, snap.cowSizeBytes());
        assertTrue(fixture.log.getLast().startsWith("Reducing COW size 1.00 GiB"));
        var most =
                assertRefused(Reason.INVALID, () -> fixture.pool().extend(snap.name(), 16 * MIB));
        assertTrue(
                String.valueOf(most.getMessage())
                        .endsWith("maximum usable size already, 12.00 MiB."),
                most.getMessage());
    }

    @Test
    void numbersRunOut() throws Exception {
        fixture.create("vg/base", 4 * MIB);
        for (int number = 1; number <= VolumePool.DEFAULT_LARGEST_NUMBER; number++) {
            Volume snap = fixture.snapshot("vg/base", "s", 4 * MIB, 4096);
            assertEquals(number, snap.number());
            fixture.pool().remove(snap.name(), false);
        }
        assertRefused(Reason.EXHAUSTED, () -> fixture.snapshot("vg/base", "s", 4 * MIB, 4096));
    }

    @Test
    void numbersRunOutWhereThePoolIsTold() throws Exception {
        fixture.close();
        VolumeName base = VolumeName.parse("few/base");
        SnapshotRequest request = PoolFixture.request(4 * MIB, 4096);
        try (var pool = VolumePool.open(data, fixture.log::add, InstantSource.system(), 1)) {
            pool.create(base, 4 * MIB);
            pool.snapshot(base, "first", request);
            assertRefused(Reason.EXHAUSTED, () -> pool.snapshot(base, "second", request));
        }
        fixture.restart();
        assertEquals(2, fixture.pool().snapshot(base, "second", request).number());
    }

    @Test
    void anOriginSharesTheRoomOfItsFileSystem() throws Exception {
        SpaceUsage space = fixture.create("vg/base", 4 * MIB).space();
        assertTrue(space.shared());
        assertTrue(space.availableBytes() > 0);
        assertEquals(SpaceUsage.UNKNOWN, space.usedBytes());
    }

    private String status(String device) {
        return fixture.statusLine(device);
    }

    private static VolumeRefusedException assertRefused(Reason reason, Executable request) {
        var refused = assertThrows(VolumeRefusedException.class, request);
        assertEquals(reason, refused.reason(), refused.getMessage());
        return refused;
    }

    private static List<String> content(Path directory) throws IOException {
        try (var paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
