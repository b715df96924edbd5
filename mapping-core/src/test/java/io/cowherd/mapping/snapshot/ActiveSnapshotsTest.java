package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// *Nobody lacks it any more* is remembered: a stale answer is a snapshot that shows what it never was.
class ActiveSnapshotsTest {
    private static boolean tryWrite(BlockDevice device, long sector, byte[] content)
            throws IOException {
        return device.tryWrite(sector * SECTOR, ByteBuffer.wrap(content));
    }

    @Test
    void whoJoinsIsAskedAgain() throws IOException {
        var rig = Rig.ofSectors(64);
        rig.snapshot(Rig.freshCow(1024), "P 8");
        Rig.write(rig.base, 8, Rig.content(8, 1));
        assertTrue(tryWrite(rig.base, 8, Rig.content(8, 2)));
        var late = rig.snapshot(Rig.freshCow(1024), "P 8");
        assertFalse(tryWrite(rig.base, 8, Rig.content(8, 3)));
        Rig.write(rig.base, 8, Rig.content(8, 3));
        assertArrayEquals(Rig.content(8, 2), Rig.read(late, 8, 8));
        assertTrue(tryWrite(rig.base, 8, Rig.content(8, 4)));
        assertArrayEquals(Rig.content(8, 2), Rig.read(late, 8, 8));
    }

    /// A snapshot that has been given more of the origin by a reloaded table lacks that part.
    @Test
    void whoGetsLongerIsAskedAgain() throws Exception {
        var rig = Rig.ofSectors(64);
        var cow = Rig.freshCow(1024);
        rig.number(cow);
        var half = Rig.resumed(rig.tryConstruct(rig.snapshotType, 32L * SECTOR, "253:0 253:1 P 8"));
        Rig.write(rig.base, 40, Rig.content(8, 1));
        assertTrue(tryWrite(rig.base, 40, Rig.content(8, 2)));
        var whole = rig.tryConstruct(rig.snapshotType, 64L * SECTOR, "253:0 253:1 P 8");
        Rig.suspend(half);
        Rig.resumed(whole);
        Rig.write(rig.base, 40, Rig.content(8, 3));
        assertArrayEquals(Rig.content(8, 2), Rig.read(whole, 40, 8));
    }

    /// The last chunk of a snapshot reaches beyond its end: a write there needs nothing, and says nothing about the rest.
    @Test
    void whatLiesBeyondTheEndSaysNothingAboutTheChunk() throws Exception {
        var rig = Rig.ofSectors(64);
        rig.number(Rig.freshCow(1024));
        var odd = Rig.resumed(rig.tryConstruct(rig.snapshotType, 36L * SECTOR, "253:0 253:1 P 8"));
        assertTrue(tryWrite(rig.base, 36, Rig.content(4, 1)));
        assertFalse(tryWrite(rig.base, 32, Rig.content(4, 2)));
        Rig.write(rig.base, 32, Rig.content(4, 2));
        assertArrayEquals(Rig.numbered(32, 4), Rig.read(odd, 32, 4));
    }

    @Test
    void aLargeChunkThatHasLeftSaysNothingAboutSmallOnes() throws IOException {
        var rig = Rig.ofSectors(64);
        var large = rig.snapshot(Rig.freshCow(1024), "P 8");
        var small = rig.snapshot(Rig.freshCow(1024), "P 2");
        Rig.write(rig.base, 0, Rig.content(2, 1));
        assertTrue(tryWrite(rig.base, 0, Rig.content(2, 2)));
        assertFalse(tryWrite(rig.base, 2, Rig.content(2, 3)));
        Rig.write(rig.base, 2, Rig.content(2, 3));
        assertArrayEquals(Rig.numbered(0, 8), Rig.read(large, 0, 8));
        assertArrayEquals(Rig.numbered(0, 8), Rig.read(small, 0, 8));
    }

    /// Goal: the bit of a chunk is never set before the last snapshot has it. Method: one writer makes the chunk leave, in
    /// three stores one after the other; another takes the way that asks and does not wait, again and again, until
    /// he is let through. What he then writes must not be seen by any snapshot.
    @Test
    void whoIsLetThroughIsSeenByNobody() throws Exception {
        int rounds = Integer.getInteger("cowherd.race.rounds", 3_000);
        var rig = Rig.ofSectors(rounds * 8L);
        var snapshots = new ArrayList<BlockDevice>();
        for (String table : new String[] {"P 8", "P 2", "N 4"}) {
            snapshots.add(rig.snapshot(Rig.freshCow(rounds * 10L + 4096), table));
        }
        var begun = new AtomicInteger();
        var impatient =
                new FutureTask<>(
                        () -> {
                            for (int round = 0; round < rounds; round++) {
                                while (begun.get() <= round) {
                                    Thread.onSpinWait();
                                }
                                while (!tryWrite(rig.base, round * 8L + 1, Rig.content(1, 1))) {
                                    Thread.onSpinWait();
                                }
                            }
                            return true;
                        });
        Thread.ofPlatform().daemon().start(impatient);
        for (int round = 0; round < rounds; round++) {
            begun.set(round + 1);
            Rig.write(rig.base, round * 8L, Rig.content(2, 2));
        }
        assertTrue(impatient.get(60, TimeUnit.SECONDS));
        for (var snapshot : snapshots) {
            assertArrayEquals(Rig.numbered(0, rounds * 8), Rig.all(snapshot));
        }
    }
}
