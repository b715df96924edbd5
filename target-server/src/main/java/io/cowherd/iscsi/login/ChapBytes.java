package io.cowherd.iscsi.login;

import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// Binary values of CHAP keys as text: `0x` and hex digits, or `0b` and base64, prefix and hex digits in either case
/// (RFC 7143 6.1).
///
/// **Threading.** *Immutable.*
public final class ChapBytes {
    private static final int PREFIX_LENGTH = 2;

    private ChapBytes() {}

    /// The bytes of a value; null if it is none, or has none or more than `maxBytes`.
    public static byte @Nullable [] decode(String text, int maxBytes) {
        if (text.length() <= PREFIX_LENGTH || text.charAt(0) != '0') {
            return null;
        }
        String digits = text.substring(PREFIX_LENGTH);
        try {
            byte[] bytes =
                    switch (text.charAt(1)) {
                        case 'x', 'X' ->
                                digits.length() > 2L * maxBytes
                                        ? null
                                        : HexFormat.of().parseHex(digits);
                        case 'b', 'B' ->
                                digits.length() > base64Length(maxBytes)
                                        ? null
                                        : Base64.getDecoder().decode(digits);
                        default -> null; // no prefix of a binary value
                    };
            return bytes == null || bytes.length == 0 || bytes.length > maxBytes ? null : bytes;
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static long base64Length(int bytes) {
        return (bytes + 2L) / 3 * 4;
    }

    /// Lower-case hex, which every host reads.
    public static String encode(byte[] bytes) {
        return "0x" + HexFormat.of().formatHex(bytes);
    }
}
