package io.cowherd.config;

/// Bounds on everything that a peer controls (invariant I9). Each has a name and a default; [#DEFAULTS] is what ships.
///
/// @param loginTimeoutMillis from accept to full feature phase; the connection is closed after it
/// @param maxConnections connections of all portals together, logged in or not: sessions and logins at their bounds
/// @param maxUnauthenticatedConnections connections that have not finished their login; beyond it the oldest of the address
///     with the most is closed. Each costs a file descriptor and at most `maxTextBytes`, and an honest one needs its place for
///     milliseconds
/// @param maxUnauthenticatedPerAddress of these, those of one address (of IPv6 the first 64 bits); beyond it its oldest is
///     closed. A quarter: one address cannot keep others out, and a storm of logins of all hosts behind one router still fits
/// @param maxSessions sessions of all targets together
/// @param maxSessionsPerInitiator sessions of one initiator name, discovery included. A quarter: 64 targets over two portals
/// @param commandWindow commands that one session may have in flight (MaxCmdSN - ExpCmdSN + 1)
/// @param maxRecvDataSegmentLengthBytes largest data segment that we accept (our MaxRecvDataSegmentLength)
/// @param maxTextBytes login or text keys that one exchange may collect over continued PDUs
/// @param maxBurstLengthBytes our answer to MaxBurstLength is at most this
/// @param firstBurstLengthBytes our answer to FirstBurstLength is at most this
/// @param maxTransferBytes largest READ or WRITE (VPD B0 MAXIMUM TRANSFER LENGTH)
/// @param bufferedBytes data of all connections together that is held in memory; commands beyond it get TASK SET FULL
/// @param unsentBytes response bytes queued on one connection before it is not read from any more
/// @param nopInIntervalMillis silence after which a session is pinged
/// @param nopInTimeoutMillis silence after a ping after which the session is dropped
/// @param taskManagementTimeoutMillis longest time that a task management function waits for running tasks
/// @param logoutTimeoutMillis time that hosts get to log out at a graceful stop
/// @param reinstatementTimeoutMillis longest time that a login waits for the commands of the session it reinstates; after it the
///     host is sent away with status 0301 and tries again. Less than Kubernetes gives a login (3 s), and ESXi (5 s)
/// @param largestLun largest LUN of a target. 255: what Windows reads; hosts get those above, up to [#MAX_LUN], in flat addressing
/// @param ioThreads threads for I/O that may block
/// @param ioQueue requests that may wait for such a thread, per server
public record Limits(
        int loginTimeoutMillis,
        int maxConnections,
        int maxUnauthenticatedConnections,
        int maxUnauthenticatedPerAddress,
        int maxSessions,
        int maxSessionsPerInitiator,
        int commandWindow,
        int maxRecvDataSegmentLengthBytes,
        int maxTextBytes,
        int maxBurstLengthBytes,
        int firstBurstLengthBytes,
        int maxTransferBytes,
        long bufferedBytes,
        int unsentBytes,
        int nopInIntervalMillis,
        int nopInTimeoutMillis,
        int taskManagementTimeoutMillis,
        int logoutTimeoutMillis,
        int reinstatementTimeoutMillis,
        int largestLun,
        int ioThreads,
        int ioQueue) {
    /// What ships.
    public static final Limits DEFAULTS =
            new Limits(
                    15_000,
                    1024,
                    512,
                    128,
                    512,
                    128,
                    128,
                    262_144,
                    65_536,
                    262_144,
                    65_536,
                    16 << 20,
                    256L << 20,
                    4 << 20,
                    15_000,
                    15_000,
                    10_000,
                    3_000,
                    2_000,
                    255,
                    64,
                    65_536);

    /// Largest LUN that SCSI can address in one level (SAM-5 4.7.7.4).
    public static final int MAX_LUN = 16_383;

    /// Validates what an administrator may choose.
    public Limits {
        if (largestLun < 0 || largestLun > MAX_LUN) {
            throw new IllegalArgumentException(
                    "The largest LUN, "
                            + largestLun
                            + ", is not within 0 to "
                            + MAX_LUN
                            + ": 255 is what every host can read.");
        }
    }

    /// The same with another largest LUN.
    public Limits withLargestLun(int largest) {
        return new Limits(
                loginTimeoutMillis,
                maxConnections,
                maxUnauthenticatedConnections,
                maxUnauthenticatedPerAddress,
                maxSessions,
                maxSessionsPerInitiator,
                commandWindow,
                maxRecvDataSegmentLengthBytes,
                maxTextBytes,
                maxBurstLengthBytes,
                firstBurstLengthBytes,
                maxTransferBytes,
                bufferedBytes,
                unsentBytes,
                nopInIntervalMillis,
                nopInTimeoutMillis,
                taskManagementTimeoutMillis,
                logoutTimeoutMillis,
                reinstatementTimeoutMillis,
                largest,
                ioThreads,
                ioQueue);
    }
}
