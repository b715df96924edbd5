package io.cowherd.mapping.store;

import io.cowherd.mapping.geometry.StoreLayout;
import java.util.TreeMap;

/// The store chunks that the records read so far have taken, kept as the gaps between them: a store whose records are in
/// ascending order, as ours always are, costs nothing, and any other at most one gap a record.
///
/// **Threading.** *Confined* to the thread that opens the store.
final class TakenChunks {
    private final StoreLayout layout;

    // Gaps below `end`: first chunk to the one behind the last
    private final TreeMap<Long, Long> gaps = new TreeMap<>();
    private long end = StoreLayout.FIRST_DATA_CHUNK;

    /// No data chunk is taken.
    TakenChunks(StoreLayout layout) {
        this.layout = layout;
    }

    /// Takes a chunk that is not metadata. Returns false if it is taken already.
    boolean take(long chunk) {
        if (chunk >= end) {
            addGap(end, chunk);
            end = layout.skipArea(chunk + 1);
            return true;
        }
        var gap = gaps.floorEntry(chunk);
        if (gap == null || gap.getValue() <= chunk) {
            return false;
        }
        gaps.remove(gap.getKey());
        addGap(gap.getKey(), chunk);
        addGap(chunk + 1, gap.getValue());
        return true;
    }

    /// The first data chunk behind all that are taken.
    long end() {
        return end;
    }

    /// Gaps that are kept.
    int gapCount() {
        return gaps.size();
    }

    private void addGap(long from, long to) {
        if (from < to) {
            gaps.put(from, to);
        }
    }
}
