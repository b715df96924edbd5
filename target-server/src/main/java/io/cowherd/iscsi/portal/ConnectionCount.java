package io.cowherd.iscsi.portal;

import io.cowherd.config.Limits;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts connections against `Limits.maxConnections` and `Limits.maxUnauthenticatedConnections`.
///
/// **Threading.** *Thread-safe: atomic counters.*
final class ConnectionCount {
    private final int maxConnections;
    private final int maxUnauthenticated;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicInteger unauthenticated = new AtomicInteger();

    ConnectionCount(Limits limits) {
        this.maxConnections = limits.maxConnections();
        this.maxUnauthenticated = limits.maxUnauthenticatedConnections();
    }

    /// Counts a connection that has not logged in.
    ///
    /// @return false if there is no room; nothing is counted then
    boolean tryEnter() {
        if (connections.incrementAndGet() > maxConnections) {
            connections.decrementAndGet();
            return false;
        }
        if (unauthenticated.incrementAndGet() > maxUnauthenticated) {
            unauthenticated.decrementAndGet();
            connections.decrementAndGet();
            return false;
        }
        return true;
    }

    void loggedIn() {
        unauthenticated.decrementAndGet();
    }

    /// @param wasLoggedIn whether [#loggedIn()] was called for it
    void left(boolean wasLoggedIn) {
        connections.decrementAndGet();
        if (!wasLoggedIn) {
            unauthenticated.decrementAndGet();
        }
    }

    int connections() {
        return connections.get();
    }
}
