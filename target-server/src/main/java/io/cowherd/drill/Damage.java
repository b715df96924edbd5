package io.cowherd.drill;

/// A block that does not hold what was acknowledged.
///
/// **Threading.** *Immutable.*
///
/// @param block its index in the volume, in blocks of 4 KiB
/// @param kind what is wrong
/// @param detail what was expected and what was found
public record Damage(long block, Kind kind, String detail) {
    /// What can be wrong with a block.
    public enum Kind {
        /// It is blank, though a write was acknowledged.
        LOST,
        /// It holds an older write than was acknowledged.
        STALE,
        /// It holds parts of several writes.
        TORN,
        /// It holds what was written to another block, or to another part of this one.
        MISPLACED,
        /// It holds something that was never written to it.
        FOREIGN
    }

    @Override
    public String toString() {
        return "block %d is %s: %s"
                .formatted(block, kind.name().toLowerCase(java.util.Locale.ROOT), detail);
    }
}
