package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.geometry.StoreLayout;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// **Goal.** A store takes exactly what spec 1.8 says, at every edge: nothing is lost, nothing is written beyond the end (the
/// device refuses that), and what is full goes on when it has been extended, at once or after a restart.
///
/// **Method.** Devices of every size around the ends of areas, filled by batches of random length, with restarts
/// between them. The model is [StoreLayout#capacity], which vector 11 pins. Replay by `-Dcowherd.seed=…`.
class StoreCapacityTest implements CowStore.OldChunkReader {
    private static final int SECTOR = 512;
    private static final long ORIGIN_BYTES = 1L << 40;

    private final long seed = Long.getLong("cowherd.seed", System.nanoTime());

    @Override
    public long bytesOf(long originChunk) {
        throw new AssertionError("every exception carries its data");
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) {
        throw new AssertionError("every exception carries its data");
    }

    @Test
    void aStoreTakesWhatItsDeviceHasRoomFor() throws IOException {
        for (int sectors : new int[] {1, 2, 4, 8}) {
            var layout = new StoreLayout(new ChunkSize(sectors));
            for (long chunks : edges(layout)) {
                for (int rest = 0; rest < sectors; rest += Math.max(1, sectors - 1)) {
                    fill(layout, chunks, rest);
                }
            }
        }
    }

    /// Sizes in chunks up to the third area: all of them where areas are small, else those around their ends.
    private static List<Long> edges(StoreLayout layout) {
        long stride = layout.areaChunk(1) - layout.areaChunk(0);
        var sizes = new ArrayList<Long>();
        for (long size = 2; size <= 3 * stride + 4; size++) {
            long after = (size - 1) % stride;
            if (stride < 40 || after < 3 || after > stride - 3) {
                sizes.add(size);
            }
        }
        return sizes;
    }

    private void fill(StoreLayout layout, long chunks, int restSectors) throws IOException {
        String run = "seed " + seed + ", " + layout + ", " + chunks + " chunks and " + restSectors;
        var random = new SplittableRandom(seed + 31 * chunks + restSectors);
        var cow = new MemoryDevice(bytes(layout, chunks, restSectors), (byte) 0xAA);
        cow.put(0, new byte[SECTOR]);
        long taken = takeAll(layout, cow, 0, random);
        assertEquals(layout.capacity(chunks), taken, run);
        long more = random.nextLong(1, 5);
        cow.resize(bytes(layout, chunks + more, restSectors));
        taken = takeAll(layout, cow, taken, random);
        assertEquals(layout.capacity(chunks + more), taken, run + ", extended by " + more);
    }

    private static long bytes(StoreLayout layout, long chunks, int restSectors) {
        return layout.chunkSize().offsetOf(chunks) + (long) restSectors * SECTOR;
    }

    /// Takes exceptions until there is no space. Returns how many the store has then.
    private long takeAll(
            StoreLayout layout, MemoryDevice cow, long alreadyTaken, SplittableRandom random)
            throws IOException {
        long taken = alreadyTaken;
        var store = open(layout, cow, taken);
        boolean fits = true;
        while (fits) {
            if (random.nextInt(16) == 0) {
                store = open(layout, cow, taken);
            }
            int count = random.nextInt(1, Math.min(store.batchLimit(), 40) + 1);
            var batch = batch(taken, count);
            int prepared = store.prepare(batch);
            taken += prepared;
            fits = prepared == count;
            if (prepared > 0) {
                var ready = batch.subList(0, prepared);
                store.place(ready, this);
                store.commit(ready);
                store.publish(ready);
            }
        }
        assertEquals(0, store.prepare(batch(taken, 1)), "and nothing after that");
        open(layout, cow, taken);
        return taken;
    }

    private static List<PendingException> batch(long from, int count) {
        var batch = new ArrayList<PendingException>();
        for (long chunk = from; chunk < from + count; chunk++) {
            var exception = new PendingException(chunk, Cause.ORIGIN_WRITE);
            exception.carry(ByteBuffer.wrap(MemoryDevice.numberedSector(chunk)).limit(SECTOR));
            batch.add(exception);
        }
        return batch;
    }

    /// As after a restart; everything that was taken is there, each chunk in a place of its own.
    private static PersistentStore open(StoreLayout layout, MemoryDevice cow, long taken)
            throws IOException {
        var store =
                PersistentStore.open(
                        "cow",
                        cow,
                        StoreExpectation.ANYTHING,
                        layout.chunkSize().sectors(),
                        ORIGIN_BYTES,
                        SECTOR);
        for (long chunk = 0; chunk < taken; chunk++) {
            byte[] found = cow.get(store.offsetOf(store.lookup(chunk)), SECTOR);
            assertEquals(
                    ByteBuffer.wrap(MemoryDevice.numberedSector(chunk)), ByteBuffer.wrap(found));
        }
        assertEquals(ExceptionTable.ABSENT, store.lookup(taken));
        return store;
    }
}
