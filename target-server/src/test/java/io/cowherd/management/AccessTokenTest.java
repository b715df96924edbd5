package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTokenTest {
    @Test
    void theFirstStartMakesItForItsOwnerOnly(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("token");
        AccessToken made = AccessToken.open(directory);
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        String text = Files.readString(file).strip();
        assertEquals(43, text.length());
        assertTrue(made.matches(text));
        assertFalse(made.matches(text + "x"));
        assertFalse(made.matches(""));
        assertTrue(AccessToken.open(directory).matches(text), "the next start keeps it");
        assertEquals(1, list(directory));
    }

    @Test
    void twoServersHaveDifferentOnes(@TempDir Path first, @TempDir Path second) throws IOException {
        AccessToken.open(first);
        assertFalse(
                AccessToken.open(second).matches(Files.readString(first.resolve("token")).strip()));
    }

    /// A start that was killed while it wrote left an unfinished file, which must not become the token.
    @Test
    void anUnfinishedOneIsMadeAnew(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("token.new"), "half");
        AccessToken.open(directory);
        assertEquals(43, Files.readString(directory.resolve("token")).strip().length());
        assertEquals(1, list(directory));
    }

    @Test
    void oneThatOthersCanReadIsRefused(@TempDir Path directory) throws IOException {
        AccessToken.open(directory);
        Path file = directory.resolve("token");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        var refused = assertThrows(IOException.class, () -> AccessToken.open(directory));
        assertTrue(String.valueOf(refused.getMessage()).contains("600"), refused::toString);
    }

    @Test
    void anEmptyOneIsRefused(@TempDir Path directory) throws IOException {
        AccessToken.open(directory);
        Files.writeString(directory.resolve("token"), "\n");
        assertThrows(IOException.class, () -> AccessToken.open(directory));
    }

    @Test
    void oneOfAnyBytesIsRefusedByName(@TempDir Path directory) throws IOException {
        AccessToken.open(directory);
        Path file = directory.resolve("token");
        Files.write(file, new byte[] {(byte) 0xC3, 0x28, 0, (byte) 0xFF, 0x1B, '[', '2', 'J'});
        var refused = assertThrows(IOException.class, () -> AccessToken.open(directory));
        String message = String.valueOf(refused.getMessage());
        assertTrue(message.contains(file + ": does not hold a token"), message);
    }

    private static long list(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.count();
        }
    }
}
