package io.cowherd.mapping.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.store.CowStore.OldChunkReader;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What [CowStore] promises, for every kind of store: extend this and say how to make one.
abstract class CowStoreContract {
    static final int CHUNK_SECTORS = 4;
    static final int CHUNK = CHUNK_SECTORS * 512;

    final MemoryDevice origin = MemoryDevice.numbered(1000 * CHUNK, 7);

    /// An empty store of chunks of [#CHUNK] on that device, which begins with zeros.
    abstract CowStore create(MemoryDevice cow) throws IOException;

    /// Chunks that a device must have for `exceptions` exceptions.
    abstract int chunksFor(int exceptions);

    private final OldChunkReader oldChunks =
            new OldChunkReader() {
                @Override
                public long bytesOf(long originChunk) {
                    return Math.min(CHUNK, origin.sizeBytes() - originChunk * CHUNK);
                }

                @Override
                public void read(long offsetBytes, ByteBuffer target) {
                    origin.read(offsetBytes, target);
                }
            };

    private CowStore storeFor(int exceptions) throws IOException {
        return create(new MemoryDevice((long) chunksFor(exceptions) * CHUNK));
    }

    static List<PendingException> exceptions(int from, int to) {
        var batch = new ArrayList<PendingException>();
        for (int chunk = from; chunk < to; chunk++) {
            var exception = new PendingException(chunk, Cause.ORIGIN_WRITE);
            exception.carry(ByteBuffer.wrap(data(chunk)));
            batch.add(exception);
        }
        return batch;
    }

    static byte[] data(int chunk) {
        byte[] data = new byte[CHUNK];
        for (int at = 0; at < CHUNK; at += 512) {
            System.arraycopy(MemoryDevice.numberedSector(chunk * 1000L + at), 0, data, at, 512);
        }
        return data;
    }

    private void take(CowStore store, List<PendingException> batch) throws IOException {
        assertEquals(batch.size(), store.prepare(batch));
        store.place(batch, oldChunks);
        store.commit(batch);
        store.publish(batch);
    }

    @Test
    void onlyWhatIsPublishedIsFound() throws IOException {
        var store = storeFor(50);
        var batch = exceptions(5, 9);
        assertEquals(4, store.prepare(batch));
        store.place(batch, oldChunks);
        store.commit(batch);
        assertEquals(ExceptionTable.ABSENT, store.lookup(5));
        store.publish(batch);
        for (var exception : batch) {
            assertEquals(exception.storeChunk(), store.lookup(exception.originChunk()));
        }
        assertEquals(ExceptionTable.ABSENT, store.lookup(4));
        assertEquals(ExceptionTable.ABSENT, store.lookup(9));
    }

    @Test
    void storeChunksAscendAndAreNeverGivenTwice() throws IOException {
        var store = storeFor(300);
        var given = new HashSet<Long>();
        long last = -1;
        for (int chunk = 0; chunk < 300; ) {
            int count = Math.min(Math.min(7, store.batchLimit()), 300 - chunk);
            var batch = exceptions(chunk, chunk + count);
            take(store, batch);
            for (var exception : batch) {
                assertTrue(exception.storeChunk() > last);
                last = exception.storeChunk();
                given.add(last);
            }
            chunk += count;
        }
        assertEquals(300, given.size());
    }

    @Test
    void whatIsPlacedIsThere() throws IOException {
        var cow = new MemoryDevice((long) chunksFor(200) * CHUNK, (byte) 0);
        var store = create(cow);
        for (int chunk = 0; chunk < 200; ) {
            int count = Math.min(store.batchLimit(), Math.min(150, 200 - chunk));
            take(store, exceptions(chunk, chunk + count));
            chunk += count;
        }
        for (int chunk = 0; chunk < 200; chunk++) {
            assertArrayEquals(data(chunk), cow.get(store.offsetOf(store.lookup(chunk)), CHUNK));
        }
    }

    @Test
    void aFullStoreSaysHowManyFit() throws IOException {
        var store = storeFor(10);
        var batch = exceptions(0, 12);
        assertEquals(10, store.prepare(batch));
        assertEquals(0, store.prepare(batch.subList(10, 12)));
        assertThrows(AssertionError.class, () -> batch.get(10).storeChunk());
    }

    @Test
    void growthIsSeenAtOnce() throws IOException {
        var cow = new MemoryDevice((long) chunksFor(10) * CHUNK);
        var store = create(cow);
        take(store, exceptions(0, 10));
        assertEquals(0, store.prepare(exceptions(10, 11)));
        cow.resize((long) chunksFor(11) * CHUNK);
        take(store, exceptions(10, 11));
        assertEquals(store.usage().totalSectors(), store.usage().allocatedSectors());
    }

    @Test
    void whatCarriesNothingIsCopiedFromTheOrigin() throws IOException {
        var cow = new MemoryDevice((long) chunksFor(3) * CHUNK);
        var store = create(cow);
        take(store, List.of(new PendingException(42, Cause.SNAPSHOT_WRITE)));
        assertArrayEquals(
                origin.get(42L * CHUNK, CHUNK), cow.get(store.offsetOf(store.lookup(42)), CHUNK));
    }

    @Test
    void anUnreadableOldChunkFailsTheBatch() throws IOException {
        var store = storeFor(10);
        var batch = exceptions(0, 3);
        batch.get(1).carryNothing(new IOException("bad sector"));
        store.prepare(batch);
        assertThrows(IOException.class, () -> store.place(batch, oldChunks));
    }
}
