package io.cowherd.mapping.snapshot;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Remembers which parts of an origin no snapshot lacks any more: one bit for a *unit*, which is the smallest chunk of them
/// all, so that whoever has found the chunks of a range to have left has found whole units.
///
/// A bit is set by somebody who has asked every snapshot that the map speaks for, and is never taken back, because a chunk
/// that has left stays so. When a snapshot joins, or one gets longer, there has to be a new map ([ActiveSnapshots]).
///
/// Memory: a page of 4 KiB for each 32 768 units of which one is set; 1 MiB where 32 GiB were overwritten in chunks of
/// 4 KiB. Units grow where there would be more than [#MAX_PAGES] pages.
///
/// **Threading.** *Thread-safe*: atomic bits; who finds one set sees all that its setter saw.
final class PreservedMap {
    /// With chunks of 4 KiB, 8 TiB of origin.
    static final int MAX_PAGES = 1 << 16;

    private static final int PAGE_SHIFT = 15;
    private static final int PAGE_MASK = (1 << PAGE_SHIFT) - 1;

    // Immutable
    private final int unitShift;
    private final AtomicReferenceArray<@Nullable AtomicLongArray> pages;

    /// Nothing is preserved.
    ///
    /// @param smallestChunkBytes a power of two
    PreservedMap(long originBytes, int smallestChunkBytes) {
        int shift = Integer.numberOfTrailingZeros(smallestChunkBytes);
        while (originBytes >>> (shift + PAGE_SHIFT) >= MAX_PAGES) {
            shift++;
        }
        unitShift = shift;
        pages = new AtomicReferenceArray<>((int) (originBytes >>> (shift + PAGE_SHIFT)) + 1);
    }

    /// The start of the unit of that byte.
    long floor(long offsetBytes) {
        return offsetBytes >>> unitShift << unitShift;
    }

    /// The end of the unit that ends there or later.
    long ceiling(long offsetBytes) {
        return floor(offsetBytes + (1L << unitShift) - 1);
    }

    /// True if all units that the range touches have been [added][#add]. Lock-free, allocation-free.
    boolean covers(long offsetBytes, long lengthBytes) {
        long last = (offsetBytes + lengthBytes - 1) >> unitShift;
        for (long unit = offsetBytes >> unitShift; unit <= last; unit++) {
            int index = (int) (unit >> PAGE_SHIFT);
            var page = index < pages.length() ? pages.get(index) : null;
            if (page == null || (page.getAcquire(word(unit)) & bit(unit)) == 0) {
                return false;
            }
        }
        return true;
    }

    /// Notes that no snapshot lacks any chunk of the range. Lock-free; allocates a page where there is none. What lies beyond
    /// the size that the origin had is not noted.
    ///
    /// @param from start of a unit
    /// @param to end of a unit
    void add(long from, long to) {
        long end = Math.min(to >> unitShift, (long) pages.length() << PAGE_SHIFT);
        for (long unit = from >> unitShift; unit < end; unit++) {
            page((int) (unit >> PAGE_SHIFT))
                    .accumulateAndGet(word(unit), bit(unit), (a, b) -> a | b);
        }
    }

    private AtomicLongArray page(int index) {
        var page = pages.get(index);
        if (page != null) {
            return page;
        }
        var fresh = new AtomicLongArray((PAGE_MASK + 1) / Long.SIZE);
        var other = pages.compareAndExchange(index, null, fresh);
        return other == null ? fresh : other;
    }

    private static int word(long unit) {
        return (int) (unit & PAGE_MASK) >> 6;
    }

    private static long bit(long unit) {
        return 1L << (unit & 63);
    }
}
