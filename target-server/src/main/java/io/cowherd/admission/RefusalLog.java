package io.cowherd.admission;

import java.util.function.Consumer;

/// Says in the log what strangers can make happen any number of times: some lines a minute, and of the others how many
/// they were.
///
/// **Threading.** *Thread-safe: one lock, which is never held while anybody else is called.*
public final class RefusalLog {
    private static final long MINUTE_MILLIS = 60_000;

    /// Does something later.
    @FunctionalInterface
    public interface Delay {
        /// Runs `work` after that time.
        void after(long millis, Runnable work);
    }

    // Immutable
    private final Consumer<String> log;
    private final Delay delay;
    private final int linesPerMinute;
    private final String rest;

    // Guarded by this
    private long saidInThisMinute;

    /// A log that is silent so far.
    ///
    /// @param log writes one line
    /// @param linesPerMinute that are written as they come, 1 or more
    /// @param rest the line that follows after a minute if there were more; `%d` in it stands for their number
    public RefusalLog(Consumer<String> log, Delay delay, int linesPerMinute, String rest) {
        this.log = log;
        this.delay = delay;
        this.linesPerMinute = linesPerMinute;
        this.rest = rest;
    }

    /// Writes the line, or counts it.
    public void say(String line) {
        long said;
        synchronized (this) {
            said = ++saidInThisMinute;
        }
        if (said == 1) {
            delay.after(MINUTE_MILLIS, this::minuteEnds);
        }
        if (said <= linesPerMinute) {
            log.accept(line);
        }
    }

    private void minuteEnds() {
        long unsaid;
        synchronized (this) {
            unsaid = saidInThisMinute - linesPerMinute;
            saidInThisMinute = 0;
        }
        if (unsaid > 0) {
            log.accept(rest.formatted(unsaid));
        }
    }
}
