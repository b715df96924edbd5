package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.FencedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// One holder at a time, each with an epoch of its own, and what is behind its fence ends with it.
class FamilyHoldTest {
    private static final UUID FAMILY = UUID.fromString("0192f3a0-1111-4222-8333-444455556666");

    @TempDir private Path folder;

    private FamilyHold lock(String node) throws IOException {
        return FamilyHold.lock(folder, FAMILY, node, DurableFiles.LOCAL);
    }

    @Test
    void theSecondIsToldWhoHasIt() throws IOException {
        FamilyHold first = lock("a");
        var refused = assertThrows(FamilyInUseException.class, () -> lock("b"));
        assertEquals("node a, process " + ProcessHandle.current().pid(), refused.holder());
        first.end();
        lock("b").end();
    }

    @Test
    void eachTurnHasTheNextEpoch() throws IOException {
        for (int turn = 1; turn <= 3; turn++) {
            FamilyHold hold = lock("n" + turn);
            assertEquals(new FamilyEpoch(turn, "n" + turn), hold.raiseEpoch());
            hold.end();
        }
    }

    @Test
    void nothingIsOpenedBeforeTheEpochIsRaised() throws IOException {
        FamilyHold hold = lock("a");
        assertThrows(IllegalStateException.class, () -> hold.fenceBy(WriteFence.STANDS));
        hold.end();
    }

    @Test
    void theFenceFallsBeforeTheLockIsGivenUp() throws IOException {
        FamilyHold hold = lock("a");
        hold.raiseEpoch();
        LatchedFence fence = hold.fenceBy(WriteFence.STANDS);
        fence.check();
        hold.end();
        assertThrows(FencedException.class, fence::check);
        assertThrows(FencedException.class, hold::checkStored);
    }

    /// The storage has given our lock to another, as NFS does to a client that it takes for dead.
    @Test
    void aNewerEpochFellsTheFence() throws IOException {
        FamilyHold robbed = lock("a");
        robbed.raiseEpoch();
        LatchedFence fence = robbed.fenceBy(WriteFence.STANDS);
        robbed.checkStored();
        Files.delete(folder.resolve(FamilyHold.LOCK));
        FamilyHold robber = lock("b");
        robber.raiseEpoch();
        fence.check();
        var files = new FencedFiles(DurableFiles.LOCAL, robbed::checkStored);
        Path file = folder.resolve("reservations.new");
        var refused = assertThrows(FencedException.class, () -> files.write(file, new byte[9]));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains("epoch 2 of node b") && message.contains("has 1"), message);
        assertTrue(Files.notExists(file));
        assertThrows(FencedException.class, fence::check);
        robber.end();
        robbed.end();
    }
}
