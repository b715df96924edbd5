package io.cowherd.iscsi.discovery;

import io.cowherd.scsi.ScsiTarget;

/// A target as hosts see it.
///
/// **Threading.** *Immutable.*
///
/// @param name iSCSI name, as its volume is spelled
/// @param alias short text for people, sent as TargetAlias; empty for none
/// @param target the device behind it
public record TargetEntry(String name, String alias, ScsiTarget target) {}
