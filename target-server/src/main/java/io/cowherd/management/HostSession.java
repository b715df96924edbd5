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
/// @param negotiated what its login has agreed on
public record HostSession(
        String id,
        String initiator,
        String initiatorAddress,
        String target,
        String portal,
        String isid,
        int tsih,
        Negotiated negotiated) {
    /// The keys of a login that decide how data moves (RFC 7143 13). Lengths are in bytes.
    ///
    /// @param headerDigest `CRC32C` or `None`
    /// @param dataDigest `CRC32C` or `None`
    /// @param initiatorMaxRecvDataSegmentLength longest data segment that the initiator takes; it may change it at any time
    /// @param targetMaxRecvDataSegmentLength longest data segment that we take
    /// @param maxBurstLength longest sequence of Data-In, or of Data-Out for one R2T
    /// @param firstBurstLength most unsolicited data of a command
    /// @param initialR2t true if unsolicited Data-Out is not allowed
    /// @param immediateData true if a command may carry data
    /// @param maxOutstandingR2t R2Ts of one command that may be unanswered
    public record Negotiated(
            String headerDigest,
            String dataDigest,
            int initiatorMaxRecvDataSegmentLength,
            int targetMaxRecvDataSegmentLength,
            int maxBurstLength,
            int firstBurstLength,
            boolean initialR2t,
            boolean immediateData,
            int maxOutstandingR2t) {}
}
