package io.cowherd.iscsi.text;

import io.cowherd.config.access.IscsiName;

/// Text that a peer has sent, as it may stand in a log: short, on its line, and without effect on a terminal.
///
/// **Threading.** *Immutable.*
public final class PeerText {
    private static final int MAX_CHARS = 64;

    private PeerText() {}

    /// In quotes, at most 64 characters of it, with what does not show as a backslash and its number.
    public static String quoted(String text) {
        var shown = new StringBuilder("\"");
        boolean isCut = text.length() > MAX_CHARS;
        for (int i = 0; i < (isCut ? MAX_CHARS : text.length()); i++) {
            char c = text.charAt(i);
            if ((c == ' ' || IscsiName.isVisible(c)) && c != '\\' && c != '"') {
                shown.append(c);
            } else {
                shown.append("\\u%04x".formatted((int) c));
            }
        }
        return shown.append(isCut ? "…\"" : "\"").toString();
    }
}
