package io.cowherd.cluster;

import java.util.Map;
import java.util.UUID;

/// What a node tells the others: advice for placement and for people, never for safety. It may be late, lost or doubled.
///
/// Immutable.
///
/// @param node who says so
/// @param sequence later ones are bigger; a new process of the node begins above where the former was
/// @param drained takes no families
/// @param held the families that it was elected for, with the epoch of those that it serves, else 0
/// @param offers the families that it has handed over, or is about to, and to whom
public record Announcement(
        NodeId node,
        long sequence,
        boolean drained,
        Map<UUID, Long> held,
        Map<UUID, Offer> offers) {
    public Announcement {
        held = Map.copyOf(held);
        offers = Map.copyOf(offers);
    }

    /// A family that is kept for a node.
    ///
    /// @param to the node
    /// @param pin whether it is to stay there whatever balance says: an operator has moved it
    public record Offer(NodeId to, boolean pin) {}

    /// How much it carries.
    int load() {
        return held.size();
    }
}
