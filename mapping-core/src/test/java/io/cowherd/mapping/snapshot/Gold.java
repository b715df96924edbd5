package io.cowherd.mapping.snapshot;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/// Images that a Linux 6.1 kernel has written (spec 6.7).
final class Gold {
    private Gold() {}

    static MemoryDevice read(String name) throws IOException {
        try (var packed =
                        Objects.requireNonNull(
                                Gold.class.getResourceAsStream("/golden/" + name + ".gz"), name);
                var image = new GZIPInputStream(packed)) {
            return MemoryDevice.of(image.readAllBytes());
        }
    }

    static void assertSha256(MemoryDevice device, String begin, String end) {
        String digest = digest("SHA-256", device.get());
        assertTrue(digest.startsWith(begin) && digest.endsWith(end), digest);
    }

    static String digest(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
