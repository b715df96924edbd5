package io.cowherd.mapping.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.FileFault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A data directory is open once, in this process or another (invariant I6 on one node).
class DataDirectoryTest {
    /// What the other process runs: opens the directory and says what became of it.
    static final class Intruder {
        private Intruder() {}

        public static void main(String[] arguments) throws IOException {
            try (var directory = DataDirectory.open(Path.of(arguments[0]))) {
                System.err.print("opened " + directory);
            } catch (DataDirectoryInUseException e) {
                System.err.print(e.getMessage());
            }
        }
    }

    @TempDir private Path parent;

    @Test
    void aSecondPoolIsRefusedInThisProcess() throws IOException {
        Path data = parent.resolve("data");
        try (var fixture = new PoolFixture(data)) {
            var refused =
                    assertThrows(DataDirectoryInUseException.class, () -> new PoolFixture(data));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains(data.toString()), message);
            assertTrue(message.contains("process " + pid()), message);
            assertEquals(List.of(), fixture.pool().list());
        }
        new PoolFixture(data).close();
    }

    /// Also after a second attempt here, which could have lost us the lock without our knowing.
    @Test
    void anotherProcessIsRefused() throws Exception {
        Path data = parent.resolve("data");
        try (var _ = new PoolFixture(data)) {
            assertThrows(DataDirectoryInUseException.class, () -> new PoolFixture(data));
            assertEquals(
                    "The data directory "
                            + data
                            + " is in use by process "
                            + pid()
                            + ". Stop that server first, or use another directory.",
                    intrude(data));
        }
        assertEquals("opened " + data.toRealPath(), intrude(data));
    }

    /// The nodes of a cluster bear each other, and a single server nobody.
    @Test
    void aClusterAndASingleServerKeepEachOtherOut() throws IOException {
        Path data = parent.resolve("data");
        try (var _ = DataDirectory.openShared(data);
                var _ = DataDirectory.openShared(data)) {
            var refused = assertThrows(DataDirectoryInUseException.class, () -> intruder(data));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains("is in use by the nodes of a cluster"), message);
        }
        try (var _ = DataDirectory.open(data)) {
            var refused =
                    assertThrows(
                            DataDirectoryInUseException.class,
                            () -> DataDirectory.openShared(data));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains("is in use by process " + pid()), message);
        }
    }

    private static void intruder(Path data) throws IOException {
        DataDirectory.open(data).close();
    }

    private static String intrude(Path data) throws Exception {
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:TieredStopAtLevel=1",
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Intruder.class.getName(),
                                data.toString())
                        .start();
        byte[] said = process.getErrorStream().readAllBytes();
        process.waitFor();
        return new String(said, StandardCharsets.UTF_8);
    }

    private static long pid() {
        return ProcessHandle.current().pid();
    }

    @Test
    void aFileIsNoDirectory() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));
        var refused = assertThrows(NotDirectoryException.class, () -> new PoolFixture(file));
        assertEquals(file + " is no directory", FileFault.describe(refused));
    }

    @Test
    void aDirectoryThatIsMadeIsItsOwnersOnly() throws IOException {
        Path data = parent.resolve("a").resolve("b");
        new PoolFixture(data).close();
        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(data)));
    }
}
