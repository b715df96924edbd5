/// Which targets there are and where: portals, the directory of targets, and SendTargets (RFC 7143 appendix C).
///
/// Terms: *portal* (an address that is listened on, and the one hosts are told), *target portal group*.
/// [io.cowherd.iscsi.discovery.TargetDirectory] is asked on event loops and answers without blocking.
@org.jspecify.annotations.NullMarked
package io.cowherd.iscsi.discovery;
