package io.cowherd.scsi;

import java.util.concurrent.Executor;

/// A SCSI target device: the logical units that one iSCSI target name shows. The door that a transport knocks at.
///
/// **Threading.** *Thread-safe*.
public interface ScsiTarget {
    /// Opens an I_T nexus (SAM-5 4.6.5). The nexus gets its power-on unit attention.
    ///
    /// @param initiatorPort the initiator port's name: iSCSI name, `,i,0x`, ISID in 12 hex digits (RFC 7143 4.2.7.1)
    /// @param relativeTargetPort relative target port identifier of the portal, 1 to 65535; one of the target's port groups has
    ///     it
    /// @param loop runs work on the connection's event loop; every completion arrives there
    Nexus open(String initiatorPort, int relativeTargetPort, Executor loop);
}
