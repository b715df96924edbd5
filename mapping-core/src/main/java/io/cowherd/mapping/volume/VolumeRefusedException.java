package io.cowherd.mapping.volume;

/// A request on a volume that is refused, with its cause and what would make it succeed. Nothing has changed.
public final class VolumeRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /// Why, coarsely: what REST turns into a status and the CLI into an exit code.
    public enum Reason {
        /// The request itself is wrong: a name, a size, a chunk size.
        INVALID,
        /// The volume does not exist.
        NOT_FOUND,
        /// The name is taken.
        EXISTS,
        /// The volume is in a state that forbids it: in use, invalid, has snapshots.
        CONFLICT,
        /// Not enough space or a limit is reached.
        EXHAUSTED,
        /// Another node of the cluster serves the volume: ask that one.
        ELSEWHERE
    }

    private final Reason reason;
    private final String correction;

    /// @param reason coarse class
    /// @param cause one sentence naming the thing and the cause
    /// @param correction one sentence saying what to do instead; may be empty
    public VolumeRefusedException(Reason reason, String cause, String correction) {
        super(cause);
        this.reason = reason;
        this.correction = correction;
    }

    /// Coarse class of the refusal.
    public Reason reason() {
        return reason;
    }

    /// What to do instead; empty if there is nothing to say.
    public String correction() {
        return correction;
    }
}
