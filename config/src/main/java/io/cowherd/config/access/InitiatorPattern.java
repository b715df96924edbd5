package io.cowherd.config.access;

import java.util.Locale;

/// Which initiators are meant: an iSCSI name, or a name with one `*` that stands for any characters, at its end
/// (`iqn.1991-05.com.microsoft:*`), its beginning (`*:web01`), in between, or alone.
///
/// @param text as written, in lower case
public record InitiatorPattern(String text) {
    /// Any initiator.
    public static final InitiatorPattern ANY = new InitiatorPattern("*");

    /// Validates the pattern and folds it to lower case.
    public InitiatorPattern {
        text = text.toLowerCase(Locale.ROOT);
        int star = text.indexOf('*');
        if (star < 0) {
            text = IscsiName.fold(text);
        } else if (text.lastIndexOf('*') != star || !IscsiName.isPlain(text)) {
            throw new IllegalArgumentException(
                    "\""
                            + text
                            + "\" is not a pattern of initiator names. Write a name, or one with a single *, for"
                            + " example iqn.1991-05.com.microsoft:*.");
        }
    }

    /// True if the initiator is meant.
    ///
    /// @param initiatorName in lower case
    public boolean matches(String initiatorName) {
        int star = text.indexOf('*');
        if (star < 0) {
            return text.equals(initiatorName);
        }
        return initiatorName.length() >= text.length() - 1
                && initiatorName.startsWith(text.substring(0, star))
                && initiatorName.endsWith(text.substring(star + 1));
    }

    /// How much it says: of several patterns that match, the one with the highest is meant most. A full name is above all patterns.
    public int specificity() {
        return text.indexOf('*') < 0 ? Integer.MAX_VALUE : text.length();
    }

    @Override
    public String toString() {
        return text;
    }
}
