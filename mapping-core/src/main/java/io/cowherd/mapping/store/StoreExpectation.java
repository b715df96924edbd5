package io.cowherd.mapping.store;

/// What may be found on a COW device that is being opened.
///
/// | | magic 0 | behind the terminator |
/// |---|---|---|
/// | [#ANYTHING] | a store is made (vector 26) | ignored (vector 36) |
/// | [#FRESH_OR_SOUND] | a store is made | refused, if no writer can have left it |
/// | [#SOUND] | refused | refused, if no writer can have left it |
///
/// What writers leave behind the terminator: records of a batch that was on its way when power failed, of which a later
/// sector arrived and an earlier one did not. A sector arrives whole, and is filled in ascending order; so what follows
/// the terminator *in its own sector* was not left by a writer, ours or the kernel's, but by damage. What begins with a later
/// sector may have been, and nobody was told that it is there.
public enum StoreExpectation {
    /// What the kernel takes.
    ANYTHING,
    /// Nothing yet, or a store that somebody has written.
    FRESH_OR_SOUND,
    /// The store that was made there, with the chunk size of the table.
    SOUND
}
