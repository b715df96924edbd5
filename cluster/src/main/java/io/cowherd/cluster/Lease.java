package io.cowherd.cluster;

import java.time.Duration;

/// The self-fencing deadline of a node: until then it may write without hearing from the election.
///
/// Renewed only by a confirmation of the node's session, and counted from the **start** of the call that confirmed it:
/// whatever the answer's way took, the election service cannot have begun to count the session's time to live earlier. So
/// the lease ends before the service may give a lock of this node to another (`ClusterTimes`).
///
/// A thread that writes asks for itself, directly before it writes. Nothing has to wake up for the lease to end.
/// What it cannot see: a thread that is frozen between its look and its write, and a machine whose monotonic clock stood
/// still with it. For these there is the lock on the storage.
///
/// **Threading.** *Thread-safe: one volatile deadline, written by the node's thread only.*
public final class Lease {
    private final long length;

    /// On `System.nanoTime`'s scale; compare by difference.
    private volatile long deadline;

    /// A lease that has not begun.
    ///
    /// @param now monotonic nanoseconds
    Lease(Duration length, long now) {
        this.length = length.toNanos();
        this.deadline = now;
    }

    /// Lasts until `confirmedFrom` plus its length, if that is later than now.
    ///
    /// @param confirmedFrom when the call started that confirmed the session
    void renew(long confirmedFrom) {
        long renewed = confirmedFrom + length;
        if (renewed - deadline > 0) {
            deadline = renewed;
        }
    }

    /// The session is known to be gone.
    void end(long now) {
        deadline = now;
    }

    /// Whether this node may still write.
    ///
    /// @param now monotonic nanoseconds
    public boolean holds(long now) {
        return now - deadline < 0;
    }
}
