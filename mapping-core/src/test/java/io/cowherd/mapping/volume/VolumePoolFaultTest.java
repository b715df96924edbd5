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

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/// What happens to the other volumes, and to a volume itself, when something beneath is broken.
@Timeout(60)
class VolumePoolFaultTest {
    @TempDir private Path data;

    private final FaultingOpener devices = new FaultingOpener();

    private PoolFixture open() throws IOException {
        return new PoolFixture(data, DurableFiles.LOCAL, devices);
    }

    /// Vector 59: the kernel lets such a snapshot come back valid, showing what never was.
    @Test
    void aLostSnapshotStaysLostThoughItsHeaderCouldNotBeWritten() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", 8 * MIB);
            fill(base, 0, 8 * MIB, 1);
            Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            Volume other = fixture.snapshot("vg/base", "other", 4 * MIB, 4096);
            var failures = new ArrayList<String>();
            fixture.pool()
                    .addListener(
                            new VolumeListener() {
                                @Override
                                public void failed(Volume volume, String why) {
                                    failures.add(volume.name() + " " + catalogHas("invalid="));
                                }
                            });
            Path cow = cowFile(snap);
            devices.failCows(_ -> true);
            fill(base, 0, 64 * KIB, 2);
            devices.failCows(_ -> false);
            assertTrue(snap.invalid());
            assertTrue(other.invalid());
            assertEquals(
                    List.of("vg/other true", "vg/snap true"), failures.stream().sorted().toList());
            assertEquals(1, Files.readAllBytes(cow)[4], "the header still says valid");
            assertHolds(base, 0, 64 * KIB, 2);

            fixture.restart();
            Volume back = fixture.get("vg/snap");
            assertTrue(back.invalid());
            assertEquals("swi-I-s---", back.attributes());
            assertEquals("0 16384 snapshot Invalid", fixture.statusLine("vg-snap"));
            assertThrows(IOException.class, () -> assertHolds(back, 0, 512, 1));
            fill(fixture.get("vg/base"), 0, 64 * KIB, 3);
        }
    }

    private boolean catalogHas(String text) {
        try {
            return Files.readString(data.resolve("vg").resolve("catalog")).contains(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path cowFile(Volume snapshot) {
        Volume origin = snapshot.origin();
        assertTrue(origin != null);
        return data.resolve(snapshot.name().group())
                .resolve(String.valueOf(origin == null ? null : origin.uuid()))
                .resolve(snapshot.uuid() + ".cow");
    }

    /// The COW store fails at its 1st, 2nd, 3rd, … request, until the snapshot can be made.
    @Test
    void aSnapshotThatCannotBeMadeLeavesNothingBehind() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", 4 * MIB);
            List<String> table = fixture.pool().table();
            int faults = 0;
            while (!madeDespiteFault(fixture, faults + 1)) {
                faults++;
                assertEquals(table, fixture.pool().table());
                assertEquals("-wi-a-----", base.attributes());
                fill(base, 0, 64 * KIB, faults);
                assertHolds(base, 0, 64 * KIB, faults);
                assertEquals(List.of("origin.img"), files(base));
            }
            assertTrue(faults >= 3, faults + " requests only");
            assertEquals("owi-a-s---", base.attributes());
        }
    }

    private boolean madeDespiteFault(PoolFixture fixture, int at) throws Exception {
        var count = new AtomicInteger();
        devices.failCows(_ -> count.incrementAndGet() >= at);
        try {
            fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            return true;
        } catch (IOException _) {
            return false;
        } finally {
            devices.failCows(_ -> false);
        }
    }

    private List<String> files(Volume origin) throws IOException {
        Path folder = data.resolve("vg").resolve(origin.uuid().toString());
        try (var paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aMissingStoreHoldsItsOriginReadOnly() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", 4 * MIB);
            fill(base, 0, 4 * MIB, 1);
            Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            Volume other = fixture.snapshot("vg/base", "other", 4 * MIB, 4096);
            fill(base, 0, MIB, 2);
            Path cow = cowFile(snap);
            Path aside = data.resolve("aside");
            fixture.pool().close();
            Files.move(cow, aside);
            try (var damaged = open()) {
                assertHeld(damaged);
                String why = damaged.get("vg/snap").stateReason();
                assertTrue(why.matches("there is no .*\\.cow\\."), why);
                assertHolds(damaged.get("vg/other"), 0, 4 * MIB, 1);
                fill(damaged.get("vg/other"), 0, 4096, 3);
            }
            Files.move(aside, cow);
            try (var repaired = open()) {
                assertEquals(List.of(), repaired.log);
                assertHolds(repaired.get("vg/snap"), 0, 4 * MIB, 1);
                fill(repaired.get("vg/base"), MIB, MIB, 4);
                assertHolds(repaired.get("vg/snap"), 0, 4 * MIB, 1);
            }
            assertEquals(2, other.number());
        }
    }

    private static void assertHeld(PoolFixture damaged) throws Exception {
        Volume base = damaged.get("vg/base");
        assertEquals("swi-X-s-p-", damaged.get("vg/snap").attributes());
        assertEquals("oRi-a-s---", base.attributes());
        assertEquals(VolumeState.UNREACHABLE, damaged.get("vg/snap").state());
        assertEquals(VolumeState.ACTIVE, base.state());
        assertEquals(
                "vg/base is read-only while snapshots of it are out of reach: [vg/snap].",
                base.stateReason());
        assertTrue(base.readOnly());
        assertTrue(
                damaged.log.getFirst().startsWith("vg/snap cannot be used: "),
                damaged.log::toString);
        assertHolds(base, 0, MIB, 2);
        assertThrows(IOException.class, () -> fill(base, 2 * MIB, 4096, 3));
        assertThrows(IOException.class, () -> assertHolds(damaged.get("vg/snap"), 0, 4096, 1));
    }

    @Test
    void removingTheMissingSnapshotLetsTheOriginGo() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            Path cow = cowFile(fixture.snapshot("vg/base", "snap", 4 * MIB, 4096));
            fixture.pool().close();
            Files.delete(cow);
        }
        try (var damaged = open()) {
            Volume base = damaged.get("vg/base");
            assertTrue(base.readOnly());
            assertRefused(() -> damaged.snapshot("vg/base", "next", 4 * MIB, 4096));
            damaged.pool().remove(VolumeName.parse("vg/snap"), false);
            assertFalse(base.readOnly());
            assertEquals("-wi-a-----", base.attributes());
            fill(base, 0, MIB, 2);
            assertHolds(base, 0, MIB, 2);
            damaged.snapshot("vg/base", "next", 4 * MIB, 4096);
        }
    }

    private static void assertRefused(org.junit.jupiter.api.function.Executable request) {
        assertThrows(VolumeRefusedException.class, request);
    }

    @Test
    void aLostSnapshotWhoseStoreIsMissingTroublesNobody() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", 8 * MIB);
            Volume snap = fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            fill(base, 0, 8 * MIB, 1);
            assertTrue(snap.invalid());
            Path cow = cowFile(snap);
            fixture.pool().close();
            Files.delete(cow);
        }
        try (var damaged = open()) {
            Volume base = damaged.get("vg/base");
            assertEquals("swi-I-s---", damaged.get("vg/snap").attributes());
            assertEquals("100.00", damaged.get("vg/snap").dataPercent());
            assertFalse(base.readOnly());
            fill(base, 0, 4096, 2);
            damaged.pool().remove(VolumeName.parse("vg/snap"), false);
            assertEquals("-wi-a-----", base.attributes());
        }
    }

    /// The header was marked, but not the catalog: a crash came between the two.
    @Test
    void aHeaderThatSaysInvalidIsBelieved() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            Path cow = cowFile(fixture.snapshot("vg/base", "snap", 4 * MIB, 4096));
            fixture.pool().close();
            byte[] store = Files.readAllBytes(cow);
            store[4] = 0;
            Files.write(cow, store);
        }
        try (var reopened = open()) {
            assertEquals("swi-I-s---", reopened.get("vg/snap").attributes());
            assertTrue(catalogHas("invalid=Snapshot%20is%20marked%20invalid."));
        }
    }

    @Test
    void aDamagedStoreIsRefusedByName() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            Path cow = cowFile(fixture.snapshot("vg/base", "snap", 4 * MIB, 4096));
            fixture.pool().close();
            Files.write(cow, "XXXX".getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
        }
        try (var damaged = open()) {
            assertEquals("swi-X-s-p-", damaged.get("vg/snap").attributes());
            assertTrue(
                    damaged.log
                            .getFirst()
                            .matches(".*Invalid or corrupt snapshot: .*\\.cow byte 0.*"),
                    damaged.log::toString);
        }
    }

    /// Goal: a store that has lost its header, or a record, is never taken for a new or shorter one: its snapshot would show
    /// what it never was. Method: each damage, a restart; then the good store again.
    @Test
    void aStoreThatWasMadeIsNeitherMadeAgainNorShortened() throws Exception {
        Path cow;
        try (var fixture = open()) {
            fill(fixture.create("vg/base", 4 * MIB), 0, 4 * MIB, 1);
            cow = cowFile(fixture.snapshot("vg/base", "snap", 4 * MIB, 4096));
            fixture.snapshot("vg/base", "other", 4 * MIB, 4096);
            fill(fixture.get("vg/base"), 0, MIB, 2);
        }
        byte[] good = Files.readAllBytes(cow);
        assertRefusedAndHeld(cow, without(good, 0, 4), cow + " byte 0: found magic 0x00000000");
        assertRefusedAndHeld(cow, without(good, 0, 4096), cow + " byte 0");
        assertRefusedAndHeld(cow, without(good, 0, good.length), cow + " byte 0");
        assertRefusedAndHeld(cow, new byte[0], cow + " has 0 bytes, " + good.length);
        assertRefusedAndHeld(cow, Arrays.copyOf(good, 512), cow + " has 512 bytes");
        assertRefusedAndHeld(
                cow,
                without(good, 4096 + 3 * 16, 16),
                cow + " area 0 record 4: found exception 4 -> 6");
        Files.write(cow, good);
        try (var repaired = open()) {
            assertEquals(List.of(), repaired.log);
            assertHolds(repaired.get("vg/snap"), 0, 4 * MIB, 1);
        }
    }

    /// Else a power cut between the two would leave a store that is known and has no header: it would be refused.
    @Test
    void theHeaderIsDurableBeforeTheCatalogKnowsTheStore() throws Exception {
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            var headers = new ArrayList<String>();
            devices.failCows(
                    operation -> {
                        if (operation.mode() == WriteMode.DURABLE && operation.touches(0, 1)) {
                            headers.add("known: " + catalogHas("latest"));
                        }
                        return false;
                    });
            fixture.snapshot("vg/base", "latest", 4 * MIB, 4096);
            assertEquals(List.of("known: false"), headers);
            assertTrue(catalogHas("latest"));
        }
    }

    private static byte[] without(byte[] store, int from, int length) {
        byte[] damaged = store.clone();
        Arrays.fill(damaged, from, from + length, (byte) 0);
        return damaged;
    }

    private void assertRefusedAndHeld(Path cow, byte[] damagedStore, String why) throws Exception {
        Files.write(cow, damagedStore);
        try (var damaged = open()) {
            assertHeld(damaged);
            assertHolds(damaged.get("vg/other"), 0, 4 * MIB, 1);
            assertTrue(damaged.log.getFirst().contains(why), damaged.log::toString);
            String reason = damaged.get("vg/snap").stateReason();
            assertTrue(reason.contains(why), reason);
        }
        assertArrayEquals(damagedStore, Files.readAllBytes(cow), "nothing is written to it");
    }

    @Test
    void aMissingOriginDoesNotStopTheOthers() throws Exception {
        try (var fixture = open()) {
            Volume base = fixture.create("vg/base", 4 * MIB);
            fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            fill(fixture.create("vg/fine", 4 * MIB), 0, MIB, 1);
            fixture.pool().close();
            Files.delete(data.resolve("vg").resolve(base.uuid().toString()).resolve("origin.img"));
        }
        try (var damaged = open()) {
            assertEquals("owi-X-s-p-", damaged.get("vg/base").attributes());
            assertEquals("swi-X-s-p-", damaged.get("vg/snap").attributes());
            assertEquals("0 8192 error ", damaged.tableLine("vg-base"));
            assertHolds(damaged.get("vg/fine"), 0, MIB, 1);
            damaged.pool().remove(VolumeName.parse("vg/base"), true);
            assertEquals(1, damaged.pool().list().size());
        }
    }

    /// Goal: one damaged catalog takes its own group out of service and nothing else; its folder is left as it is.
    /// Method: a byte of it is flipped, and the file deleted; every change is asked for.
    @Test
    void aDamagedCatalogTakesItsGroupOutOfServiceOnly(@TempDir Path elsewhere) throws Exception {
        Path device = Files.write(elsewhere.resolve("device.img"), new byte[1 << 20]);
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
            fill(fixture.create("fine/base", 4 * MIB), 0, MIB, 1);
        }
        Path catalog = data.resolve("vg").resolve("catalog");
        byte[] good = Files.readAllBytes(catalog);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(catalog, bad);
        assertOnlyFineServes(catalog, device);
        Files.delete(catalog);
        assertOnlyFineServes(catalog, device);
        Files.write(catalog, good);
        try (var repaired = open()) {
            assertEquals("owi-a-s---", repaired.get("vg/base").attributes());
            assertEquals(List.of(), repaired.pool().brokenGroups());
            repaired.pool().adopt(VolumeName.parse("fine/device"), device);
        }
    }

    private void assertOnlyFineServes(Path catalog, Path device) throws Exception {
        Map<String, String> before = contentOf(data.resolve("vg"));
        try (var fixture = open()) {
            VolumePool pool = fixture.pool();
            BrokenGroup broken = pool.brokenGroups().getFirst();
            assertEquals("vg", broken.name());
            assertTrue(broken.cause().contains(catalog.toString()), broken::toString);
            assertTrue(fixture.log.getFirst().contains(broken.cause()), fixture.log::toString);
            assertEquals(1, pool.list().size());
            assertHolds(fixture.get("fine/base"), 0, MIB, 1);
            fixture.snapshot("fine/base", "snap", 4 * MIB, 4096);

            VolumeName base = VolumeName.parse("vg/base");
            VolumeName snap = VolumeName.parse("vg/snap");
            refused(() -> fixture.create("vg/new", 4 * MIB));
            refused(() -> pool.adopt(VolumeName.parse("vg/new"), device));
            refused(() -> pool.adopt(VolumeName.parse("fine/new"), device));
            refused(() -> fixture.snapshot("vg/base", "s2", 4 * MIB, 4096));
            refused(() -> pool.extend(snap, 8 * MIB));
            refused(() -> pool.rename(snap, VolumeName.parse("vg/other")));
            refused(() -> pool.remove(base, true));
            refused(() -> pool.get(base));
            pool.remove(VolumeName.parse("fine/snap"), false);
        }
        assertEquals(before, contentOf(data.resolve("vg")));
    }

    /// Goal: a full disk, and a file system without files as large, are told as such. Method: making the file ends with what
    /// the JDK says then.
    @Test
    void whatTheFileSystemCannotTakeIsRefused() throws Exception {
        var answer = new AtomicReference<@Nullable IOException>();
        DeviceOpener failing =
                path -> {
                    IOException failure = answer.get();
                    if (failure != null) {
                        throw failure;
                    }
                    return DeviceOpener.FILES.open(path);
                };
        try (var fixture = new PoolFixture(data, DurableFiles.LOCAL, failing)) {
            answer.set(new FileSystemException("/d", null, "No space left on device"));
            assertRefused(VolumeRefusedException.Reason.EXHAUSTED, "Make room", fixture);
            answer.set(new IOException("File too large"));
            assertRefused(VolumeRefusedException.Reason.INVALID, "smaller", fixture);
            answer.set(null);
            fixture.create("vg/base", 4 * MIB);
        }
    }

    private static void assertRefused(
            VolumeRefusedException.Reason reason, String correction, PoolFixture fixture) {
        var refusal =
                assertThrows(
                        VolumeRefusedException.class, () -> fixture.create("vg/base", 4 * MIB));
        assertEquals(reason, refusal.reason(), refusal.getMessage());
        assertTrue(refusal.correction().contains(correction), refusal.correction());
    }

    private static void refused(Executable change) {
        var refusal = assertThrows(VolumeRefusedException.class, change);
        assertEquals(VolumeRefusedException.Reason.CONFLICT, refusal.reason());
        assertTrue(
                String.valueOf(refusal.getMessage()).contains("out of service"),
                refusal.getMessage());
    }

    /// Names and checksums of all files below a folder.
    private static Map<String, String> contentOf(Path folder) throws IOException {
        var content = new TreeMap<String, String>();
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                var crc = new CRC32C();
                crc.update(Files.readAllBytes(file));
                content.put(file.toString(), Long.toHexString(crc.getValue()));
            }
        }
        return content;
    }

    /// The catalog's disk is full just when a snapshot is lost, and its COW store fails as well: then, and only then, the
    /// origin's write fails.
    @Test
    void aLossThatCanBeRecordedNowhereFailsTheOriginsWrite() throws Exception {
        Path graveyard = Files.createDirectory(data.resolve("graveyard"));
        try (var fixture = open()) {
            fixture.create("vg/base", 4 * MIB);
            fixture.snapshot("vg/base", "snap", 4 * MIB, 4096);
        }
        var files = new PowerCutFiles(graveyard, 1);
        try (var fixture = new PoolFixture(data, files, devices)) {
            Volume base = fixture.get("vg/base");
            devices.failCows(operation -> operation.kind() != DeviceOperation.Kind.READ);
            assertThrows(IOException.class, () -> fill(base, 0, 4096, 2));
            files.repair();
            fill(base, 0, 4096, 3);
            devices.failCows(_ -> false);
            assertTrue(fixture.get("vg/snap").invalid());
            assertTrue(catalogHas("invalid="));
        }
    }
}
