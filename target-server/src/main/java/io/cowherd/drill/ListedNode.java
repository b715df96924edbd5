package io.cowherd.drill;

import io.cowherd.config.HostPort;
import java.util.List;

/// A node, as the API lists it.
///
/// **Threading.** *Immutable.*
///
/// @param name its name
/// @param state whether it runs, and takes families
/// @param portals where hosts reach it
public record ListedNode(String name, State state, List<HostPort> portals) {
    /// Whether a node runs, and takes families.
    public enum State {
        /// It runs.
        UP,
        /// It runs, and is given no families.
        DRAINED,
        /// It does not run, or nobody reaches it.
        DOWN
    }

    /// Keeps the list from changing.
    public ListedNode {
        portals = List.copyOf(portals);
    }

    boolean runs() {
        return state != State.DOWN;
    }
}
