package io.cowherd.management;

/// How far the server is: what the health probes answer.
///
/// ```text
/// STARTING ──▶ READY ──▶ STOPPING
///     └──────────────────────▲
/// ```
///
/// **Threading.** *Thread-safe*: one volatile field.
public final class Readiness {
    /// The states, in the only order in which they come.
    public enum State {
        /// Volumes are being opened, portals bound. From nothing; to READY or STOPPING.
        STARTING,
        /// Logins are served. From STARTING; to STOPPING.
        READY,
        /// Hosts are being told to go. The end.
        STOPPING
    }

    // Any thread
    private volatile State state = State.STARTING;

    /// Present state.
    public State state() {
        return state;
    }

    /// Moves on.
    ///
    /// @throws IllegalStateException if that would be a step back
    public synchronized void become(State next) {
        if (next.compareTo(state) < 0) {
            throw new IllegalStateException("readiness cannot go from " + state + " to " + next);
        }
        state = next;
    }
}
