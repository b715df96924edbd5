package io.cowherd.iscsi.login;

import io.cowherd.config.Limits;

/// What we are willing to agree on.
///
/// **Threading.** *Immutable.*
///
/// @param maxDataSegmentBytes our MaxRecvDataSegmentLength
/// @param maxBurstBytes upper bound of MaxBurstLength
/// @param firstBurstBytes upper bound of FirstBurstLength
/// @param unsolicitedDataOut whether `InitialR2T=No` is granted when asked for
public record LoginOffer(
        int maxDataSegmentBytes,
        int maxBurstBytes,
        int firstBurstBytes,
        UnsolicitedDataOut unsolicitedDataOut) {
    /// What is declared in discovery sessions at most: their requests are short.
    private static final int DISCOVERY_MAX_DATA_SEGMENT_BYTES = 65_536;

    /// Whether a host may send Data-Out before it was asked.
    public enum UnsolicitedDataOut {
        /// `InitialR2T=Yes` always: what most hosts have met for longest.
        REFUSED,
        /// `InitialR2T=No` for those who offer it.
        GRANTED
    }

    /// What the limits say.
    public static LoginOffer of(Limits limits, UnsolicitedDataOut unsolicitedDataOut) {
        return new LoginOffer(
                limits.maxRecvDataSegmentLengthBytes(),
                limits.maxBurstLengthBytes(),
                limits.firstBurstLengthBytes(),
                unsolicitedDataOut);
    }

    int maxDataSegmentBytes(SessionType type) {
        return switch (type) {
            case DISCOVERY -> Math.min(maxDataSegmentBytes, DISCOVERY_MAX_DATA_SEGMENT_BYTES);
            case NORMAL -> maxDataSegmentBytes;
        };
    }
}
