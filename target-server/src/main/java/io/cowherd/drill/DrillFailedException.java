package io.cowherd.drill;

/// Something that a drill needs cannot be done: it says nothing about what was written.
public final class DrillFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String correction;

    /// @param cause one sentence naming the thing and why
    /// @param correction one sentence saying what to do; may be empty
    public DrillFailedException(String cause, String correction) {
        super(cause);
        this.correction = correction;
    }

    /// What to do; empty if there is nothing to say.
    public String correction() {
        return correction;
    }

    /// The cause, which is always there.
    String sentence() {
        return String.valueOf(getMessage());
    }
}
