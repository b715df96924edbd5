package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.store.StoreUsage;

/// When a store that fills up is worth a word: at 80, 85, 90, 95 and 100 percent, as LVM2's monitor does it (spec 3.4), but at
/// the commit that does it, not at the next look.
///
/// A store that has been extended is further from full, and says the same again when it comes there again.
///
/// **Threading.** *Confined to the committer.*
final class FillLevel {
    /// Below that nothing is said.
    static final int FIRST_PERCENT = 80;

    private static final int STEP_PERCENT = 5;

    private long allocatedSectors;

    /// @param now how full the store is at first; of that nothing is said
    FillLevel(StoreUsage now) {
        allocatedSectors = now.allocatedSectors();
    }

    /// The level that was reached since this was asked last, or 0 if none was.
    int reached(StoreUsage now) {
        int before = level(allocatedSectors, now.totalSectors()); // as full as that would be now
        allocatedSectors = now.allocatedSectors();
        int after = level(allocatedSectors, now.totalSectors());
        return after > before ? after : 0;
    }

    private static int level(long allocated, long total) {
        if (total <= 0) {
            return 0;
        }
        int percent = (int) Math.min(100, allocated * 100 / total);
        return percent < FIRST_PERCENT ? 0 : percent / STEP_PERCENT * STEP_PERCENT;
    }
}
