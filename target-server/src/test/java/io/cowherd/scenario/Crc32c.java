package io.cowherd.scenario;

/// iSCSI's digest, bit by bit as RFC 7143 13.1 and appendix A.4 describe it: slow, and nobody else's.
final class Crc32c {
    private static final int REVERSED_POLYNOMIAL = 0x82F6_3B78;

    private Crc32c() {}

    /// The four bytes that follow `bytes` on the wire.
    static byte[] of(byte[] bytes) {
        int crc = -1;
        for (byte one : bytes) {
            crc ^= one & 0xFF;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ (REVERSED_POLYNOMIAL & -(crc & 1));
            }
        }
        crc = ~crc;
        return new byte[] {
            (byte) crc, (byte) (crc >>> 8), (byte) (crc >>> 16), (byte) (crc >>> 24)
        };
    }
}
