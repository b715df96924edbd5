/// Who owns a family of volumes, and how that changes: the rules, without threads, without a clock, without Hazelcast.
///
/// Terms: *owner* (the node that serves a family), *epoch* (the number of an ownership, kept with the family on the shared
/// storage), *fence* (what stops a node that is no owner any more from writing), *lease* (the time for which this node may
/// write without hearing from the election), *election* (which node may try), *announcement* (what a node tells the
/// others). Begin with `ClusterNode`, then `FamilyOwnership`. Four fences, none of which leans on another: the election
/// lock, the lock on the storage, the epoch, the lease.
///
/// **Threading.** *Confined to one thread*, which calls `ClusterNode` and is called back by the ports; only `Lease` and
/// `OwnerFence` are asked by the threads that write. Knows neither sockets nor files: effects go through `Elections`,
/// `Storage` and `Service`. `io.cowherd.cluster.member` runs a node, `io.cowherd.cluster.hazelcast` holds the elections.
/// A single node owns everything and needs none of this.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster;
