package io.cowherd.scsi.lu;

/// The target port that a nexus came in by, as VPD page 83 names it.
///
/// **Threading.** *Immutable.*
///
/// @param targetName iSCSI name of the target device
/// @param relativePort relative target port identifier, and tag of the iSCSI portal group: such a group is one SCSI port
///     (RFC 7143 4.2.7.2); 1 to 65535
/// @param portGroup target port group, whose ports are always in the same state, 1 to 65535
public record TargetPort(String targetName, int relativePort, int portGroup) {
    /// SCSI name of the port (RFC 7143 4.2.7.2).
    String portName() {
        return "%s,t,0x%04x".formatted(targetName, relativePort);
    }
}
