package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.FencedException;

/// Says whether this node may write to a family now. Asked on the thread of the request: directly before everything that changes a
/// backing device, the family's files or its part of the catalog; and directly after every read, before its answer is given away.
///
/// In a cluster it is a deadline on the monotonic clock that the owner keeps pushing ahead for as long as it knows to be the
/// owner: so it falls by itself on a node that was paused, or cut off. What it has let through may reach the storage later; the
/// deadline lies far enough ahead of the time at which another node may begin.
///
/// **Threading.** *Thread-safe*: from any thread, event loops included; it neither blocks nor allocates while it stands.
@FunctionalInterface
public interface WriteFence {
    /// Nobody else is there: it never falls.
    WriteFence STANDS = () -> {};

    /// Returns if this node may write.
    ///
    /// @throws FencedException if it may not. Whoever is told so once takes it that the fence has fallen for good
    void check() throws FencedException;
}
