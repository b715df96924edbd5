package io.cowherd.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LedgerTest {
    private final BlockPattern pattern = new BlockPattern(42);
    private final Ledger ledger = new Ledger(pattern, new long[] {10, 20});

    private void acknowledged(int at, int writes) {
        for (int i = 0; i < writes; i++) {
            ledger.issue(at);
            ledger.acknowledge(at);
        }
    }

    private void is(Damage.Kind kind, ByteBuffer read) {
        Damage damage = ledger.judge(0, read);
        assertEquals(kind, damage == null ? null : damage.kind(), () -> "" + damage);
    }

    @Test
    void theLastAcknowledgedWriteOrALaterOneThatWasIssuedIsRight() {
        assertNull(ledger.judge(0, ByteBuffer.allocate(4096)));
        acknowledged(0, 3);
        assertNull(ledger.judge(0, pattern.content(10, 3)));
        ByteBuffer fourth = ledger.issue(0);
        assertNull(ledger.judge(0, pattern.content(10, 3)));
        assertNull(ledger.judge(0, fourth));
    }

    @Test
    void everythingElseIsNamed() {
        acknowledged(0, 3);
        is(Damage.Kind.LOST, ByteBuffer.allocate(4096));
        is(Damage.Kind.STALE, pattern.content(10, 2));
        is(Damage.Kind.FOREIGN, pattern.content(10, 4));
        is(Damage.Kind.MISPLACED, pattern.content(20, 3));
        ByteBuffer torn = pattern.content(10, 3);
        torn.put(4096 - 512, pattern.content(10, 2), 4096 - 512, 512);
        is(Damage.Kind.TORN, torn);
        ByteBuffer halfBlank = pattern.content(10, 3);
        halfBlank.put(1024, new byte[512]);
        is(Damage.Kind.TORN, halfBlank);
        ByteBuffer shifted = pattern.content(10, 3);
        shifted.put(512, shifted, 0, 512);
        is(Damage.Kind.MISPLACED, shifted);
        ByteBuffer flipped = pattern.content(10, 3);
        flipped.put(4000, (byte) ~flipped.get(4000));
        is(Damage.Kind.FOREIGN, flipped);
        assertEquals(
                "block 10 is stale: it holds write 2, and write 3 was acknowledged",
                String.valueOf(ledger.judge(0, pattern.content(10, 2))));
    }

    @Test
    void nothingElseIsWrittenToABlockWithoutOutcome() {
        ledger.issue(1);
        assertThrows(AssertionError.class, () -> ledger.issue(1));
        ledger.retire(1);
        var random = new SplittableRandom(1);
        for (int i = 0; i < 100; i++) {
            assertEquals(0, ledger.any(random));
        }
        ledger.retire(0);
        assertEquals(-1, ledger.any(random));
    }

    @Test
    void noTwoWorkersShareABlock() {
        for (int workers : new int[] {1, 3, 8, 64}) {
            var settings = new DrillSettings(0, 0, Duration.ZERO, workers, 1);
            var all = new HashSet<Long>();
            for (int i = 0; i < workers; i++) {
                for (long block : settings.blocksOf(i)) {
                    all.add(block);
                    assertTrue(
                            block >= 0
                                    && (block + 1) * BlockPattern.BLOCK_BYTES
                                            <= DrillSettings.VOLUME_BYTES);
                }
            }
            assertEquals(workers * DrillSettings.BLOCKS_PER_WORKER, all.size());
        }
    }
}
