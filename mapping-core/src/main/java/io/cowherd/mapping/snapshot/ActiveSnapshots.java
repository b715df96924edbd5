package io.cowherd.mapping.snapshot;

import java.util.Arrays;
import java.util.Comparator;

/// The snapshots that writes to an origin have to ask, and what they have answered: **does anybody still lack this range?**
///
/// The answer *no* is remembered for all of them together ([PreservedMap]), so that an overwrite costs the same with a
/// hundred snapshots as with one. It holds for these snapshots at their present length; so this object is replaced, never
/// changed, when one joins, leaves or is taken over, and the memory begins anew.
///
/// **Threading.** *Thread-safe*: immutable but for the map.
final class ActiveSnapshots {
    private static final Comparator<Snapshot> LARGEST_CHUNKS_FIRST =
            Comparator.comparingInt((Snapshot each) -> each.chunkSize().bytes()).reversed();

    // Immutable
    private final Snapshot[] snapshots;
    private final PreservedMap preserved;

    ActiveSnapshots(long originBytes, Snapshot... snapshots) {
        this.snapshots = snapshots.clone();
        Arrays.sort(this.snapshots, LARGEST_CHUNKS_FIRST);
        int smallest =
                snapshots.length == 0
                        ? 1 << 20 // nobody will ask
                        : this.snapshots[snapshots.length - 1].chunkSize().bytes();
        this.preserved = new PreservedMap(originBytes, smallest);
    }

    /// Largest chunks first (spec 2.3). Not to be changed.
    Snapshot[] all() {
        return snapshots;
    }

    boolean contains(Snapshot snapshot) {
        return Arrays.asList(snapshots).contains(snapshot);
    }

    /// True if no snapshot lacks anything of the range, so that the origin may be written there. Asks nobody who has
    /// answered before. Lock-free, and allocation-free but for the map's pages.
    boolean isPreserved(long offsetBytes, long lengthBytes) {
        if (snapshots.length == 0 || preserved.covers(offsetBytes, lengthBytes)) {
            return true;
        }
        long from = preserved.floor(offsetBytes);
        long to = preserved.ceiling(offsetBytes + lengthBytes);
        if (nobodyLacks(from, to - from)) {
            preserved.add(from, to);
            return true;
        }
        // A unit may reach beyond the end of a snapshot, or be larger than a chunk.
        return nobodyLacks(offsetBytes, lengthBytes);
    }

    private boolean nobodyLacks(long offsetBytes, long lengthBytes) {
        for (var snapshot : snapshots) {
            if (!lacksNothing(snapshot, offsetBytes, lengthBytes)) {
                return false;
            }
        }
        return true;
    }

    private static boolean lacksNothing(Snapshot snapshot, long offsetBytes, long lengthBytes) {
        return switch (snapshot.state()) {
            case LOADED, INVALIDATING -> false; // the one is not active yet, the other not yet lost
            case INVALID -> true;
            case ACTIVE, OVERFLOWED -> {
                long length = snapshot.covered(offsetBytes, lengthBytes);
                yield length <= 0 || snapshot.hasAll(offsetBytes, length);
            }
        };
    }
}
