/// A cluster in one thread and in no time: nodes, network, storage, election and clocks from one seed.
@org.jspecify.annotations.NullMarked
package io.cowherd.cluster.simulation;
