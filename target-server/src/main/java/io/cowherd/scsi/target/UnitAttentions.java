package io.cowherd.scsi.target;

import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.sense.UnitAttention;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/// What one nexus has yet to be told, per logical unit (SAM-5 5.14). Each attention waits at most once, the order is that of
/// [UnitAttention].
///
/// **Threading.** *Confined to the connection's event loop.*
final class UnitAttentions {
    private final IdentityHashMap<LogicalUnit, EnumSet<UnitAttention>> pending =
            new IdentityHashMap<>();

    void establish(LogicalUnit unit, UnitAttention attention) {
        pending.computeIfAbsent(unit, _ -> EnumSet.noneOf(UnitAttention.class)).add(attention);
    }

    /// Takes the attention that a logical unit has to report next, or null. A report of changed LUNs is one for all.
    @Nullable UnitAttention take(LogicalUnit unit) {
        if (pending.isEmpty()) {
            return null;
        }
        EnumSet<UnitAttention> set = pending.get(unit);
        if (set == null) {
            return null;
        }
        UnitAttention first = set.iterator().next();
        if (first == UnitAttention.LUNS_CHANGED) {
            lunsReported();
        } else {
            set.remove(first);
            dropEmpty();
        }
        return first;
    }

    /// The host knows about the LUNs.
    void lunsReported() {
        pending.values().forEach(set -> set.remove(UnitAttention.LUNS_CHANGED));
        dropEmpty();
    }

    /// Drops what a logical unit that has gone had to say.
    void forget(LogicalUnit unit) {
        pending.remove(unit);
    }

    void clear() {
        pending.clear();
    }

    private void dropEmpty() {
        pending.values().removeIf(EnumSet::isEmpty);
    }
}
