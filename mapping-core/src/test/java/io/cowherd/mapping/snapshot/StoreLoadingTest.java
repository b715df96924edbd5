package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation.Kind;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.format.UnsupportedStoreVersionException;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What is found on a COW device, and what becomes of it: vectors 26 to 40.
class StoreLoadingTest {
    private static final int MAGIC = 0x70416e53;
    private final Rig rig;

    StoreLoadingTest() throws IOException {
        rig = Rig.ofSectors(4096);
    }

    private void refused(Class<? extends IOException> how, MemoryDevice cow, String arguments) {
        byte[] before = cow.get();
        assertThrows(how, () -> rig.load(cow, arguments));
        assertArrayEquals(before, cow.get());
    }

    private String refusal(MemoryDevice cow) {
        byte[] before = cow.get();
        var refused = assertThrows(CorruptStoreException.class, () -> rig.load(cow, "P 8"));
        assertArrayEquals(before, cow.get());
        return String.valueOf(refused.getMessage());
    }

    private void overwrite(long originChunk, int chunk) throws IOException {
        Rig.write(rig.base, originChunk * chunk, Rig.content(chunk, 1000 + originChunk));
    }

    @Test
    void vector26_fourZerosAreAFreshStore() throws IOException {
        var cow = new MemoryDevice(1024 * SECTOR, (byte) 0xAA);
        cow.put(0, new byte[SECTOR]);
        Rig.header(cow, 0, -1, 77, 1234);
        var snap = rig.snapshot(cow, "P 8");
        assertEquals("16/1024 16", snap.status());
        var fresh = Rig.freshCow(1024);
        Rig.ofSectors(64).snapshot(fresh, "P 8");
        assertArrayEquals(fresh.get(), cow.get());
    }

    @Test
    void vector27_anotherMagicIsRefused() {
        var cow = Rig.handmade(1024, 8);
        Rig.header(cow, 0x58585858, 1, 1, 8);
        refused(CorruptStoreException.class, cow, "P 8");
    }

    @Test
    void vector28_anotherVersionIsRefused() {
        for (int version : new int[] {0, 2}) {
            for (int valid : new int[] {0, 1}) {
                var cow = Rig.handmade(1024, 8);
                Rig.header(cow, MAGIC, valid, version, 8);
                refused(UnsupportedStoreVersionException.class, cow, "P 8");
            }
        }
    }

    @Test
    void vector29_anInvalidStoreLoadsAsInvalid() throws IOException {
        var cow = Rig.handmade(1024, 8, 5, 2);
        Rig.header(cow, MAGIC, 0, 1, 8);
        byte[] before = cow.get();
        var snap = rig.snapshot(cow, "P 8");
        assertEquals("Invalid", snap.status());
        assertThrows(IOException.class, () -> Rig.read(snap, 0, 1));
        assertThrows(IOException.class, () -> Rig.read(snap, 40, 1));
        assertThrows(IOException.class, () -> Rig.write(snap, 0, Rig.content(1, 1)));
        overwrite(1, 8);
        assertArrayEquals(before, cow.get());
        assertTrue(rig.said.isEmpty(), "no event: it was invalid before");
    }

    @Test
    void vector30_anyOtherValidIsValid() throws IOException {
        var cow = Rig.handmade(1024, 8, 5, 2);
        Rig.header(cow, MAGIC, 2, 1, 8);
        byte[] before = cow.get();
        assertEquals("24/1024 16", rig.snapshot(cow, "P 8").status());
        assertArrayEquals(before, cow.get());
    }

    @Test
    void vector31_theHeadersChunkSizeWins() throws IOException {
        var written = rig.load(Rig.handmade(1024, 8), "P 16");
        assertEquals("253:0 253:1 P 8", written.tableArguments());
        var fresh = rig.load(Rig.freshCow(1024), "P 0");
        assertEquals("253:0 253:2 P 32", fresh.tableArguments());
        var bigger = rig.load(Rig.handmade(1024, 64), "P 0");
        assertEquals("253:0 253:3 P 64", bigger.tableArguments());
    }

    @Test
    void vector32_anIllegalChunkSizeIsRefused() {
        for (int chunk : new int[] {0, 12, 1 << 22, -1}) {
            var cow = Rig.handmade(1024, 8);
            Rig.header(cow, MAGIC, 1, 1, chunk);
            refused(CorruptStoreException.class, cow, "P 8");
        }
    }

    @Test
    void vector33_holesAndAnyOrderAreAccepted() throws IOException {
        var cow = Rig.handmade(1024, 8, 5, 7, 9, 3);
        var snap = rig.snapshot(cow, "P 8");
        assertEquals("64/1024 16", snap.status());
        overwrite(11, 8);
        assertEquals("5>7 9>3 11>8", Rig.records(cow, 8));
    }

    @Test
    void vector34_theLastDataChunkOfAnAreaInAListThatIsNotFull() throws IOException {
        var cow = Rig.handmade(4096, 8, 5, 2, 9, 257);
        var snap = rig.snapshot(cow, "P 8");
        assertEquals("2072/4096 16", snap.status());
        overwrite(11, 8);
        assertEquals("5>2 9>257 11>259", Rig.records(cow, 8));
    }

    @Test
    void vector35_anExactlyFullArea() throws IOException {
        long[] pairs = new long[512];
        for (int i = 0; i < 256; i++) {
            pairs[2 * i] = i;
            pairs[2 * i + 1] = i + 2L;
        }
        var cow = Rig.handmade(4096, 8, pairs);
        cow.put(258 * 4096, new byte[4096]);
        var snap = rig.snapshot(cow, "P 8");
        assertEquals(259 * 8 + "/4096 24", snap.status());
        overwrite(300, 8);
        assertEquals("300>259", Rig.recordList(cow, 8).get(256));
    }

    /// The kernel keeps what follows the terminator, so that it comes alive later; ours clears it first, durably.
    @Test
    void vector36_junkBehindTheTerminatorNeverComesAlive() throws IOException {
        for (int chunk : new int[] {8, 64}) {
            var cow = Rig.handmade(4096, chunk, 5, 2);
            int inNextBlock = chunk * 32 - 1;
            Rig.record(cow, chunk, 2, 33, 44);
            Rig.record(cow, chunk, inNextBlock, 55, 66);
            byte[] before = cow.get();
            var fresh = Rig.ofSectors(4096);
            var snap = fresh.snapshot(cow, "P " + chunk);
            assertEquals(3 * chunk + "/4096 " + 2 * chunk, snap.status());
            assertArrayEquals(before, cow.get(), "loading changes nothing");
            Rig.write(fresh.base, 7L * chunk, Rig.content(chunk, 1));
            assertEquals("5>2 7>3", Rig.records(cow, chunk));
            byte[] area = cow.get((long) chunk * SECTOR, chunk * SECTOR);
            for (int at = 32; at < area.length; at++) {
                assertEquals(0, area[at], "byte " + at + " of the area");
            }
        }
    }

    @Test
    void vector37_anOriginChunkThatLeftTwiceIsRefused() {
        String why = refusal(Rig.handmade(1024, 8, 5, 2, 6, 3, 5, 4));
        assertTrue(why.contains("area 0 record 2") && why.contains("5 -> 4"), why);
    }

    @Test
    void vector38_aStoreChunkThatCannotBeIsRefused() {
        assertTrue(refusal(Rig.handmade(1024, 8, 5, 128)).contains("below 128"));
        assertTrue(refusal(Rig.handmade(4096, 8, 5, 258)).contains("not metadata"));
        assertTrue(refusal(Rig.handmade(1024, 8, 5, 1)).contains("not metadata"));
        assertTrue(refusal(Rig.handmade(1024, 8, 5, -1L)).contains("below 128"));
        assertTrue(refusal(Rig.handmade(1024, 8, 5, 2, 6, 2)).contains("not taken"));
        assertTrue(refusal(Rig.handmade(1024, 8, 512, 2)).contains("below 512"));
        assertTrue(refusal(Rig.handmade(1024, 8, -5L, 2)).contains("below 512"));
    }

    @Test
    void aListWithoutEndIsRefused() {
        long[] pairs = new long[64];
        for (int i = 0; i < 32; i++) {
            pairs[2 * i] = i;
            pairs[2 * i + 1] = i + 2L;
        }
        var cow = Rig.handmade(34, 1, pairs);
        assertThrows(CorruptStoreException.class, () -> rig.load(cow, "P 1"));
    }

    /// Goal: stopping and starting leaves no trace. Method: the same random writes to two origins, one of which is
    /// reloaded every few writes.
    @Test
    void vector39_reloadingChangesNothing() throws IOException {
        var random = new SplittableRandom(39);
        var steady = Rig.ofSectors(512);
        var steadyCow = Rig.freshCow(2048);
        var steadySnap = steady.snapshot(steadyCow, "P 1");
        var restarting = Rig.ofSectors(512);
        var restartingCow = Rig.freshCow(2048);
        var restartingSnap = restarting.snapshot(restartingCow, "P 1");
        for (int i = 0; i < 200; i++) {
            int sector = random.nextInt(500);
            byte[] content = Rig.content(1 + random.nextInt(8), i);
            Rig.write(steady.base, sector, content);
            Rig.write(restarting.base, sector, content);
            if (random.nextInt(5) == 0) {
                Rig.suspend(restartingSnap);
                restartingSnap.close();
                restartingSnap = restarting.snapshot(restartingCow, "P 1");
            }
        }
        assertEquals(steadySnap.status(), restartingSnap.status());
        assertEquals(Rig.records(steadyCow, 1), Rig.records(restartingCow, 1));
        assertArrayEquals(steadyCow.get(), restartingCow.get());
        assertArrayEquals(Rig.numbered(0, 512), Rig.all(restartingSnap));
    }

    @Test
    void vector40_loadingWritesNothing() throws IOException {
        var gold = Gold.read("g2-chunk2-240exc.cow");
        byte[] before = gold.get();
        var counting = new CountingDevice(gold);
        var origin = Gold.read("g2-chunk2-240exc.origin");
        var snap = new Rig(origin).snapshot(counting, "P 2");
        assertEquals("490/8192 10", snap.status());
        assertEquals("0119ea4001247d76b9eb2b66de06ddaf", Gold.digest("MD5", Rig.all(snap)));
        snap.close();
        assertEquals(0, counting.count(Kind.WRITE) + counting.count(Kind.FLUSH));
        assertArrayEquals(before, gold.get());
    }

    @Test
    void aCowOf4KiBBlocksGets4KiBHeadersAndRecords() throws IOException {
        var cow = new MemoryDevice(1024 * SECTOR, (byte) 0, 4096);
        var counting = new CountingDevice(cow);
        var snap = rig.snapshot(counting, "P 0");
        assertEquals("253:0 253:1 P 32", snap.tableArguments());
        counting.clear();
        Rig.write(snap, 3, Rig.content(1, 1));
        assertTrue(
                counting.operations().stream()
                        .filter(operation -> operation.mode() == WriteMode.DURABLE)
                        .allMatch(operation -> operation.lengthBytes() == 4096),
                counting.operations().toString());
    }
}
