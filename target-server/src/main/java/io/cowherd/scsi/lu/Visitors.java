package io.cowherd.scsi.lu;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Counts the third-party copies that use a logical unit: they are tasks of another one, and must have left before the
/// device is closed.
///
/// **Threading.** *Thread-safe: one lock, never held while anybody else is called but those who wait for the end.*
final class Visitors {
    // Guarded by this
    private int inside;
    private final CompletableFuture<@Nullable Void> empty = new CompletableFuture<>();

    private volatile boolean closing;

    /// Lets a copy in, which must [#leave] then; false if the logical unit goes.
    synchronized boolean enter() {
        if (!closing) {
            inside++;
        }
        return !closing;
    }

    /// True if those inside are asked to leave.
    boolean isClosing() {
        return closing;
    }

    synchronized void leave() {
        inside--;
        if (closing && inside == 0) {
            empty.complete(null);
        }
    }

    /// Lets nobody in any more.
    ///
    /// @return completes when nobody is inside
    synchronized CompletionStage<@Nullable Void> close() {
        closing = true;
        if (inside == 0) {
            empty.complete(null);
        }
        return empty;
    }
}
