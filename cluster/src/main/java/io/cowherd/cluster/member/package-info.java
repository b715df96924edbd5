/// A node at work: the thread that runs its rules, and the watchdog that ends the process if that thread cannot.
///
/// Terms: *peer* (a node that has joined, and what it says of itself), *witness* (a peer without storage, which only
/// votes). Begin with `ClusterMember`. Any thread may call it. Knows no Hazelcast: elections come through `ElectionService`.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster.member;
