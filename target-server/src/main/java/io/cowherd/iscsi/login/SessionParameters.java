package io.cowherd.iscsi.login;

/// What a login has agreed on (RFC 7143 13). What is always the same is not here: one connection, ErrorRecoveryLevel 0,
/// data in order, one outstanding R2T.
///
/// **Threading.** *Immutable.*
///
/// @param headerDigest true for CRC32C
/// @param dataDigest true for CRC32C
/// @param initiatorMaxDataSegmentBytes longest data segment that may be sent to the initiator
/// @param targetMaxDataSegmentBytes longest data segment that the initiator may send
/// @param maxBurstBytes longest sequence of Data-In, or of Data-Out for one R2T
/// @param firstBurstBytes most unsolicited data of a command, immediate data included
/// @param initialR2t true if unsolicited Data-Out PDUs are not allowed
/// @param immediateData true if a command PDU may carry data
public record SessionParameters(
        boolean headerDigest,
        boolean dataDigest,
        int initiatorMaxDataSegmentBytes,
        int targetMaxDataSegmentBytes,
        int maxBurstBytes,
        int firstBurstBytes,
        boolean initialR2t,
        boolean immediateData) {
    /// R2Ts of one command that may be unanswered; there is no other answer to the key.
    public static final int MAX_OUTSTANDING_R2T = 1;

    /// With another length for what is sent to the initiator, which may change it at any time.
    public SessionParameters withInitiatorMaxDataSegmentBytes(int bytes) {
        return new SessionParameters(
                headerDigest,
                dataDigest,
                bytes,
                targetMaxDataSegmentBytes,
                maxBurstBytes,
                firstBurstBytes,
                initialR2t,
                immediateData);
    }
}
