package io.cowherd.config;

/// Bounds on what users of the management API can make the server hold or wait for. [#DEFAULTS] is what ships.
///
/// @param httpConnections connections to the management port; more are closed at once
/// @param httpBodyBytes largest request body; beyond it 413
/// @param httpIdleSeconds silence after which a connection is closed
/// @param operations requests that may be at work or wait for it; beyond it 503
/// @param operationThreads threads on which they work
/// @param eventSubscribers open event streams; beyond it 503
/// @param eventBacklog events kept for a subscriber that comes back with `Last-Event-ID`
/// @param stopTimeoutMillis longest time that a graceful stop may take before the process ends regardless
public record ManagementLimits(
        int httpConnections,
        int httpBodyBytes,
        int httpIdleSeconds,
        int operations,
        int operationThreads,
        int eventSubscribers,
        int eventBacklog,
        int stopTimeoutMillis) {
    /// What ships.
    public static final ManagementLimits DEFAULTS =
            new ManagementLimits(256, 65_536, 60, 64, 4, 32, 1024, 25_000);
}
