/// Elections by Hazelcast: the only package that knows it (docs/decisions/0009).
///
/// Terms: *CP member* (one of the three that keep the locks; Hazelcast's word), *witness* (a CP member without storage).
/// Begin with `HazelcastElections`. Knows nothing of storage, and nothing here can stop anybody's I/O.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster.hazelcast;
