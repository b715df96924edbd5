package io.cowherd.management;

/// One normal session, as users see it.
///
/// @param id names the session for disconnecting it, unique while the server runs
/// @param initiator the initiator's iSCSI name
/// @param initiatorAddress address and port that its connection comes from
/// @param target name of the target that it is logged in to
/// @param portal address and port that it is connected to
/// @param isid initiator session id, 12 hex digits (RFC 7143 11.12.5)
/// @param tsih target session identifying handle (RFC 7143 11.12.6)
public record HostSession(
        String id,
        String initiator,
        String initiatorAddress,
        String target,
        String portal,
        String isid,
        int tsih) {}
