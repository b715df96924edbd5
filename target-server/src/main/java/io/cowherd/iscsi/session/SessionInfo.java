package io.cowherd.iscsi.session;

import io.cowherd.iscsi.login.SessionParameters;
import io.cowherd.iscsi.login.SessionType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What management shows of a session.
///
/// **Threading.** *Immutable.*
///
/// @param initiator iSCSI name of the initiator
/// @param isid 12 hex digits
/// @param tsih our handle of the session, 1 to 65535
/// @param type discovery or normal
/// @param target iSCSI name of the target; null in discovery sessions
/// @param portal the portal's listen address
/// @param portalGroupTag of that portal
/// @param address of the initiator
/// @param parameters what the login agreed on, and the initiator has changed since
/// @param commands SCSI commands taken in so far
/// @param bytesRead data sent to the initiator
/// @param bytesWritten data received from the initiator
/// @param since end of the login
public record SessionInfo(
        String initiator,
        String isid,
        int tsih,
        SessionType type,
        @Nullable String target,
        String portal,
        int portalGroupTag,
        String address,
        SessionParameters parameters,
        long commands,
        long bytesRead,
        long bytesWritten,
        Instant since) {}
