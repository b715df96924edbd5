package io.cowherd.mapping.device;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongBinaryOperator;

/// Remembers which parts of a file have storage throughout, one bit for 64 KiB: 2 MiB of memory for 1 TiB.
///
/// It is advice. A bit is only ever set by somebody who has seen the storage, but a hole may be punched between the
/// look and the bit; then a write takes a little longer than it thought, and nothing else happens.
///
/// **Threading.** *Thread-safe*: atomic bits; growing may lose advice that comes at that moment.
final class AllocationMap {
    static final int GRANULE_SHIFT = 16;
    static final long GRANULE_BYTES = 1L << GRANULE_SHIFT;

    private volatile AtomicLongArray words;

    AllocationMap(long sizeBytes) {
        words = new AtomicLongArray(wordsFor(sizeBytes));
    }

    /// True if every granule that the range touches is known to have storage.
    boolean covers(long offsetBytes, long lengthBytes) {
        var snapshot = words;
        long last = (offsetBytes + lengthBytes - 1) >> GRANULE_SHIFT;
        for (long granule = offsetBytes >> GRANULE_SHIFT; granule <= last; granule++) {
            int word = (int) (granule >> 6);
            if (word >= snapshot.length() || (snapshot.get(word) & bit(granule)) == 0) {
                return false;
            }
        }
        return true;
    }

    /// Notes that a range has storage throughout. Granules that are in it only in part are not learned.
    ///
    /// @param offsetBytes a multiple of [#GRANULE_BYTES]
    void learn(long offsetBytes, long lengthBytes) {
        long first = offsetBytes >> GRANULE_SHIFT;
        long last = ((offsetBytes + lengthBytes) >> GRANULE_SHIFT) - 1;
        update(first, last, (bits, mask) -> bits | mask);
    }

    /// Notes that the granules of a range may lose storage. Comes before the hole is punched.
    void forget(long offsetBytes, long lengthBytes) {
        long first = offsetBytes >> GRANULE_SHIFT;
        long last = (offsetBytes + lengthBytes - 1) >> GRANULE_SHIFT;
        update(first, last, (bits, mask) -> bits & ~mask);
    }

    private void update(long first, long last, LongBinaryOperator change) {
        var snapshot = words;
        long granule = first;
        while (granule <= last && granule >> 6 < snapshot.length()) {
            long end = Math.min(last, granule | 63);
            long mask = (-1L << (granule & 63)) & (-1L >>> (63 - (end & 63)));
            snapshot.accumulateAndGet((int) (granule >> 6), mask, change);
            granule = end + 1;
        }
    }

    /// Makes room for a file that has grown.
    synchronized void grow(long sizeBytes) {
        var before = words;
        var after = new AtomicLongArray(wordsFor(sizeBytes));
        for (int i = 0; i < Math.min(before.length(), after.length()); i++) {
            after.set(i, before.get(i));
        }
        words = after;
    }

    private static long bit(long granule) {
        return 1L << (granule & 63);
    }

    private static int wordsFor(long sizeBytes) {
        return Math.toIntExact((sizeBytes >> (GRANULE_SHIFT + 6)) + 1);
    }
}
