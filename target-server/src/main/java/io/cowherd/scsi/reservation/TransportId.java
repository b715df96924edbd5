package io.cowherd.scsi.reservation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cowherd.config.access.IscsiName;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The name of an iSCSI initiator port as PERSISTENT RESERVE commands spell it (SPC-4 7.6.4.6). Big-endian.
///
/// | offset | size | field             | meaning                                                                     |
/// |-------:|-----:|-------------------|-----------------------------------------------------------------------------|
/// |      0 |    1 | format, protocol  | `45`: an iSCSI initiator port                                               |
/// |      2 |    2 | additional length | of what follows; a multiple of 4, 20 at least                               |
/// |      4 |    n | name              | iSCSI name, `,i,0x`, ISID in hex digits; ended by at least one NUL, padded  |
///
/// Format 0 (`05`), an initiator without its ports, is not taken: it is ports that are registered, and which ones that
/// would be changes with every login.
///
/// **Threading.** *Immutable.*
final class TransportId {
    private static final byte ISCSI_PORT = 0x45;
    private static final int HEADER_BYTES = 4;
    private static final int LEAST_NAME_BYTES = 20;

    /// RFC 7143: a name of up to 223 bytes, the separator, and up to 12 digits.
    private static final int MAX_NAME_BYTES = 244;

    private static final Pattern PORT = Pattern.compile("([^,]+),i,0x([0-9a-f]{1,12})");

    private TransportId() {}

    /// Bytes that a name takes.
    static int bytes(String initiatorPort) {
        return HEADER_BYTES + paddedBytes(initiatorPort.getBytes(UTF_8).length);
    }

    private static int paddedBytes(int nameBytes) {
        return Math.max(LEAST_NAME_BYTES, (nameBytes + 4) & ~3);
    }

    static void put(String initiatorPort, ByteBuffer out) {
        byte[] name = initiatorPort.getBytes(UTF_8);
        int padded = paddedBytes(name.length);
        int end = out.position() + HEADER_BYTES + padded;
        out.put(ISCSI_PORT).put((byte) 0).putShort((short) padded).put(name);
        while (out.position() < end) {
            out.put((byte) 0);
        }
    }

    /// Takes one from `in`, whose position then is behind it.
    ///
    /// @return the initiator port's name as logins spell it, or null if it is none: then the position means nothing
    static @Nullable String take(ByteBuffer in) {
        if (in.remaining() < HEADER_BYTES + LEAST_NAME_BYTES || in.get() != ISCSI_PORT) {
            return null;
        }
        in.get();
        int length = in.getShort() & 0xFFFF;
        boolean fits = length % 4 == 0 && length >= LEAST_NAME_BYTES && length <= in.remaining();
        if (!fits || length > MAX_NAME_BYTES) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        var text = new String(bytes, UTF_8);
        return Arrays.equals(bytes, text.getBytes(UTF_8)) ? portName(text) : null;
    }

    /// Names that no host could log in by are none.
    private static @Nullable String portName(String padded) {
        int end = padded.indexOf('\0');
        if (end < 0 || !padded.substring(end).chars().allMatch(c -> c == 0)) {
            return null;
        }
        var port = PORT.matcher(padded.substring(0, end).toLowerCase(Locale.ROOT));
        String name = port.matches() ? IscsiName.folded(port.group(1)) : null;
        return name == null
                ? null
                : "%s,i,0x%012x".formatted(name, Long.parseLong(port.group(2), 16));
    }
}
