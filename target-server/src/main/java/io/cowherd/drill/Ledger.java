package io.cowherd.drill;

import io.cowherd.drill.BlockPattern.Sector;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What one worker has written to its blocks and had acknowledged, and so what they must hold: of each block the last
/// acknowledged write, or a later one that was issued.
///
/// **Threading.** *Confined to its worker*, and afterwards to whoever has waited for the worker's end.
final class Ledger {
    private final BlockPattern pattern;
    private final long[] blocks;
    private final long[] issued;
    private final long[] acknowledged;
    private final BitSet retired = new BitSet();

    /// @param blocks indexes in the volume of those that belong to the worker
    Ledger(BlockPattern pattern, long[] blocks) {
        this.pattern = pattern;
        this.blocks = blocks.clone();
        this.issued = new long[blocks.length];
        this.acknowledged = new long[blocks.length];
    }

    /// Index here of a block that may still be used, or -1 if there is none.
    int any(SplittableRandom random) {
        int at = retired.nextClearBit(random.nextInt(blocks.length));
        int found = at < blocks.length ? at : retired.nextClearBit(0);
        return found < blocks.length ? found : -1;
    }

    /// Where a block is in the volume, in bytes.
    long offsetBytes(int at) {
        return blocks[at] * BlockPattern.BLOCK_BYTES;
    }

    /// True once something was acknowledged there.
    boolean isWritten(int at) {
        return acknowledged[at] > 0;
    }

    /// The content of the next write to a block. It is to be issued until it is acknowledged; else [#retire] the block.
    ByteBuffer issue(int at) {
        if (issued[at] != acknowledged[at]) {
            throw new AssertionError("block " + blocks[at] + " has a write without outcome");
        }
        return pattern.content(blocks[at], ++issued[at]);
    }

    void acknowledge(int at) {
        acknowledged[at] = issued[at];
    }

    /// Leaves a block alone from now on: it has a write without outcome, or is damaged.
    void retire(int at) {
        retired.set(at);
    }

    /// Writes that were acknowledged.
    long acknowledgedCount() {
        long count = 0;
        for (long each : acknowledged) {
            count += each;
        }
        return count;
    }

    /// All blocks that were ever written to, acknowledged or not.
    int[] issued() {
        return IntStream.range(0, blocks.length).filter(at -> issued[at] > 0).toArray();
    }

    /// What is wrong with a block that was read; null if it is right.
    @Nullable Damage judge(int at, ByteBuffer read) {
        Sector first = pattern.sector(read, 0);
        for (int i = 0; i < BlockPattern.SECTORS; i++) {
            Sector sector = pattern.sector(read, i);
            if (sector instanceof Sector.Unknown) {
                return damage(at, Damage.Kind.FOREIGN, "sector " + i + " was never written");
            }
            if (sector instanceof Sector.Written(long block, long sequence, int index)
                    && (block != blocks[at] || index != i)) {
                return damage(
                        at,
                        Damage.Kind.MISPLACED,
                        "sector %d is sector %d of block %d, write %d"
                                .formatted(i, index, block, sequence));
            }
            if (sequence(sector) != sequence(first)) {
                return damage(
                        at,
                        Damage.Kind.TORN,
                        "sector 0 is of write %d, sector %d of write %d"
                                .formatted(sequence(first), i, sequence(sector)));
            }
        }
        return judge(at, sequence(first));
    }

    private @Nullable Damage judge(int at, long sequence) {
        if (sequence > issued[at]) {
            return damage(at, Damage.Kind.FOREIGN, "write %d was never issued".formatted(sequence));
        }
        if (sequence >= acknowledged[at]) {
            return null;
        }
        String expected = "write %d was acknowledged".formatted(acknowledged[at]);
        return sequence == 0
                ? damage(at, Damage.Kind.LOST, "it is blank, and " + expected)
                : damage(at, Damage.Kind.STALE, "it holds write " + sequence + ", and " + expected);
    }

    /// 0 for a blank sector.
    private static long sequence(Sector sector) {
        return switch (sector) {
            case Sector.Written written -> written.sequence();
            case Sector.Blank _, Sector.Unknown _ -> 0;
        };
    }

    private Damage damage(int at, Damage.Kind kind, String detail) {
        return new Damage(blocks[at], kind, detail);
    }
}
