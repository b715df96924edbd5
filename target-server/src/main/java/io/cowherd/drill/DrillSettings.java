package io.cowherd.drill;

import java.time.Duration;

/// What a drill is to do.
///
/// **Threading.** *Immutable.*
///
/// @param moves planned moves of the volume's family, one after the other
/// @param kills kills of its owner, after the moves
/// @param settle how long the load runs before the first event, and after each
/// @param workers hosts that write and read at the same time, 1 to [#MAX_WORKERS]
/// @param seed of what is written, and in which order each worker goes on
public record DrillSettings(int moves, int kills, Duration settle, int workers, long seed) {
    /// Most workers. A target lets an initiator name have twice as many sessions.
    public static final int MAX_WORKERS = 64;

    /// Most events of a kind.
    public static final int MAX_EVENTS = 1000;

    /// Longest time to settle.
    public static final Duration MAX_SETTLE = Duration.ofHours(1);

    /// Size of the volume in bytes.
    public static final long VOLUME_BYTES = 64 << 20;

    /// Blocks that each worker has, spread over the volume.
    static final int BLOCKS_PER_WORKER = 128;

    /// Validates the numbers.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    public DrillSettings {
        check("moves", moves, 0, MAX_EVENTS);
        check("kills", kills, 0, MAX_EVENTS);
        check("workers", workers, 1, MAX_WORKERS);
        if (settle.isNegative() || settle.compareTo(MAX_SETTLE) > 0) {
            throw new IllegalArgumentException(
                    "The time to settle is 0 to " + MAX_SETTLE.toSeconds() + " seconds.");
        }
    }

    private static void check(String what, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "%d %s are not possible: it is %d to %d.".formatted(value, what, least, most));
        }
    }

    /// Blocks of a worker, as indexes in the volume: no two workers share one, and neighbours belong to different workers.
    ///
    /// @param worker from 0
    long[] blocksOf(int worker) {
        long stride =
                VOLUME_BYTES / BlockPattern.BLOCK_BYTES / ((long) workers * BLOCKS_PER_WORKER);
        long[] blocks = new long[BLOCKS_PER_WORKER];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = ((long) i * workers + worker) * stride;
        }
        return blocks;
    }
}
