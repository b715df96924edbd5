package io.cowherd.mapping.volume;

import static io.cowherd.mapping.volume.ReservationsFormatTest.ONE;
import static io.cowherd.mapping.volume.ReservationsFormatTest.ORIGIN;
import static io.cowherd.mapping.volume.ReservationsFormatTest.SAMPLE;
import static io.cowherd.mapping.volume.ReservationsFormatTest.SNAPSHOT;
import static io.cowherd.mapping.volume.ReservationsFormatTest.TWO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.Allocations;
import io.cowherd.mapping.volume.Reservations.NexusName;
import io.cowherd.mapping.volume.Reservations.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// **Goal.** What hosts have reserved outlives a crash at any step of a change and a restart, goes with its volume, and is
/// never guessed.
///
/// **Method.** Cut the power before step 1, 2, 3, … until the change survives; lose what may be lost by a seeded coin; open.
/// For the rest a pool that is opened again.
class ReservationsFileTest {
    private static final int SEEDS = 20;
    private static final Set<java.util.UUID> BOTH = Set.of(ORIGIN, SNAPSHOT);

    private static final Reservations BEFORE =
            new Reservations(1, false, List.of(new Registration(ONE, 0x11)), null);
    private static final Reservations AFTER =
            new Reservations(
                    2,
                    true,
                    List.of(new Registration(ONE, 0x11), new Registration(TWO, 0x22)),
                    null);

    @TempDir private Path directory;

    // -- crashes --

    @Test
    void aChangeIsMadeOrNot() throws IOException {
        for (int seed = 1; seed <= SEEDS; seed++) {
            int cut = 1;
            while (cutIsHarmless(seed, cut)) {
                cut++;
            }
            assertTrue(cut > 5, "only " + cut + " steps");
        }
    }

    private boolean cutIsHarmless(int seed, int cut) throws IOException {
        String run = "seed " + seed + ", cut before step " + cut;
        Path family = Files.createDirectories(directory.resolve(run).resolve("family"));
        ReservationsFile.fresh(family, ORIGIN, DurableFiles.LOCAL)
                .of(ORIGIN)
                .replace(Reservations.NONE, BEFORE);
        Path graveyard = Files.createDirectory(directory.resolve(run).resolve("graveyard"));
        var files = new PowerCutFiles(graveyard, cut);
        boolean acknowledged = false;
        try {
            ReservationsFile.open(family, ORIGIN, BOTH, files).of(ORIGIN).replace(BEFORE, AFTER);
            acknowledged = true;
        } catch (PowerCutFiles.PowerCut _) {
            assertFalse(files.survived(), run);
        }
        files.loseUnsynced(new Random(seed));
        Reservations found = open(family).of(ORIGIN).present();
        assertTrue(found.equals(AFTER) || (!acknowledged && found.equals(BEFORE)), run + found);
        assertFalse(Files.exists(family.resolve("reservations.new")), run);
        return !files.survived();
    }

    private static ReservationsFile open(Path family) throws IOException {
        return ReservationsFile.open(family, ORIGIN, BOTH, DurableFiles.LOCAL);
    }

    /// A change that failed has not happened, and the next one does.
    @Test
    void aFailedChangeLeavesAllAsItWas() throws IOException {
        Path graveyard = Files.createDirectory(directory.resolve("graveyard"));
        var files = new PowerCutFiles(graveyard, 1);
        var store = ReservationsFile.fresh(directory, ORIGIN, files).of(ORIGIN);
        assertThrows(IOException.class, () -> store.replace(Reservations.NONE, BEFORE));
        assertEquals(Reservations.NONE, store.present());
        files.repair();
        store.replace(Reservations.NONE, BEFORE);
        assertEquals(BEFORE, open(directory).of(ORIGIN).present());
    }

    /// A logical unit that was taken away while its change hung must not undo what came after it.
    @Test
    void aChangeOfSomethingOlderIsRefused() throws IOException {
        var store = ReservationsFile.fresh(directory, ORIGIN, DurableFiles.LOCAL).of(ORIGIN);
        store.replace(Reservations.NONE, BEFORE);
        assertThrows(IOException.class, () -> store.replace(Reservations.NONE, AFTER));
        assertEquals(BEFORE, open(directory).of(ORIGIN).present());
    }

    @Test
    void volumesDoNotDisturbEachOther() throws IOException {
        var file = ReservationsFile.fresh(directory, ORIGIN, DurableFiles.LOCAL);
        file.of(ORIGIN).replace(Reservations.NONE, BEFORE);
        file.of(SNAPSHOT).replace(Reservations.NONE, AFTER);
        file.forget(ORIGIN);
        var again = open(directory);
        assertEquals(Reservations.NONE, again.of(ORIGIN).present());
        assertEquals(AFTER, again.of(SNAPSHOT).present());
    }

    @Test
    void whatAVolumeThatIsGoneHadReservedIsForgotten() throws IOException {
        var file = ReservationsFile.fresh(directory, ORIGIN, DurableFiles.LOCAL);
        file.of(SNAPSHOT).replace(Reservations.NONE, AFTER);
        var again = ReservationsFile.open(directory, ORIGIN, Set.of(ORIGIN), DurableFiles.LOCAL);
        assertEquals(Reservations.NONE, again.of(SNAPSHOT).present());
    }

    /// A host that has failed can be kept off while no other write gets any room.
    @Test
    void aFullFileSystemStillTakesChanges() throws IOException {
        var file = ReservationsFile.fresh(directory, ORIGIN, DurableFiles.LOCAL);
        file.of(ORIGIN).replace(Reservations.NONE, BEFORE);
        var full = new FullDiskFiles();
        var again = ReservationsFile.open(directory, ORIGIN, BOTH, full);
        full.fill();
        again.of(ORIGIN).replace(BEFORE, AFTER);
        assertEquals(AFTER, open(directory).of(ORIGIN).present());
    }

    /// Goal: what a change that failed leaves on disk is what is in force. Method: the names are not made durable, once each
    /// time, and there is a file before or none.
    @Test
    void aChangeWhoseNamesAreNotDurableIsPutBack() throws IOException {
        var files =
                new LocalFiles() {
                    private boolean fails;

                    @Override
                    public void syncDirectory(Path of) throws IOException {
                        if (fails) {
                            fails = false;
                            throw new IOException("injected");
                        }
                        super.syncDirectory(of);
                    }
                };
        var store = ReservationsFile.fresh(directory, ORIGIN, files).of(ORIGIN);
        files.fails = true;
        assertThrows(IOException.class, () -> store.replace(Reservations.NONE, BEFORE));
        assertFalse(Files.exists(directory.resolve("reservations")));
        store.replace(Reservations.NONE, BEFORE);
        files.fails = true;
        assertThrows(IOException.class, () -> store.replace(BEFORE, AFTER));
        assertEquals(BEFORE, store.present());
        assertEquals(BEFORE, open(directory).of(ORIGIN).present());
    }

    // -- bounds --

    @Test
    void whatCouldNotBeReadAgainIsNotWritten() throws IOException {
        var store = ReservationsFile.fresh(directory, ORIGIN, DurableFiles.LOCAL).of(ORIGIN);
        store.replace(Reservations.NONE, BEFORE);
        var name = new NexusName("x".repeat(ReservationsFormat.MAX_BYTES), 1);
        var large = new Reservations(2, false, List.of(new Registration(name, 1)), null);
        assertThrows(IOException.class, () -> store.replace(BEFORE, large));
        assertEquals(BEFORE, store.present());
        store.replace(BEFORE, AFTER);
        assertEquals(AFTER, open(directory).of(ORIGIN).present());
    }

    /// What never ends, waits for a writer, or leads nowhere.
    @ParameterizedTest
    @ValueSource(strings = {"/dev/zero", "/dev/null", "nowhere", "."})
    void whatIsNoFileIsRefused(String whereItLeads) throws IOException {
        for (String name : List.of("reservations", "catalog")) {
            Files.createSymbolicLink(directory.resolve(name), Path.of(whereItLeads));
        }
        assertThrows(CorruptReservationsException.class, () -> open(directory));
        assertThrows(
                CorruptCatalogException.class,
                () -> CatalogFile.open(directory, DurableFiles.LOCAL, CatalogLock.ALONE));
    }

    /// A file may be longer than it says (those of `/proc` say 0), or grow meanwhile.
    @Test
    void nothingIsReadBeyondTheBound() throws IOException {
        Files.write(directory.resolve("x"), new byte[100]);
        var file = new ReplacedFile(directory, "x", DurableFiles.LOCAL);
        assertEquals(100, file.read(100, ReservationsFormat.REFUSALS).length);
        assertThrows(
                CorruptReservationsException.class,
                () -> file.read(99, ReservationsFormat.REFUSALS));
        var endless = new ReplacedFile(Path.of("/proc/self"), "maps", DurableFiles.LOCAL);
        assertThrows(
                CorruptReservationsException.class,
                () -> endless.read(99, ReservationsFormat.REFUSALS));
    }

    /// The room that is kept beside a file is written in pieces: it is several times the file.
    @Test
    void roomIsOccupiedInPieces() throws IOException {
        Path file = directory.resolve("reserve");
        int bytes = 8 << 20;
        long before = Allocations.ofThisThread();
        DurableFiles.LOCAL.occupy(file, bytes + 1);
        assertTrue(Allocations.ofThisThread() - before < bytes / 8, "allocated");
        assertEquals(bytes + 1, Files.size(file));
        byte[] content = Files.readAllBytes(file);
        for (int at = 0; at < bytes; at += 4096) {
            int block = at;
            assertTrue(
                    IntStream.range(block, block + 4096).anyMatch(i -> content[i] != 0),
                    "zeros at " + block);
        }
    }

    // -- in a pool --

    @Test
    void reservationsComeBackAfterARestart() throws Exception {
        try (var fixture = new PoolFixture(directory)) {
            fixture.create("vg/base", PoolFixture.MIB)
                    .reservations()
                    .replace(Reservations.NONE, BEFORE);
            fixture.snapshot("vg/base", "snap", PoolFixture.MIB, 4096)
                    .reservations()
                    .replace(Reservations.NONE, AFTER);
            fixture.restart();
            assertEquals(BEFORE, fixture.get("vg/base").reservations().present());
            assertEquals(AFTER, fixture.get("vg/snap").reservations().present());
        }
    }

    @Test
    void theyGoWithTheirVolume() throws Exception {
        try (var fixture = new PoolFixture(directory)) {
            Volume base = fixture.create("vg/base", PoolFixture.MIB);
            base.reservations().replace(Reservations.NONE, BEFORE);
            fixture.snapshot("vg/base", "snap", PoolFixture.MIB, 4096)
                    .reservations()
                    .replace(Reservations.NONE, AFTER);
            Path file =
                    directory.resolve("vg").resolve(base.uuid().toString()).resolve("reservations");
            assertTrue(Files.readString(file).contains("generation=2"));
            fixture.pool().remove(VolumeName.parse("vg/snap"), false);
            assertFalse(Files.readString(file).contains("generation=2"));
            fixture.pool().remove(VolumeName.parse("vg/base"), false);
            assertFalse(Files.exists(file.getParent()), "the family's folder");
        }
    }

    /// Nobody knows who must be kept off, so nobody is let in; the neighbours serve.
    @Test
    void damagedOnesTakeTheFamilyOutOfReachAndStayAsTheyAre() throws Exception {
        try (var fixture = new PoolFixture(directory)) {
            Volume base = fixture.create("vg/base", PoolFixture.MIB);
            base.reservations().replace(Reservations.NONE, BEFORE);
            fixture.create("vg/other", PoolFixture.MIB);
            Path file =
                    directory.resolve("vg").resolve(base.uuid().toString()).resolve("reservations");
            String damaged = Files.readString(file).replace("generation=1", "generation=7");
            Files.writeString(file, damaged);
            fixture.restart();
            Volume broken = fixture.get("vg/base");
            assertEquals(VolumeState.UNREACHABLE, broken.state());
            assertTrue(broken.stateReason().contains("are damaged"), broken.stateReason());
            assertThrows(
                    IOException.class,
                    () -> broken.reservations().replace(Reservations.NONE, AFTER));
            var e =
                    assertThrows(
                            IOException.class, () -> broken.reservations().requireBelievable());
            assertTrue(String.valueOf(e.getMessage()).contains("are damaged"), e::toString);
            assertEquals(damaged, Files.readString(file));
            assertEquals(VolumeState.ACTIVE, fixture.get("vg/other").state());

            Files.move(file.resolveSibling("reservations"), directory.resolve("aside"));
            fixture.restart();
            assertEquals(VolumeState.ACTIVE, fixture.get("vg/base").state());
        }
    }

    @Test
    void theSampleIsAsTheFormatHasIt() throws IOException {
        Files.write(directory.resolve("reservations"), ReservationsFormat.encode(ORIGIN, SAMPLE));
        assertEquals(SAMPLE.get(ORIGIN), open(directory).of(ORIGIN).present());
        assertEquals(SAMPLE.get(SNAPSHOT), open(directory).of(SNAPSHOT).present());
    }
}
