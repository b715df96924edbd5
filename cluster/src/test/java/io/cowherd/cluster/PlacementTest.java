package io.cowherd.cluster;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final NodeId A = new NodeId("a");
    private static final NodeId B = new NodeId("b");
    private static final NodeId C = new NodeId("c");

    private static List<UUID> families(int count) {
        var families = new ArrayList<UUID>();
        for (int i = 0; i < count; i++) {
            families.add(new UUID(7, 1000 + i));
        }
        return families;
    }

    private static Map<NodeId, Set<UUID>> spread(int count, NodeId... nodes) {
        var loads = new HashMap<NodeId, Integer>();
        var held = new TreeMap<NodeId, Set<UUID>>();
        for (NodeId node : nodes) {
            loads.put(node, 0);
            held.put(node, new TreeSet<>());
        }
        Placement.takers(families(count), loads)
                .forEach((family, takers) -> of(held, takers.getFirst()).add(family));
        return held;
    }

    private static Set<UUID> of(Map<NodeId, Set<UUID>> held, NodeId node) {
        return requireNonNull(held.get(node));
    }

    @Test
    void orphansAreSpreadOverTheNodesThatHaveLeast() {
        Map<UUID, List<NodeId>> takers = Placement.takers(families(7), Map.of(A, 5, B, 0, C, 2));
        long toB = takers.values().stream().filter(it -> it.getFirst().equals(B)).count();
        long toC = takers.values().stream().filter(it -> it.getFirst().equals(C)).count();
        assertEquals(7, toB + toC, "a has most already");
        assertTrue(Math.abs(toB - (2 + toC)) <= 1, "b and c have about the same: " + takers);
    }

    @Test
    void everyNodeIsRankedForEveryOrphanSoThatNoneWaitsForOneNode() {
        Placement.takers(families(5), Map.of(A, 0, B, 0, C, 0))
                .values()
                .forEach(takers -> assertEquals(Set.of(A, B, C), Set.copyOf(takers)));
    }

    @Test
    void nobodyIsThere() {
        assertEquals(
                List.of(), Placement.takers(families(1), Map.of()).get(families(1).getFirst()));
        assertEquals(Optional.empty(), Placement.balance(Map.of(), Set.of()));
    }

    @Test
    void aNodeThatJoinsGetsItsShareAndNothingElseMoves() {
        Map<NodeId, Set<UUID>> held = spread(12, A, B);
        held.put(C, new TreeSet<>());
        int moves = 0;
        for (Optional<Placement.Move> move = Placement.balance(held, Set.of());
                move.isPresent();
                move = Placement.balance(held, Set.of())) {
            assertEquals(C, move.get().to(), "only the new node gets anything");
            of(held, move.get().from()).remove(move.get().family());
            of(held, C).add(move.get().family());
            moves++;
            assertTrue(moves <= 12, "balance ends");
        }
        assertEquals(4, moves, "a third of 12");
        assertEquals(4, of(held, A).size());
    }

    @Test
    void oneMoreThanAnotherIsBalance() {
        assertEquals(Optional.empty(), Placement.balance(spread(7, A, B, C), Set.of()));
    }

    @Test
    void whatAnOperatorHasPlacedStays() {
        var held = new TreeMap<>(Map.of(A, Set.copyOf(families(4)), B, Set.<UUID>of()));
        assertEquals(Optional.empty(), Placement.balance(held, Set.copyOf(families(4))));
        var most = new TreeSet<>(families(4));
        UUID free = most.removeFirst();
        assertEquals(Optional.of(new Placement.Move(free, A, B)), Placement.balance(held, most));
    }
}
