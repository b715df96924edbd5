package io.cowherd.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.drill.initiator.HostIdentity;
import io.cowherd.drill.initiator.Paths;
import io.cowherd.drill.initiator.Timing;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// **Goal.** A drill finds what a target has done to acknowledged writes, and survives what a target may do. **Method.** One worker,
/// one thread, a target in memory that misbehaves as told; time is the target's.
class WorkerTest {
    private static final int STEPS = 400;
    private static final long[] BLOCKS = {0, 5, 9, 13};
    private final Troubles troubles = new Troubles();

    private Paths paths(FakeDisk disk, int qualifier) {
        return new Paths(
                disk,
                HostIdentity.of("iqn.2026-11.io.cowherd:drill", 1, qualifier, null),
                FakeDisk.TARGET,
                List.of(FakeDisk.FIRST, FakeDisk.SECOND),
                0,
                Timing.DEFAULTS,
                disk,
                troubles);
    }

    /// Runs a worker, and then its verification.
    ///
    /// @return acknowledged writes
    private long run(FakeDisk disk, int steps) {
        var ledger = new Ledger(new BlockPattern(42), BLOCKS);
        var meter = new StallMeter(1, 0);
        try (Paths paths = paths(disk, 0)) {
            var worker =
                    new Worker(0, ledger, paths, meter, troubles, disk, new SplittableRandom(42));
            for (int i = 0; i < steps && worker.step(); i++) {}
            try (Paths fresh = paths(disk, 100)) {
                worker.verify(fresh);
            }
            return worker.acknowledgedWrites();
        }
    }

    private void survives(FakeDisk disk) {
        assertTrue(run(disk, STEPS) > STEPS / 2);
        assertEquals(List.of(), troubles.errors());
        assertEquals(List.of(), troubles.damages());
    }

    private void finds(Damage.Kind kind, FakeDisk disk) {
        run(disk, STEPS);
        assertEquals(List.of(), troubles.errors());
        assertTrue(
                troubles.damages().stream().anyMatch(damage -> damage.kind() == kind),
                () -> kind + " in " + troubles.damages());
    }

    @Test
    void aTargetThatDoesAsItIsToldPasses() {
        survives(new FakeDisk());
        assertEquals(0, troubles.changeovers());
    }

    @Test
    void theFirstWriteOfABlockThatIsLostIsFound() {
        finds(
                Damage.Kind.LOST,
                new FakeDisk() {
                    @Override
                    void write(long block, byte[] content) {
                        if (block != 5) {
                            super.write(block, content);
                        }
                    }
                });
    }

    @Test
    void oneLostWriteInManyIsFound() {
        finds(
                Damage.Kind.STALE,
                new FakeDisk() {
                    private int writes;

                    @Override
                    void write(long block, byte[] content) {
                        if (++writes != 100) {
                            super.write(block, content);
                        }
                    }
                });
    }

    /// Of the last write nobody has read anything back: only the verification at the end can know.
    @Test
    void theVeryLastWriteThatIsLostIsFoundAtTheEnd() {
        var lost =
                new FakeDisk() {
                    private int writes;
                    private int last = Integer.MAX_VALUE;

                    @Override
                    void write(long block, byte[] content) {
                        if (++writes < last) {
                            super.write(block, content);
                        }
                    }
                };
        run(lost, STEPS);
        int all = lost.writes;
        assertEquals(0, troubles.damageCount());
        lost.blocks.clear();
        lost.writes = 0;
        lost.last = all;
        finds(Damage.Kind.STALE, lost);
        assertEquals(1, troubles.damageCount());
    }

    @Test
    void aStaleReadIsFound() {
        finds(
                Damage.Kind.STALE,
                new FakeDisk() {
                    private byte[] old = {};

                    @Override
                    void write(long block, byte[] content) {
                        if (block == 9) {
                            old = super.read(block);
                        }
                        super.write(block, content);
                    }

                    @Override
                    byte[] read(long block) {
                        boolean isOld = block == 9 && old.length > 0 && old[7] != 0;
                        return isOld ? old : super.read(block);
                    }
                });
    }

    @Test
    void aTornBlockIsFound() {
        finds(
                Damage.Kind.TORN,
                new FakeDisk() {
                    private int writes;

                    @Override
                    void write(long block, byte[] content) {
                        if (++writes == 100) {
                            System.arraycopy(read(block), 2048, content, 2048, 2048);
                        }
                        super.write(block, content);
                    }
                });
    }

    @Test
    void swappedBlocksAreFound() {
        finds(
                Damage.Kind.MISPLACED,
                new FakeDisk() {
                    @Override
                    byte[] read(long block) {
                        return super.read(block == 5 ? 9 : block == 9 ? 5 : block);
                    }
                });
    }

    @Test
    void aBlockThatIsDamagedIsToldOnceAndLeftAlone() {
        var disk =
                new FakeDisk() {
                    @Override
                    byte[] read(long block) {
                        return new byte[BlockPattern.BLOCK_BYTES];
                    }
                };
        run(disk, STEPS);
        assertEquals(BLOCKS.length, troubles.damageCount());
    }

    /// The connection ends at each single step of a short run: before a request is taken, and before its answer is there.
    @Test
    void aConnectionMayBeLostAtAnyStep() {
        for (FakeDisk.Break how : List.of(FakeDisk.Break.CLOSED, FakeDisk.Break.SILENCE)) {
            int cut = 0;
            CutDisk disk;
            do {
                disk = new CutDisk(++cut, how);
                assertTrue(run(disk, 20) > 0);
                assertEquals(List.of(), troubles.errors(), "cut at " + cut);
                assertEquals(List.of(), troubles.damages(), "cut at " + cut);
            } while (disk.hasCut());
            assertTrue(cut > 40, "20 commands have 40 steps, and a login, and the verification");
        }
    }

    private static final class CutDisk extends FakeDisk {
        private final int at;
        private final Break how;
        private int steps;

        CutDisk(int at, Break how) {
            this.at = at;
            this.how = how;
        }

        boolean hasCut() {
            return steps >= at;
        }

        @Override
        Break breaks(HostPort portal, boolean isAnswer) {
            return ++steps == at ? how : Break.NOTHING;
        }
    }

    /// A write is done, and its answer is lost: the same is issued again by the other path, with the same content.
    @Test
    void aWriteWithoutOutcomeIsIssuedAgainAsItWas() {
        var written = new ArrayDeque<byte[]>();
        var disk =
                new FakeDisk() {
                    private boolean isLost;

                    @Override
                    void write(long block, byte[] content) {
                        written.add(content);
                        super.write(block, content);
                    }

                    @Override
                    Break breaks(HostPort portal, boolean isAnswer) {
                        boolean isNow = isAnswer && !isLost && !written.isEmpty();
                        isLost |= isNow;
                        return isNow ? Break.CLOSED : Break.NOTHING;
                    }
                };
        assertEquals(1, run(disk, 1));
        assertEquals(2, written.size());
        assertTrue(Arrays.equals(written.removeFirst(), written.removeFirst()));
        assertEquals(1, troubles.changeovers());
        assertTrue(disk.heard.contains("login second 0"), () -> "" + disk.heard);
        assertEquals(2, disk.isids.size(), "the worker's by both paths, and the verification's");
    }

    @Test
    void whatPassesIsWaitedForAndWhatDoesNotIsAnError() {
        for (int passing : new int[] {0x06_2A06, 0x02_040A, 0x0B_0000, 0x08}) {
            survives(refusing(new ArrayDeque<>(List.of(passing, passing, passing))));
        }
        var error = refusing(new ArrayDeque<>(List.of(0x03_0C02)));
        run(error, STEPS);
        assertEquals(1, troubles.errorCount());
        assertTrue(troubles.errors().getFirst().endsWith(": 3/0C/02"));
    }

    private static FakeDisk refusing(Deque<Integer> refusals) {
        return new FakeDisk() {
            @Override
            int refusal() {
                return refusals.isEmpty() ? 0 : refusals.removeFirst();
            }
        };
    }

    @Test
    void aPathThatIsUnavailableIsLeft() {
        var disk = refusing(new ArrayDeque<>(List.of(0x02_040C)));
        survives(disk);
        assertEquals(1, troubles.changeovers());
    }

    @Test
    void whatIsNeverDoneIsAnErrorAfterSixtySeconds() {
        var disk =
                new FakeDisk() {
                    @Override
                    int refusal() {
                        return 0x02_040A;
                    }
                };
        run(disk, 1);
        assertTrue(troubles.errors().getFirst().endsWith("not done within 60 s: 2/04/0A"));
        assertTrue(disk.nanos() < 130_000_000_000L, "for the write, and for the read at the end");
    }

    @Test
    void aRefusalForGoodIsAnErrorOfItsOwn() {
        var disk =
                new FakeDisk() {
                    private int logins;

                    @Override
                    String loginAnswer(HostPort portal) {
                        return ++logins == 1 ? "0203" : "0";
                    }
                };
        assertTrue(run(disk, STEPS) > 0);
        assertEquals(
                List.of("login at first:3260: the login was refused with status 0203"),
                troubles.errors());
    }

    @Test
    void aNodeThatIsNotReadyIsAskedAgain() {
        survives(
                new FakeDisk() {
                    private int logins;

                    @Override
                    String loginAnswer(HostPort portal) {
                        return ++logins < 9 ? "0301" : "0";
                    }
                });
    }

    @Test
    void redirectsAreFollowedForOnceOrForGood() {
        for (String status : List.of("0101", "0102")) {
            var disk =
                    new FakeDisk() {
                        private int logins;
                        private int requests;

                        @Override
                        String loginAnswer(HostPort portal) {
                            logins++;
                            return portal.equals(FIRST) ? status + " third:3260" : "0";
                        }

                        @Override
                        Break breaks(HostPort portal, boolean isAnswer) {
                            return ++requests == 20 && logins > 0 ? Break.CLOSED : Break.NOTHING;
                        }
                    };
            survives(disk);
            assertEquals(
                    List.of("dial first", "login first " + status, "dial third", "login third 0"),
                    disk.heard.subList(0, 4));
        }
    }

    @Test
    void whoRedirectsInACircleIsGivenUp() {
        var disk =
                new FakeDisk() {
                    @Override
                    String loginAnswer(HostPort portal) {
                        return portal.equals(SECOND) ? "0" : "0101 first:3260";
                    }
                };
        survives(disk);
        assertEquals(10, disk.heard.indexOf("dial second"), "after five dials and logins");
    }

    @Test
    void pingsAreAnswered() {
        var disk =
                new FakeDisk() {
                    @Override
                    byte[] aside() {
                        return pdu(0x20, 0x80, -1, new byte[0]).putInt(20, 77).array();
                    }
                };
        survives(disk);
        assertTrue(disk.sent.stream().filter(opcode -> opcode == 0).count() >= STEPS);
    }

    @Test
    void whoIsAskedToLeaveLogsOutAndComesBack() {
        var disk =
                new FakeDisk() {
                    private int commands;

                    @Override
                    byte[] aside() {
                        byte[] logout = pdu(0x32, 0x80, -1, new byte[0]).put(36, (byte) 1).array();
                        return ++commands == 100 ? logout : new byte[0];
                    }
                };
        survives(disk);
        assertEquals(1, troubles.changeovers());
        assertFalse(disk.sent.stream().filter(opcode -> opcode == 6).count() < 2);
    }
}
