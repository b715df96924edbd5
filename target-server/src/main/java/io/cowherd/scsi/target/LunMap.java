package io.cowherd.scsi.target;

import io.cowherd.config.access.LunSet;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.reservation.UnitReservations;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Which logical unit is behind which LUN. Sorted arrays, so that a lookup makes no garbage.
///
/// **Threading.** *Immutable.*
final class LunMap {
    static final LunMap EMPTY = new LunMap(new int[0], new Entry[0]);

    /// A logical unit in its place.
    ///
    /// @param lun its number
    /// @param unit what is there
    /// @param reservations who may use it
    /// @param lane its way to the threads that may block
    /// @param reservationLane that of commands about reservations: they need a thread most when the others hang
    record Entry(
            int lun,
            LogicalUnit unit,
            UnitReservations reservations,
            IoPool.Lane lane,
            IoPool.Lane reservationLane) {}

    private final int[] luns;
    private final Entry[] entries;

    private LunMap(int[] luns, Entry[] entries) {
        this.luns = luns;
        this.entries = entries;
    }

    @Nullable Entry find(int lun) {
        int index = Arrays.binarySearch(luns, lun);
        return index < 0 ? null : entries[index];
    }

    int size() {
        return luns.length;
    }

    Iterable<Entry> entries() {
        return Arrays.asList(entries);
    }

    LunMap with(Entry entry) {
        Entry[] more = Arrays.copyOf(entries, entries.length + 1);
        more[entries.length] = entry;
        Arrays.sort(more, java.util.Comparator.comparingInt(Entry::lun));
        return of(more);
    }

    LunMap without(int lun) {
        IntFunction<Entry[]> array = Entry[]::new;
        return of(Arrays.stream(entries).filter(e -> e.lun() != lun).toArray(array));
    }

    /// Those that a host may see.
    LunMap only(LunSet visible) {
        IntFunction<Entry[]> array = Entry[]::new;
        return of(Arrays.stream(entries).filter(e -> visible.contains(e.lun())).toArray(array));
    }

    boolean has(LogicalUnit unit) {
        for (Entry entry : entries) {
            if (entry.unit() == unit) {
                return true;
            }
        }
        return false;
    }

    private static LunMap of(Entry[] sorted) {
        return new LunMap(Arrays.stream(sorted).mapToInt(Entry::lun).toArray(), sorted);
    }

    /// Parameter data of REPORT LUNS (SPC-4 6.33), ready to read: length of the list, four zeros, eight bytes per LUN.
    ///
    /// @param wellKnownOnly true for an empty list, as there are no well known logical units
    ByteBuffer report(boolean wellKnownOnly) {
        int[] listed = wellKnownOnly ? new int[0] : luns;
        ByteBuffer out = ByteBuffer.allocate(8 + 8 * listed.length);
        out.putInt(8 * listed.length).putInt(0);
        for (int lun : listed) {
            out.putLong(Lun.encode(lun));
        }
        return out.flip();
    }
}
