package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.LockFile.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A lock keeps out whom it says, in this process as in others, and survives what loses a POSIX record lock.
class LockFileTest {
    @TempDir private Path directory;

    private Path file() {
        return directory.resolve("lock");
    }

    private static void refuse(Path file, Mode mode, String holder) {
        var refused =
                assertThrows(FileInUseException.class, () -> LockFile.lock(file, mode, "another"));
        assertEquals(holder, refused.holder());
    }

    @Test
    void anExclusiveLockKeepsEverybodyOut() throws IOException {
        try (var _ = LockFile.lock(file(), Mode.EXCLUSIVE, "node a")) {
            refuse(file(), Mode.EXCLUSIVE, "node a");
            refuse(file(), Mode.SHARED, "node a");
        }
        LockFile.lock(file(), Mode.EXCLUSIVE, "node b").close();
    }

    @Test
    void aSharedLockKeepsOutWhoWantsItAlone() throws IOException {
        try (var _ = LockFile.lock(file(), Mode.SHARED, "a cluster")) {
            try (var _ = LockFile.lock(file(), Mode.SHARED, "a cluster")) {
                refuse(file(), Mode.EXCLUSIVE, "a cluster");
            }
            refuse(file(), Mode.EXCLUSIVE, "a cluster");
        }
        LockFile.lock(file(), Mode.EXCLUSIVE, "alone").close();
    }

    /// As any backup does, in whatever process.
    @Test
    void toReadAndCloseTheFileLosesNothing() throws IOException {
        try (var _ = LockFile.lock(file(), Mode.EXCLUSIVE, "node a")) {
            assertEquals("node a\n", Files.readString(file()));
            refuse(file(), Mode.EXCLUSIVE, "node a");
        }
    }

    /// Somebody has deleted the file between our opening and our locking it: the next one makes another file.
    @Test
    void aLockOnADeletedFileIsNone() throws IOException {
        Files.createFile(file());
        for (boolean madeAnew : new boolean[] {false, true}) {
            LinuxFile opened = LinuxFile.open(file(), LinuxFile.Access.WRITE);
            assertNotNull(opened);
            Files.delete(file());
            if (madeAnew) {
                Files.createFile(file());
            }
            assertFalse(LockFile.isLocked(opened, file(), Mode.EXCLUSIVE));
            LockFile.lock(file(), Mode.EXCLUSIVE, "next").close();
        }
    }

    @Test
    void whoWaitsGetsItOrIsToldInTime() throws Exception {
        var held = LockFile.lock(file(), Mode.EXCLUSIVE, "node a");
        assertThrows(
                FileInUseException.class,
                () -> LockFile.lock(file(), Mode.EXCLUSIVE, "b", Duration.ofMillis(30)));
        var waiter =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        LockFile.lock(
                                                        file(),
                                                        Mode.EXCLUSIVE,
                                                        "b",
                                                        Duration.ofSeconds(60))
                                                .close();
                                    } catch (IOException e) {
                                        throw new AssertionError(e);
                                    }
                                });
        held.close();
        waiter.join();
        assertEquals("b\n", Files.readString(file()));
    }

    @Test
    void aFolderThatIsNotThereIsNotMade() {
        assertThrows(
                NoSuchFileException.class,
                () -> LockFile.lock(directory.resolve("x").resolve("lock"), Mode.SHARED, "a"));
    }
}
