package io.cowherd.mapping.volume;

import java.io.IOException;
import java.util.UUID;

/// A family whose lock another holds, which has not given it up in time. Nothing has been changed; to ask again later is safe.
///
/// If it does not end: the holder is frozen, or storage has not given it up yet. Only its end frees the family.
public final class FamilyInUseException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String holder;

    /// @param holder who has it, as its lock file says; may be empty
    FamilyInUseException(UUID family, String holder) {
        super(
                "The family "
                        + family
                        + " is still held by "
                        + (holder.isEmpty() ? "another process" : holder)
                        + ". End that process if it does not answer");
        this.holder = holder;
    }

    /// Who has it: `node NAME, process PID`, or empty if that cannot be told.
    public String holder() {
        return holder;
    }
}
