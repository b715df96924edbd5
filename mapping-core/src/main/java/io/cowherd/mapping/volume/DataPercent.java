package io.cowherd.mapping.volume;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// LVM2's Data% column (spec 3.3).
///
/// **Threading.** *Immutable.*
final class DataPercent {
    static final String EMPTY = "0.00";
    static final String FULL = "100.00";
    private static final String NEARLY_EMPTY = "0.01";
    private static final String NEARLY_FULL = "99.99";
    private static final int DECIMALS = 2;

    private DataPercent() {}

    /// Used part of a COW store, header and metadata included. Says 0.00 and 100.00 only if it is exactly so.
    ///
    /// @param usedSectors allocated sectors, metadata included
    /// @param totalSectors size of the store, more than 0
    /// @param metadataSectors header and metadata areas
    static String of(long usedSectors, long totalSectors, long metadataSectors) {
        if (usedSectors == metadataSectors) {
            return EMPTY;
        }
        if (usedSectors >= totalSectors) {
            return FULL;
        }
        String percent =
                BigDecimal.valueOf(usedSectors)
                        .movePointRight(DECIMALS)
                        .divide(BigDecimal.valueOf(totalSectors), DECIMALS, RoundingMode.HALF_UP)
                        .toPlainString();
        return switch (percent) {
            case EMPTY -> NEARLY_EMPTY;
            case FULL -> NEARLY_FULL;
            default -> percent;
        };
    }
}
