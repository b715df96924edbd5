package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// A catalog whose content cannot be trusted. Nothing has been changed.
public final class CorruptCatalogException extends IOException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_FOUND_CHARS = 80;

    /// @param file the catalog
    /// @param where line or field
    /// @param found what stands there
    /// @param expected what should
    CorruptCatalogException(Path file, String where, String found, String expected) {
        super(
                "The catalog "
                        + file
                        + " is damaged: "
                        + where
                        + ": found "
                        + printable(found)
                        + ", expected "
                        + expected
                        + ". Put a backup in its place, or the generation before, which is kept beside it as "
                        + CatalogFile.PREVIOUS
                        + ": it lacks the last change; if that was a snapshot, the snapshot is lost with it.");
    }

    /// The damage may be anything, and goes to terminals and logs: short, in ASCII, on one line.
    static String printable(String found) {
        var shown = new StringBuilder();
        int end = Math.min(found.length(), MAX_FOUND_CHARS);
        for (int i = 0; i < end; i++) {
            char c = found.charAt(i);
            shown.append(c >= ' ' && c <= '~' ? String.valueOf(c) : "\\u%04x".formatted((int) c));
        }
        return shown.append(end < found.length() ? "…" : "").toString();
    }
}
