package io.cowherd.cluster;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/// Where families should be. Sticky: a family moves only if its node goes, is drained, or has two more than another.
///
/// Every node computes this for itself from what it has heard. Nodes that have heard different things may disagree; then
/// the election decides, and nothing is lost but a try.
///
/// Immutable, pure functions.
final class Placement {
    private Placement() {}

    /// A family to be moved for balance.
    record Move(UUID family, NodeId from, NodeId to) {}

    /// Who should take each family that has no owner, best first.
    ///
    /// @param orphans families without an owner
    /// @param loads the nodes that may take some, and how many each has
    static Map<UUID, List<NodeId>> takers(Collection<UUID> orphans, Map<NodeId, Integer> loads) {
        var load = new HashMap<>(loads);
        var takers = new HashMap<UUID, List<NodeId>>();
        for (UUID family : new TreeSet<>(orphans)) {
            List<NodeId> ranked = new ArrayList<>(load.keySet());
            ranked.sort(
                    Comparator.<NodeId>comparingInt(node -> load.getOrDefault(node, 0))
                            .thenComparingLong(node -> affinity(family, node))
                            .thenComparing(Comparator.naturalOrder()));
            takers.put(family, ranked);
            if (!ranked.isEmpty()) {
                load.merge(ranked.getFirst(), 1, Integer::sum);
            }
        }
        return takers;
    }

    /// The next move towards balance: from the node with most to the one with least, if they are two apart.
    ///
    /// @param held what each node that takes families has
    /// @param pinned what an operator has placed, which stays
    static Optional<Move> balance(Map<NodeId, Set<UUID>> held, Set<UUID> pinned) {
        Comparator<NodeId> bySize =
                Comparator.<NodeId>comparingInt(node -> held.getOrDefault(node, Set.of()).size())
                        .thenComparing(Comparator.naturalOrder());
        Optional<NodeId> least = held.keySet().stream().min(bySize);
        Optional<NodeId> most = held.keySet().stream().max(bySize);
        if (least.isEmpty() || most.isEmpty()) {
            return Optional.empty();
        }
        Set<UUID> from = held.getOrDefault(most.get(), Set.of());
        if (from.size() - held.getOrDefault(least.get(), Set.of()).size() < 2) {
            return Optional.empty();
        }
        return from.stream()
                .filter(family -> !pinned.contains(family))
                .min(
                        Comparator.<UUID>comparingLong(family -> affinity(family, least.get()))
                                .thenComparing(Comparator.naturalOrder()))
                .map(family -> new Move(family, most.get(), least.get()));
    }

    /// Rendezvous hashing: the same everywhere, and unrelated between nodes.
    private static long affinity(UUID family, NodeId node) {
        long mixed =
                family.getMostSignificantBits()
                        ^ Long.rotateLeft(family.getLeastSignificantBits(), 32)
                        ^ node.name().hashCode() * 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
