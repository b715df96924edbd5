package io.cowherd.scenario;

import java.util.HexFormat;

/// Bytes as people write them: hex digits, with blanks and `|` wherever they help, and `..` for a byte that may be anything.
final class Bytes {
    private static final String ANY = "..";

    private Bytes() {}

    static byte[] of(String hex) {
        return HexFormat.of().parseHex(digits(hex));
    }

    static String show(byte[] bytes) {
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    private static String digits(String hex) {
        return hex.replaceAll("[\\s|]", "");
    }

    /// Asserts that `actual` is `pattern`, byte for byte.
    static void assertLike(String what, String pattern, byte[] actual) {
        String digits = digits(pattern);
        if (digits.length() != 2 * actual.length) {
            throw different(what, pattern, actual, Math.min(digits.length() / 2, actual.length));
        }
        for (int i = 0; i < actual.length; i++) {
            String expected = digits.substring(2 * i, 2 * i + 2);
            if (!expected.equals(ANY) && HexFormat.fromHexDigits(expected) != (actual[i] & 0xFF)) {
                throw different(what, pattern, actual, i);
            }
        }
    }

    private static AssertionError different(String what, String pattern, byte[] actual, int at) {
        return new AssertionError(
                "%s differs at byte %d (%d bytes):%nexpected %s%nbut was  %s"
                        .formatted(what, at, actual.length, pattern, show(actual)));
    }

    /// A pattern in which no two blocks of 512 bytes are alike: no byte may come from elsewhere unnoticed.
    static byte[] pattern(int seed, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            int mixed = (seed * 31 + (i >>> 9)) * 0x9E37_79B1 + i;
            bytes[i] = (byte) ((mixed >>> 13 ^ mixed) | 1);
        }
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
