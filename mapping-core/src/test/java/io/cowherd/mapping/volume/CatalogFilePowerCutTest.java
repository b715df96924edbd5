package io.cowherd.mapping.volume;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// **Goal.** After a crash at any step of a change, the catalog is the old or the new one, whole.
///
/// **Method.** Cut the power before step 1, 2, 3, … until the change survives; lose what may be lost by a seeded coin; open.
class CatalogFilePowerCutTest {
    private static final int SEEDS = 20;

    @TempDir private Path directory;

    @Test
    void aChangeIsMadeOrNot() throws IOException {
        Catalog before = CatalogFormatLayoutTest.SAMPLE;
        Catalog after = before.minus(before.families().getFirst().uuid());
        for (int seed = 1; seed <= SEEDS; seed++) {
            int cut = 1;
            while (cutIsHarmless(seed, cut, List.of(before, after))) {
                cut++;
            }
            assertTrue(cut > 5, "only " + cut + " steps");
        }
    }

    @Test
    void aFirstCatalogIsThereOrNot() throws IOException {
        for (int seed = 1; seed <= SEEDS; seed++) {
            int cut = 1;
            while (cutIsHarmless(seed, cut, List.of(CatalogFormatLayoutTest.SAMPLE))) {
                cut++;
            }
            assertTrue(cut > 3, "only " + cut + " steps");
        }
    }

    /// Writes the generations one after the other, the power failing during the last.
    ///
    /// @return true if the power was cut, false if there were too few steps
    private boolean cutIsHarmless(int seed, int cut, List<Catalog> generations) throws IOException {
        String run = "seed " + seed + ", cut before step " + cut;
        Path group = Files.createDirectories(directory.resolve(run).resolve("volumeGroup"));
        var empty = new Catalog("volumeGroup", generations.getFirst().uuid(), List.of());
        for (Catalog catalog : generations.subList(0, generations.size() - 1)) {
            CatalogFile.fresh(group, empty, DurableFiles.LOCAL, CatalogLock.ALONE)
                    .update(DurableFiles.LOCAL, _ -> catalog);
        }
        Path graveyard = Files.createDirectory(directory.resolve(run).resolve("graveyard"));
        var files = new PowerCutFiles(graveyard, cut);
        CatalogFile file =
                generations.size() == 1
                        ? CatalogFile.fresh(group, empty, files, CatalogLock.ALONE)
                        : CatalogFile.open(group, files, CatalogLock.ALONE);
        Catalog last = generations.getLast();
        List<Catalog> allowed = new ArrayList<>(generations);
        try {
            assertEquals(last, file.update(files, _ -> last), run);
            allowed.retainAll(List.of(last));
        } catch (PowerCutFiles.PowerCut _) {
            assertFalse(files.survived(), run);
        }
        files.loseUnsynced(new Random(seed));
        if (generations.size() == 1 && !files.survived() && !hasCatalog(group)) {
            return true;
        }
        Catalog found = CatalogFile.open(group, DurableFiles.LOCAL, CatalogLock.ALONE).present();
        assertTrue(allowed.contains(found), run + ": " + found);
        assertFalse(Files.exists(group.resolve(CatalogFile.NEXT)), run);
        return !files.survived();
    }

    private static boolean hasCatalog(Path group) {
        return Files.exists(group.resolve(CatalogFile.NAME));
    }

    @Test
    void theGenerationBeforeIsKept() throws IOException {
        Path group = Files.createDirectory(directory.resolve("volumeGroup"));
        Catalog first = CatalogFormatLayoutTest.SAMPLE;
        var file = CatalogFile.fresh(group, first, DurableFiles.LOCAL, CatalogLock.ALONE);
        file.update(DurableFiles.LOCAL, catalog -> catalog);
        file.update(
                DurableFiles.LOCAL, catalog -> catalog.minus(first.families().getFirst().uuid()));
        Path old = group.resolve(CatalogFile.PREVIOUS);
        assertEquals(first, CatalogFormat.decode(Files.readAllBytes(old), old));
    }

    @Test
    void aCatalogInAnotherGroupsFolderIsRefused() throws IOException {
        Path group = Files.createDirectory(directory.resolve("other"));
        Files.write(
                group.resolve(CatalogFile.NAME),
                CatalogFormat.encode(CatalogFormatLayoutTest.SAMPLE));
        var refusal =
                assertThrows(
                        CorruptCatalogException.class,
                        () -> CatalogFile.open(group, DurableFiles.LOCAL, CatalogLock.ALONE));
        assertTrue(
                String.valueOf(refusal.getMessage())
                        .contains("found \"volumeGroup\", expected \"other\""));
    }

    /// A failed change has not happened, and the next one does.
    @Test
    void aFullDiskIsSurvived() throws IOException {
        Path group = Files.createDirectory(directory.resolve("volumeGroup"));
        Path graveyard = Files.createDirectory(directory.resolve("graveyard"));
        var files = new PowerCutFiles(graveyard, 1);
        Catalog first = CatalogFormatLayoutTest.SAMPLE;
        var empty = new Catalog(first.group(), first.uuid(), List.of());
        var file = CatalogFile.fresh(group, empty, files, CatalogLock.ALONE);
        assertThrows(IOException.class, () -> file.update(files, _ -> first));
        assertEquals(empty, file.present());
        files.repair();
        file.update(files, _ -> first);
        assertEquals(
                first, CatalogFile.open(group, DurableFiles.LOCAL, CatalogLock.ALONE).present());
    }
}
