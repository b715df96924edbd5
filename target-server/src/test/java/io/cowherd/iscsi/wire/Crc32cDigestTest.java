package io.cowherd.iscsi.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// The vectors of RFC 7143 appendix A.4.
class Crc32cDigestTest {
    @Test
    void theVectorsOfTheRfc() {
        byte[] bytes = new byte[32];
        assertEquals(0xaa36918a, digest(bytes), "32 bytes of zeros");
        Arrays.fill(bytes, (byte) 0xFF);
        assertEquals(0x43aba862, digest(bytes), "32 bytes of ones");
        for (int i = 0; i < 32; i++) {
            bytes[i] = (byte) i;
        }
        assertEquals(0x4e79dd46, digest(bytes), "32 bytes incrementing");
    }

    private static int digest(byte[] bytes) {
        var digest = new Crc32cDigest();
        digest.begin();
        digest.update(bytes, 0, bytes.length);
        return digest.value();
    }
}
