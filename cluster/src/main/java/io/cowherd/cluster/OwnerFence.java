package io.cowherd.cluster;

import java.util.function.LongSupplier;

/// May this node, in this ownership of this family, still write? One object per ownership: once it has fallen it never
/// rises again, so a thread that wakes up late cannot write in the name of a later ownership.
///
/// Asked on the writing thread directly before every write, zeroing and flush, and after every read before its answer is
/// given away: what was read while the fence stood cannot be stale.
///
/// **Threading.** *Thread-safe: two volatile reads and one look at the clock.*
public final class OwnerFence {
    private final Lease lease;
    private final LongSupplier nanos;
    private volatile boolean fallen;

    OwnerFence(Lease lease, LongSupplier nanos) {
        this.lease = lease;
        this.nanos = nanos;
    }

    /// Whether to go on. A lease that is found run out is as good as lost, even if it is renewed a moment later: somebody
    /// has been told so.
    public boolean stands() {
        if (!fallen && !lease.holds(nanos.getAsLong())) {
            fallen = true;
        }
        return !fallen;
    }

    void fall() {
        fallen = true;
    }
}
