package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a snapshot leaves on its COW device, byte for byte: vectors 12 to 25.
class StoreBytesTest {
    private static String hex(MemoryDevice device, long at, int length) {
        byte[] sector = device.get(at & -SECTOR, SECTOR);
        int from = (int) (at & (SECTOR - 1));
        return HexFormat.of().formatHex(sector, from, from + length);
    }

    private static void overwrite(Rig rig, int chunk, long... originChunks) throws IOException {
        for (long each : originChunks) {
            Rig.write(rig.base, each * chunk, Rig.content(chunk, 1000 + each));
        }
    }

    private static long[] first(int count) {
        long[] chunks = new long[count];
        Arrays.setAll(chunks, i -> i);
        return chunks;
    }

    @Test
    void vector12_usageNumbers() throws IOException {
        var rig = Rig.ofSectors(1024);
        var exact = rig.snapshot(Rig.freshCow(24), "P 8");
        var roomy = rig.snapshot(Rig.freshCow(200), "P 8");
        overwrite(rig, 8, 3);
        assertEquals("24/24 16", exact.status());
        assertEquals("24/200 16", roomy.status());
        assertArrayEquals(Rig.numbered(24, 8), Rig.read(exact, 24, 8));
    }

    @Test
    void vector13_freshStore() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(8192);
        rig.snapshot(cow, "P 16");
        assertEquals("536e4170010000000100000010000000", hex(cow, 0, 16));
        assertArrayEquals(new byte[8192 - 512], cow.get(512, 8192 - 512));
        assertArrayEquals(new byte[8192], cow.get(8192, 8192));
        assertArrayEquals(Rig.fill(8192 - 32, 0xAA), cow.get(16384, (8192 - 32) * SECTOR));
    }

    @Test
    void vector14to16_recordsAndData() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(8192);
        var snap = rig.snapshot(cow, "P 16");
        overwrite(rig, 16, 5);
        assertEquals("0500000000000000" + "0200000000000000", hex(cow, 8192, 16));
        assertArrayEquals(Rig.numbered(80, 16), cow.get(16384, 8192));

        byte[] whole = Rig.content(16, 1);
        byte[] part = Rig.content(1, 2);
        Rig.write(snap, 7 * 16, whole);
        Rig.write(snap, 9 * 16 + 3, part);
        overwrite(rig, 16, 7, 8, 9);
        assertEquals("5>2 7>3 9>4 8>5", Rig.records(cow, 16));
        assertEquals("96/8192 32", snap.status());
        assertArrayEquals(whole, cow.get(3 * 8192, 8192));
        byte[] patched = Rig.numbered(9 * 16, 16);
        System.arraycopy(part, 0, patched, 3 * SECTOR, SECTOR);
        assertArrayEquals(patched, cow.get(4 * 8192, 8192));
    }

    /// Goal: the kernel's image of the sequence above comes out of our code, every byte. Method: what was written is taken
    /// from the kernel's images.
    @Test
    void vector15_goldImageG1() throws IOException {
        var goldCow = Gold.read("g1-chunk16-after.cow");
        var goldOrigin = Gold.read("g1-chunk16-after.origin");
        var rig = Rig.ofSectors(goldOrigin.sizeBytes() / SECTOR);
        var cow = Rig.freshCow(goldCow.sizeBytes() / SECTOR);
        var snap = rig.snapshot(cow, "P 16");
        Rig.write(rig.base, 80, goldOrigin.get(5 * 8192, 8192));
        Rig.write(snap, 112, goldCow.get(3 * 8192, 8192));
        byte[] chunk9 = goldCow.get(4 * 8192, 8192);
        byte[] old9 = Rig.numbered(144, 16);
        int patched = Arrays.mismatch(chunk9, old9) / SECTOR;
        Rig.write(
                snap,
                144 + patched,
                Arrays.copyOfRange(chunk9, patched * SECTOR, (patched + 1) * SECTOR));
        Rig.write(rig.base, 112, goldOrigin.get(7 * 8192, 3 * 8192));
        // The kernel writes the chunks of one request in an order of its own.
        assertEquals(Rig.records(goldCow, 16), Rig.records(cow, 16));
        assertArrayEquals(goldOrigin.get(), ((MemoryDevice) rig.origin).get());
        assertArrayEquals(goldCow.get(), cow.get());
        Gold.assertSha256(cow, "58ed5793", "41ae");
        Gold.assertSha256((MemoryDevice) rig.origin, "4ee7b320", "4a44");
    }

    /// Goal: 240 exceptions in random order over four areas, as the kernel has them. Method: in the order of the kernel's
    /// records, chunks that hold old content are made by overwriting the origin, the others by writing the snapshot.
    @Test
    void vector24_goldImageG2() throws IOException {
        var goldCow = Gold.read("g2-chunk2-240exc.cow");
        var goldOrigin = Gold.read("g2-chunk2-240exc.origin");
        var rig = Rig.ofSectors(goldOrigin.sizeBytes() / SECTOR);
        var cow = Rig.freshCow(goldCow.sizeBytes() / SECTOR);
        var snap = rig.snapshot(cow, "P 2");
        for (var pair : Rig.recordList(goldCow, 2)) {
            long chunk = Long.parseLong(pair.substring(0, pair.indexOf('>')));
            byte[] data =
                    goldCow.get(1024 * Long.parseLong(pair.substring(pair.indexOf('>') + 1)), 1024);
            if (Arrays.equals(data, Rig.numbered(chunk * 2, 2))) {
                Rig.write(rig.base, chunk * 2, goldOrigin.get(chunk * 1024, 1024));
            } else {
                Rig.write(snap, chunk * 2, data);
            }
        }
        assertEquals("490/8192 10", snap.status());
        assertEquals("0119ea4001247d76b9eb2b66de06ddaf", Gold.digest("MD5", Rig.all(snap)));
        assertArrayEquals(goldCow.get(0, 245 * 1024), cow.get(0, 245 * 1024));
    }

    @Test
    void vector19_invalidationChangesFourBytes() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(48);
        var snap = rig.snapshot(cow, "P 16");
        overwrite(rig, 16, 1);
        byte[] before = cow.get();
        overwrite(rig, 16, 2);
        assertEquals("Invalid", snap.status());
        Arrays.fill(before, 4, 8, (byte) 0);
        assertArrayEquals(before, cow.get());
    }

    @Test
    void vector20_fillingAnAreaZeroesTheNextFirst() throws IOException {
        var rig = Rig.ofSectors(1024);
        var counting = new CountingDevice(Rig.freshCow(35));
        var snap = rig.snapshot(counting, "P 1");
        overwrite(rig, 1, first(31));
        counting.clear();
        overwrite(rig, 1, 31);
        assertEquals(
                List.of("WRITE 16896+512", "WRITE 17408+512", "FLUSH", "WRITE 512+512 DURABLE"),
                counting.operations().stream()
                        .filter(operation -> !operation.is(DeviceOperation.Kind.READ))
                        .map(DeviceOperation::toString)
                        .toList());
        assertEquals("35/35 3", snap.status());
    }

    /// As in the kernel, but that it copies the chunk to sector 33 before it finds out.
    @Test
    void vector21_theTrapAtTheEndOfTheDevice() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(34);
        var snap = rig.snapshot(cow, "P 1");
        overwrite(rig, 1, first(32));
        assertEquals("Invalid", snap.status());
        assertArrayEquals(Rig.fill(1, 0xAA), cow.get(33 * SECTOR, SECTOR));
        assertEquals(31, Rig.recordList(cow, 1).size());
        assertEquals("536e4170000000000100000001000000", hex(cow, 0, 16));
        assertArrayEquals(Rig.content(1, 1031), Rig.read(rig.base, 31, 1));
    }

    @Test
    void vector22_overflowAtAllocation() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(33);
        var snap = rig.snapshot(cow, "P 1");
        overwrite(rig, 1, first(31));
        assertEquals("33/33 2", snap.status());
        byte[] before = cow.get();
        overwrite(rig, 1, 31);
        assertEquals("Invalid", snap.status());
        Arrays.fill(before, 4, 8, (byte) 0);
        assertArrayEquals(before, cow.get());
    }

    @Test
    void vector11_capacityIsWhatTheDeviceTakes() throws IOException {
        int[][] cases = {
            {2, 0}, {3, 1}, {33, 31}, {34, 31}, {35, 32}, {36, 33}, {66, 63}, {67, 63}, {68, 64}
        };
        for (int[] each : cases) {
            var rig = Rig.ofSectors(1024);
            var snap = rig.snapshot(Rig.freshCow(each[0]), "P 1");
            overwrite(rig, 1, first(each[1]));
            assertEquals(-1, snap.status().indexOf("Invalid"), "T = " + each[0]);
            assertArrayEquals(Rig.numbered(0, 1024), Rig.all(snap));
            overwrite(rig, 1, each[1]);
            assertEquals("Invalid", snap.status(), "T = " + each[0]);
        }
        var rig = Rig.ofSectors(1024);
        assertThrows(IOException.class, () -> rig.load(Rig.freshCow(1), "P 1"));
    }

    @Test
    void vector23_onlyTheNextAreaIsZeroed() throws IOException {
        var rig = Rig.ofSectors(1024);
        var cow = Rig.freshCow(100);
        rig.snapshot(cow, "P 1");
        overwrite(rig, 1, first(32));
        assertArrayEquals(new byte[SECTOR], cow.get(34 * SECTOR, SECTOR));
        assertArrayEquals(Rig.fill(100 - 35, 0xAA), cow.get(35 * SECTOR, 65 * SECTOR));
    }

    @Test
    void vector25_theLastChunkIsClipped() throws IOException {
        var rig = Rig.ofSectors(32_700);
        var cow = Rig.freshCow(4096);
        var snap = rig.snapshot(cow, "P 64");
        Rig.write(rig.base, 32_699, Rig.content(1, 1));
        assertEquals("510>2", Rig.records(cow, 64));
        assertArrayEquals(Rig.numbered(510 * 64, 60), cow.get(2 * 64 * SECTOR, 60 * SECTOR));
        assertArrayEquals(Rig.fill(4, 0xAA), cow.get((2 * 64 + 60) * SECTOR, 4 * SECTOR));
        assertArrayEquals(Rig.numbered(32_640, 60), Rig.read(snap, 32_640, 60));
    }

    /// Goal: no chunk size is special. Method: one whole chunk, one part of a chunk, one origin write; the largest sizes
    /// are not carried in memory.
    @Test
    void everyChunkSizeFrom1To8192Works() throws IOException {
        for (int chunk = 1; chunk <= 8192; chunk *= 2) {
            var rig = Rig.ofSectors(4 * 8192);
            var cow = Rig.freshCow(8L * Math.max(chunk, 8));
            var snap = rig.snapshot(cow, "P " + chunk);
            byte[] expected = Rig.numbered(0, 4 * 8192);
            byte[] part = Rig.content(1, 7);
            Rig.write(snap, chunk + chunk / 2, part);
            System.arraycopy(part, 0, expected, (chunk + chunk / 2) * SECTOR, SECTOR);
            byte[] whole = Rig.content(chunk, 8);
            Rig.write(snap, 2L * chunk, whole);
            System.arraycopy(whole, 0, expected, 2 * chunk * SECTOR, whole.length);
            overwrite(rig, chunk, 0, 1, 2);
            assertArrayEquals(expected, Rig.all(snap), "chunk " + chunk);
            assertEquals("1>2 2>3 0>4", Rig.records(cow, chunk));
        }
    }
}
