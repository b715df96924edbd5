package io.cowherd.mapping.volume;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/// One line of a catalog being taken apart: `word key=value key=value …`, keys in a fixed order.
///
/// In a value, blanks, control characters and `%` stand as `%` and two capital hex digits per byte of UTF-8.
///
/// **Threading.** *Confined* to the one decoder that made it.
final class CatalogFields {
    /// Why a line is not what it should be; [CatalogFormat] adds the file and the line.
    static final class Fault extends Exception {
        private static final long serialVersionUID = 1L;

        private final String where;
        private final String found;
        private final String expected;

        Fault(String where, String found, String expected) {
            super(where);
            this.where = where;
            this.found = found;
            this.expected = expected;
        }

        String where() {
            return where;
        }

        String found() {
            return found;
        }

        String expected() {
            return expected;
        }
    }

    private final String[] words;
    private int next;

    CatalogFields(String line) {
        this.words = line.split(" ", -1);
    }

    /// First word of the line.
    String kind() {
        next = 1;
        return words[0];
    }

    /// True if the next field has that key.
    boolean hasNext(String key) {
        return next < words.length && words[next].startsWith(key + "=");
    }

    String text(String key) throws Fault {
        if (!hasNext(key)) {
            String found = next < words.length ? "\"" + words[next] + "\"" : "the end of the line";
            throw new Fault("field " + (next + 1), found, "\"" + key + "=\"");
        }
        return unescape(key, words[next++].substring(key.length() + 1));
    }

    long number(String key, long min, long max) throws Fault {
        String text = text(key);
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max && text.equals(Long.toString(value))) {
                return value;
            }
        } catch (NumberFormatException _) {
            // falls through to the same complaint
        }
        throw new Fault(key, "\"" + text + "\"", "a number from " + min + " to " + max);
    }

    UUID uuid(String key) throws Fault {
        String text = text(key);
        try {
            var uuid = UUID.fromString(text);
            if (uuid.toString().equals(text)) {
                return uuid;
            }
        } catch (IllegalArgumentException _) {
            // falls through to the same complaint
        }
        throw new Fault(key, "\"" + text + "\"", "a UUID");
    }

    Instant instant(String key) throws Fault {
        String text = text(key);
        try {
            return Instant.parse(text);
        } catch (DateTimeException _) {
            throw new Fault(key, "\"" + text + "\"", "a time such as 2026-11-01T00:00:00Z");
        }
    }

    void end() throws Fault {
        if (next != words.length) {
            throw new Fault(
                    "field " + (next + 1), "\"" + words[next] + "\"", "the end of the line");
        }
    }

    static String escape(String value) {
        var out = new StringBuilder(value.length());
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c > ' ' && c != '%' && c != 0x7f) {
                out.append(c);
            } else {
                out.append('%').append(HexFormat.of().withUpperCase().toHexDigits((byte) c));
            }
        }
        return out.toString();
    }

    private static String unescape(String key, String value) throws Fault {
        try {
            // URLDecoder takes "+" for a blank, which our values never mean
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw new Fault(key, "\"" + value + "\"", "two hex digits after each per cent sign");
        }
    }
}
