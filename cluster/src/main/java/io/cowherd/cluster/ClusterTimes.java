package io.cowherd.cluster;

import java.time.Duration;

/// The times of the rules, each with its reason. All are measured on monotonic clocks.
///
/// What the safety of the lease leans on is checked here: a node whose last confirmation is `lease` old stops writing,
/// is gone `settle` later at the latest, and both together end before the election may give its locks to another,
/// even if the clocks run [#MAX_DRIFT_PERCENT] apart.
///
/// Immutable.
///
/// @param sessionTtl after which the election service frees the locks of a node that is not heard
/// @param lease how long a node may write after the start of the call that confirmed its session
/// @param settle how long issued I/O may take to end when ownership is lost; then the process is halted
/// @param lockRetry between two attempts at the lock on the storage
/// @param lockPatience how long the lock on the storage is tried before the family is called unavailable
/// @param drainLimit how long hosts' commands may take to end in a hand-over, and again the flush
/// @param epochCheck between two looks of an owner at the stored epoch
/// @param announceEvery between two announcements without news
/// @param silentAfter when a node that is not heard counts as gone, for placement only
/// @param rankDelay head start of a better placed node at a family without an owner
/// @param retryAfter before a node tries again for a family that it did not get
/// @param offerFor how long a family that is handed over is kept for the node it was meant for, while that is heard
/// @param balanceAfter how long the nodes must have been the same before families move for balance
public record ClusterTimes(
        Duration sessionTtl,
        Duration lease,
        Duration settle,
        Duration lockRetry,
        Duration lockPatience,
        Duration drainLimit,
        Duration epochCheck,
        Duration announceEvery,
        Duration silentAfter,
        Duration rankDelay,
        Duration retryAfter,
        Duration offerFor,
        Duration balanceAfter) {
    /// How much faster one clock may run than another; crystals are a thousand times better.
    public static final int MAX_DRIFT_PERCENT = 10;

    /// For Hazelcast's values: session TTL 10 s, heartbeat 2 s.
    public static final ClusterTimes DEFAULTS =
            new ClusterTimes(
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(6),
                    Duration.ofMillis(2500),
                    Duration.ofMillis(100),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(1),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(3),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(15));

    public ClusterTimes {
        Duration gone = lease.plus(settle);
        if (gone.multipliedBy(100 + MAX_DRIFT_PERCENT).compareTo(sessionTtl.multipliedBy(100))
                > 0) {
            throw new IllegalArgumentException(
                    "lease "
                            + lease
                            + " and settle "
                            + settle
                            + " must end "
                            + MAX_DRIFT_PERCENT
                            + " % before the session's time to live "
                            + sessionTtl
                            + "; shorten them or lengthen it");
        }
        if (lease.isNegative() || lease.isZero() || settle.isNegative() || lockRetry.isNegative()) {
            throw new IllegalArgumentException("times of the cluster must be positive");
        }
    }
}
