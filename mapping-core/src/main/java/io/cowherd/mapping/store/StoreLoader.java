package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.format.ExceptionRecord;
import io.cowherd.mapping.geometry.StoreLayout;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Reads the records of a persistent store, and refuses those that cannot be true (spec 1.6, vectors 33 to 40).
///
/// The kernel believes everything it reads. Here a record is refused if its origin chunk has left already (I1), if its
/// store chunk is taken (I4), lies outside the device, or is metadata. Gaps in the store chunks and any order are
/// accepted: older kernels left them. What may follow the terminator is [StoreExpectation]'s.
///
/// **Threading.** *Confined* to the thread that opens the store.
final class StoreLoader {
    private static final int WINDOW_BYTES = 256 * 1024;
    private static final int RECORDS_PER_SECTOR = BlockDevice.SECTOR_BYTES / ExceptionRecord.BYTES;

    // Immutable
    private final String name;
    private final BlockDevice cow;
    private final StoreLayout layout;
    private final long originChunks;
    private final long storeChunks;
    private final StoreExpectation expected;

    // Immutable: what is said of a chunk beyond the end, made once and not for every record
    private final String originChunkBound;
    private final String storeChunkBound;

    // Result
    final ExceptionTable table = new ExceptionTable();
    long area;
    int committed;
    boolean staleTail;

    private final TakenChunks taken;

    StoreLoader(
            String name,
            BlockDevice cow,
            StoreLayout layout,
            long originBytes,
            StoreExpectation expected) {
        this.name = name;
        this.expected = expected;
        this.cow = cow;
        this.layout = layout;
        this.taken = new TakenChunks(layout);
        this.originChunks = layout.chunkSize().chunksCovering(originBytes);
        this.storeChunks = layout.chunkSize().wholeChunks(cow.sizeBytes());
        this.originChunkBound = "an origin chunk below " + originChunks;
        this.storeChunkBound = "a store chunk below " + storeChunks;
    }

    /// Reads areas 0, 1, 2, … up to the one with the terminator.
    void load() throws IOException {
        while (!loadArea()) {
            area++;
        }
    }

    /// The store chunk that the next exception gets.
    long nextFree() {
        return taken.end();
    }

    /// Returns true if the list ends in this area.
    private boolean loadArea() throws IOException {
        int chunkBytes = layout.chunkSize().bytes();
        var window = ByteBuffer.allocate(Math.min(WINDOW_BYTES, chunkBytes));
        boolean ended = false;
        for (int at = 0; at < chunkBytes; at += window.capacity()) {
            readArea(at, window);
            int index = at / ExceptionRecord.BYTES;
            int records = window.capacity() / ExceptionRecord.BYTES;
            for (int i = 0; i < records; i++) {
                var found = ExceptionRecord.decode(window, i);
                if (!ended && !found.isTerminator()) {
                    accept(found, index + i);
                    continue;
                }
                if (!ended) {
                    ended = true;
                    committed = index + i;
                }
                passBy(found, index + i);
            }
        }
        return ended;
    }

    /// The terminator, or what follows it.
    private void passBy(ExceptionRecord found, int index) throws CorruptStoreException {
        boolean stale = found.originChunk() != 0 || found.storeChunk() != 0;
        if (stale && expected != StoreExpectation.ANYTHING) {
            require(
                    index / RECORDS_PER_SECTOR > committed / RECORDS_PER_SECTOR,
                    index,
                    found,
                    "zeros to the end of its sector, because the list ends at record " + committed);
        }
        staleTail |= stale;
    }

    private void readArea(int at, ByteBuffer window) throws IOException {
        long from = layout.recordOffset(area, 0);
        if (from + layout.chunkSize().bytes() > cow.sizeBytes()) {
            throw new CorruptStoreException(
                    name,
                    "a list of exceptions that goes on in area " + area + ", beyond the end",
                    "a terminator within " + cow.sizeBytes() + " bytes");
        }
        cow.read(from + at, window.clear());
        window.flip();
    }

    private void accept(ExceptionRecord found, int index) throws CorruptStoreException {
        long storeChunk = found.storeChunk();
        require(
                Long.compareUnsigned(found.originChunk(), originChunks) < 0,
                index,
                found,
                originChunkBound);
        require(Long.compareUnsigned(storeChunk, storeChunks) < 0, index, found, storeChunkBound);
        require(!layout.isArea(storeChunk), index, found, "a store chunk that is not metadata");
        require(
                table.lookup(found.originChunk()) == ExceptionTable.ABSENT,
                index,
                found,
                "an origin chunk that has not left before");
        require(taken.take(storeChunk), index, found, "a store chunk that is not taken");
        table.insert(found.originChunk(), storeChunk);
    }

    private void require(boolean fine, int index, ExceptionRecord found, String expected)
            throws CorruptStoreException {
        if (!fine) {
            throw new CorruptStoreException(
                    name + " area " + area + " record " + index,
                    "exception "
                            + Long.toUnsignedString(found.originChunk())
                            + " -> "
                            + Long.toUnsignedString(found.storeChunk()),
                    expected);
        }
    }
}
