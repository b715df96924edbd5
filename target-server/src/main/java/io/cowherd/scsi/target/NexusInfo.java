package io.cowherd.scsi.target;

/// A nexus that is open, for management.
///
/// **Threading.** *Immutable.*
///
/// @param initiatorPort initiator port's name: iSCSI name, `,i,0x`, ISID
/// @param relativeTargetPort relative target port identifier that it came in by
public record NexusInfo(String initiatorPort, int relativeTargetPort) {}
