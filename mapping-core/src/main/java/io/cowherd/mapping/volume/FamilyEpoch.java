package io.cowherd.mapping.volume;

/// One node's turn at owning a family, as it stands in the family's `epoch` file.
///
/// @param number 1, 2, …, one more than the turn before; 0 if there has been none
/// @param node whose turn it is; empty if there has been none
public record FamilyEpoch(long number, String node) {
    /// Nobody has owned the family in a cluster yet.
    public static final FamilyEpoch NONE = new FamilyEpoch(0, "");
}
