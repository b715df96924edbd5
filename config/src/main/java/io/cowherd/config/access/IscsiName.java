package io.cowherd.config.access;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// iSCSI names as operators write them and hosts say them (RFC 7143 4.2.7). Hosts compare them without case (RFC 3722), so ours
/// are lower case.
public final class IscsiName {
    /// Longest iSCSI name, in UTF-8.
    private static final int MAX_BYTES = 223;

    private static final Set<String> TYPES = Set.of("iqn.", "eui.", "naa.");
    private static final int TYPE_LENGTH = 4;

    private IscsiName() {}

    /// Checks a name that an operator has written, and folds it to lower case.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public static String fold(String text) {
        String name = folded(text);
        if (name == null || name.indexOf('*') >= 0) {
            throw new IllegalArgumentException(
                    "\""
                            + text
                            + "\" is not an iSCSI name. Write for example iqn.1993-08.org.debian:01:host.");
        }
        return name;
    }

    /// A name that a host has said, in lower case; null if it is none.
    public static @Nullable String folded(String text) {
        String name = text.toLowerCase(Locale.ROOT);
        boolean hasType =
                name.length() > TYPE_LENGTH && TYPES.contains(name.substring(0, TYPE_LENGTH));
        return hasType && isPlain(name) ? name : null;
    }

    /// True if it is not longer than names are, and every character is visible and no comma.
    static boolean isPlain(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
                && name.codePoints().allMatch(c -> c != ',' && isVisible(c));
    }

    /// True of letters, digits, marks, punctuation and symbols. Not of blanks and controls, of what changes the direction
    /// of text or shows nothing at all, nor of halves of characters.
    public static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.SPACE_SEPARATOR,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    false;
            default -> true; // every category there is or will be but these
        };
    }
}
