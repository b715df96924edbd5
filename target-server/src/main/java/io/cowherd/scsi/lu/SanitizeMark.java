package io.cowherd.scsi.lu;

import java.io.IOException;

/// Remembers across restarts that a SANITIZE has begun and not ended: until it has, nobody may take the data for erased.
///
/// **Threading.** *Thread-safe.* May block.
public interface SanitizeMark {
    /// Remembers nothing: for logical units that do not outlive the process.
    SanitizeMark NONE =
            new SanitizeMark() {
                @Override
                public boolean isSet() {
                    return false;
                }

                @Override
                public void set() {}

                @Override
                public void clear() {}
            };

    /// True if a SANITIZE was cut short.
    boolean isSet();

    /// Sets the mark, durably. Idempotent.
    void set() throws IOException;

    /// Takes the mark away, durably. Idempotent.
    void clear() throws IOException;
}
