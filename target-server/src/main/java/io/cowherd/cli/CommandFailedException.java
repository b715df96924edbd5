package io.cowherd.cli;

/// A command that was understood and refused, or could not be done: exit code 1.
public final class CommandFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String correction;

    /// @param cause one sentence naming the thing and why
    /// @param correction one sentence saying what to do; may be empty
    public CommandFailedException(String cause, String correction) {
        super(cause);
        this.correction = correction;
    }

    /// What to do; empty if there is nothing to say.
    public String correction() {
        return correction;
    }
}
