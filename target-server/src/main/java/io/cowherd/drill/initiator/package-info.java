/// A host that keeps at it: an iSCSI initiator of the drill's own, with several portals of one target and one command at a time.
///
/// Terms: *portal*, *session*, *redirect* (RFC 7143); *path* (one portal by which the logical unit is reached); *change over* (give a path up
/// and go on by the next). Sockets block, so each [io.cowherd.drill.initiator.Paths] has a thread of its own, a virtual one will
/// do. It does what Linux does with dm-multipath and `queue_if_no_path`, as far as a drill needs it: no digests, no R2T, ErrorRecoveryLevel 0.
@org.jspecify.annotations.NullMarked
package io.cowherd.drill.initiator;
