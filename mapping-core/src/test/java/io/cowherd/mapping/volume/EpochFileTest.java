package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The epoch goes up by one each time, whatever crashes, and what is not an epoch is refused by name.
class EpochFileTest {
    private static final UUID FAMILY = UUID.fromString("0192f3a0-1111-4222-8333-444455556666");
    private static final String FIRST =
            """
            cowherd-epoch 1 80 635fd161
            family origin=0192f3a0-1111-4222-8333-444455556666
            epoch number=1 node=rack%201
            """;

    @TempDir private Path directory;

    private EpochFile open(DurableFiles files) {
        return new EpochFile(directory, FAMILY, files);
    }

    @Test
    void theBytesArePinned() throws IOException {
        assertEquals(FamilyEpoch.NONE, open(DurableFiles.LOCAL).read());
        open(DurableFiles.LOCAL).begin("rack 1");
        assertEquals(FIRST, Files.readString(directory.resolve("epoch")));
        assertEquals(new FamilyEpoch(1, "rack 1"), open(DurableFiles.LOCAL).read());
        assertEquals(new FamilyEpoch(2, "b"), open(DurableFiles.LOCAL).begin("b"));
    }

    /// Cut before step 1, 2, 3, …: what has been given out is never given out again.
    @Test
    void aPowerCutNeverTakesItBack() throws IOException {
        var random = new Random(7);
        long last = 0;
        boolean cut = true;
        for (int step = 1; cut; step++) {
            var graveyard = Files.createDirectory(directory.resolve("graveyard" + step));
            var files = new PowerCutFiles(graveyard, step);
            try {
                last = open(files).begin("a").number();
            } catch (PowerCutFiles.PowerCut _) {
                // as planned
            }
            cut = !files.survived();
            files.loseUnsynced(random);
            long found = open(DurableFiles.LOCAL).read().number();
            assertTrue(found >= last, "step " + step + ": " + found + " after " + last);
        }
        assertTrue(last > 0);
    }

    @Test
    void everyFlippedBitAndEveryTruncationIsRefused() throws IOException {
        Path file = directory.resolve("epoch");
        byte[] whole = FIRST.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < whole.length * 8; i++) {
            byte[] flipped = whole.clone();
            flipped[i / 8] ^= (byte) (1 << i % 8);
            refuse(file, flipped, "flipped bit " + i);
        }
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = new byte[length];
            System.arraycopy(whole, 0, cut, 0, length);
            refuse(file, cut, "cut to " + length);
        }
    }

    private void refuse(Path file, byte[] content, String what) throws IOException {
        Files.write(file, content);
        var refused =
                assertThrows(
                        UnreadableEpochException.class,
                        () -> open(DurableFiles.LOCAL).begin("b"),
                        what);
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(file.toString()), message);
    }

    @Test
    void anotherFamilysIsRefused() throws IOException {
        open(DurableFiles.LOCAL).begin("a");
        var other = new EpochFile(directory, new UUID(1, 2), DurableFiles.LOCAL);
        var refused = assertThrows(UnreadableEpochException.class, other::read);
        assertTrue(String.valueOf(refused.getMessage()).contains("Stop every node"));
    }

    /// A full file system keeps no family from its next owner.
    @Test
    void thereIsRoomForTheNextOnAFullFileSystem() throws IOException {
        var files = new FullDiskFiles();
        open(files).begin("a");
        files.fill();
        assertEquals(2, open(files).begin("b").number());
    }
}
