package io.cowherd.scsi.target;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Runs something later, once.
///
/// **Threading.** *Thread-safe.*
@FunctionalInterface
public interface Alarm {
    /// Runs `action` after the delay, on a thread that must not be kept.
    void after(long delayMillis, Runnable action);

    /// The Java runtime's own timer.
    static Alarm system() {
        return (delayMillis, action) ->
                CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS)
                        .execute(action);
    }
}
