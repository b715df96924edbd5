package io.cowherd.cluster.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Thousands of histories of a cluster. Each of the four fences is taken away once, in a world in which the others are
/// blind, and the simulation must notice within the default number of seeds.
///
/// `-Dcowherd.seed=N` replays one, `-Dcowherd.simulation.seeds=N` runs more of them.
class SimulationTest {
    /// Histories of the real setting in an ordinary build.
    private static final int DEFAULT_SEEDS = 2000;

    /// Histories of a setting in which some fences are missing, from the start or on purpose.
    private static final int FENCE_SEEDS = 500;

    private static void survives(Setting setting, int seeds) {
        Long only = Long.getLong("cowherd.seed");
        if (only != null) {
            Simulation.run(only, setting);
            return;
        }
        // All of them run, whatever fails: the smallest seed that fails is told, whichever core is
        // faster.
        int count = Integer.getInteger("cowherd.simulation.seeds", seeds);
        Optional<AssertionError> first =
                LongStream.range(0, count)
                        .parallel()
                        .mapToObj(seed -> failure(seed, setting))
                        .flatMap(Optional::stream)
                        .findFirst();
        if (first.isPresent()) {
            throw first.get();
        }
    }

    private static Optional<AssertionError> failure(long seed, Setting setting) {
        try {
            Simulation.run(seed, setting);
            return Optional.empty();
        } catch (AssertionError e) {
            return Optional.of(e);
        }
    }

    private static void isCaught(Setting setting, String violated) {
        assertTrue(
                LongStream.range(0, FENCE_SEEDS)
                        .mapToObj(seed -> failure(seed, setting))
                        .flatMap(Optional::stream)
                        .anyMatch(it -> String.valueOf(it.getMessage()).contains(violated)),
                () -> "no seed below " + FENCE_SEEDS + " has noticed " + setting);
    }

    /// I3, I6 and I8, and every family is served again in time.
    @Test
    void noHistoryLosesAnAcknowledgedWriteOrEndsUnserved() {
        survives(Setting.REAL, DEFAULT_SEEDS);
    }

    @Test
    void electionAndLeaseDoWithoutLocksOnTheStorage() {
        survives(Setting.WITHOUT_STORAGE_LOCKS, FENCE_SEEDS);
    }

    @Test
    void theLockOnTheStorageDoesWithoutAnElection() {
        survives(Setting.TWO_CLUSTERS, FENCE_SEEDS);
    }

    @Test
    void theEpochAloneEndsWhatItCannotPrevent() {
        survives(Setting.TWO_CLUSTERS_WITHOUT_STORAGE_LOCKS, FENCE_SEEDS);
    }

    @Test
    void theElectionRemovedIsCaught() {
        isCaught(Setting.WITHOUT_STORAGE_LOCKS.without(Setting.Fence.ELECTION), "I6");
    }

    @Test
    void theLeaseRemovedIsCaught() {
        isCaught(Setting.WITHOUT_STORAGE_LOCKS.without(Setting.Fence.LEASE), "I6");
    }

    @Test
    void theLockOnTheStorageRemovedIsCaught() {
        isCaught(Setting.REAL.without(Setting.Fence.STORAGE_LOCK), "I6");
        isCaught(Setting.TWO_CLUSTERS.without(Setting.Fence.STORAGE_LOCK), "I6");
    }

    @Test
    void theEpochRemovedIsCaught() {
        isCaught(Setting.TWO_CLUSTERS_WITHOUT_STORAGE_LOCKS.without(Setting.Fence.EPOCH), "I6");
    }

    /// What holds with all fences holds for a reason: the same seeds that pass now fail if chance is not repeatable.
    @Test
    void aSeedTellsTheSameStoryTwice() {
        Setting broken = Setting.TWO_CLUSTERS_WITHOUT_STORAGE_LOCKS.without(Setting.Fence.EPOCH);
        long seed =
                LongStream.range(0, FENCE_SEEDS)
                        .filter(it -> failure(it, broken).isPresent())
                        .findFirst()
                        .orElseThrow();
        assertEquals(
                failure(seed, broken).map(Throwable::getMessage),
                failure(seed, broken).map(Throwable::getMessage));
    }
}
