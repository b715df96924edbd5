package io.cowherd.config.access;

import java.util.Locale;
import java.util.Set;

/// iSCSI names as operators write them (RFC 7143 4.2.7). Hosts compare them without case (RFC 3722), so ours are lower case.
public final class IscsiName {
    /// Longest iSCSI name.
    static final int MAX_LENGTH = 223;

    private static final Set<String> TYPES = Set.of("iqn.", "eui.", "naa.");
    private static final int TYPE_LENGTH = 4;

    private IscsiName() {}

    /// Checks a name and folds it to lower case.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public static String fold(String text) {
        String name = text.toLowerCase(Locale.ROOT);
        boolean hasType =
                name.length() > TYPE_LENGTH && TYPES.contains(name.substring(0, TYPE_LENGTH));
        if (!hasType || name.length() > MAX_LENGTH || !isPlain(name) || name.indexOf('*') >= 0) {
            throw new IllegalArgumentException(
                    "\""
                            + text
                            + "\" is not an iSCSI name. Write for example iqn.1993-08.org.debian:01:host.");
        }
        return name;
    }

    /// True if no character is a blank, a control or a comma.
    static boolean isPlain(String name) {
        return name.codePoints()
                .noneMatch(c -> c == ',' || Character.isWhitespace(c) || Character.isISOControl(c));
    }
}
