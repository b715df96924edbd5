/// The nodes of a cluster, up or down: who they are, and how hosts and the other nodes reach them.
///
/// Terms: *node* (a server of the cluster), *number* (what its target port group and ports are numbered by).
/// Reads and writes block; callers are workers.
@org.jspecify.annotations.NullMarked
package io.cowherd.nodes;
