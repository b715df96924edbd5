package io.cowherd.scsi.target;

/// Waits until the running tasks among those that were aborted have ended.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Drain {
    private final Runnable drained;
    private int open = 1; // the one that close() takes away

    Drain(Runnable drained) {
        this.drained = drained;
    }

    void add() {
        open++;
    }

    /// A task has ended.
    void ended() {
        open--;
        if (open == 0) {
            drained.run();
        }
    }

    /// No further task will be added; runs `drained` at once if none is left.
    void close() {
        ended();
    }
}
