package io.cowherd.config;

/// Bounds on what users of the management API can make the server hold or wait for. [#DEFAULTS] is what ships.
///
/// @param httpConnections connections to the management port; beyond it the oldest without a complete request is closed. More than
///     twice `operations` and `eventSubscribers` together, which are all that keep their place: the rest is for probes and newcomers
/// @param httpBodyBytes largest request body; beyond it 413
/// @param httpRequestMillis from accept, or the end of a request's header, to the next step of a request, however it dribbles in;
///     the connection is closed after it. Ten seconds: bodies are small, and the slowest honest client is a person's script
/// @param httpIdleSeconds time between two requests after which a connection is closed, and silence while one is at work
/// @param operations changes that may be at work or wait for it, and as many queries beside them; beyond it 503
/// @param operationThreads threads on which changes work, and as many for queries
/// @param eventSubscribers open event streams; beyond it 503
/// @param eventBacklog events kept for a subscriber that comes back with `Last-Event-ID`
/// @param stopTimeoutMillis longest time that a graceful stop may take before the process ends regardless
public record ManagementLimits(
        int httpConnections,
        int httpBodyBytes,
        int httpRequestMillis,
        int httpIdleSeconds,
        int operations,
        int operationThreads,
        int eventSubscribers,
        int eventBacklog,
        int stopTimeoutMillis) {
    /// Validates the bounds against each other.
    public ManagementLimits {
        if (httpConnections <= 2 * operations + eventSubscribers) {
            throw new IllegalArgumentException(
                    httpConnections
                            + " connections (httpConnections) leave no room for probes beside "
                            + operations
                            + " changes, as many queries and "
                            + eventSubscribers
                            + " event streams.");
        }
    }

    /// What ships.
    public static final ManagementLimits DEFAULTS =
            new ManagementLimits(256, 65_536, 10_000, 60, 64, 4, 32, 1024, 25_000);
}
