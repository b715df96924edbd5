package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.format.CorruptStoreException;
import io.cowherd.mapping.format.StoreHeader;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.geometry.StoreLayout;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// The store of types `P` and `PO`, bit-compatible with the Linux kernel's (spec section 1).
///
/// The bytes are [StoreHeader]'s and [io.cowherd.mapping.format.ExceptionRecord]'s, their places [StoreLayout]'s.
/// Chunks are given out in ascending order and never again; there is no free list and no clean-shutdown marker, so
/// opening reads all records and closing writes nothing.
///
/// **Threading.** *Thread-safe*: as [CowStore] says.
public final class PersistentStore implements CowStore {
    /// Chunk size of a fresh store where the table names none: 16 KiB, or a block of the device (spec 1.6).
    private static final int DEFAULT_CHUNK_SECTORS = 32;

    // Immutable
    private final BlockDevice cow;
    private final StoreLayout layout;
    private final ChunkPlacer placer;
    private final SpaceAhead space;
    private final RecordLog log;
    private final ExceptionTable table;
    private final boolean valid;

    // Owned by the committer
    private int uncommitted;

    // Written by the committer, read by any thread
    private volatile long nextFree;

    private PersistentStore(
            BlockDevice cow,
            StoreLayout layout,
            RecordLog log,
            ExceptionTable table,
            long nextFree,
            boolean valid) {
        this.cow = cow;
        this.layout = layout;
        this.placer = new ChunkPlacer(cow, layout.chunkSize());
        this.space = new SpaceAhead(cow, chunkSize().offsetOf(nextFree));
        this.log = log;
        this.table = table;
        this.nextFree = nextFree;
        this.valid = valid;
    }

    /// Opens the store on `cow`, or makes one there if its first four bytes are zero (spec 1.6) and that is expected.
    ///
    /// @param name names the device in messages
    /// @param tableChunkSectors chunk size that the table asks for, legal, or 0 for the default; the header's wins, unless
    ///     the store is expected to be [StoreExpectation#SOUND]
    /// @param originBytes size of the origin
    /// @param originBlockBytes logical block size of the origin
    /// @throws IOException if the device cannot be read; [CorruptStoreException] and
    ///     [io.cowherd.mapping.format.UnsupportedStoreVersionException] if what is there is refused
    public static PersistentStore open(
            String name,
            BlockDevice cow,
            StoreExpectation expected,
            int tableChunkSectors,
            long originBytes,
            int originBlockBytes)
            throws IOException {
        var first = ByteBuffer.allocate(cow.logicalBlockBytes());
        if (first.capacity() > cow.sizeBytes()) {
            throw new IOException(name + " is too small for a snapshot header");
        }
        cow.read(0, first);
        first.flip();
        if (expected != StoreExpectation.SOUND && StoreHeader.isFresh(first)) {
            return create(name, cow, workingSize(tableChunkSectors, cow));
        }
        var header = StoreHeader.decode(first, name);
        String fault =
                ChunkSize.fault(header.chunkSectors(), originBlockBytes, cow.logicalBlockBytes());
        requireChunkSize(fault == null, name, header, "a legal chunk size (" + fault + ")");
        requireChunkSize(
                expected != StoreExpectation.SOUND || header.chunkSectors() == tableChunkSectors,
                name,
                header,
                tableChunkSectors + " sectors, as it was made with");
        var layout = new StoreLayout(new ChunkSize((int) header.chunkSectors()));
        return header.valid()
                ? load(name, cow, layout, originBytes, expected)
                : invalid(cow, layout);
    }

    /// A store that is known to be invalid, whatever its header says; nothing is read.
    ///
    /// @param tableChunkSectors as for [#open]
    public static PersistentStore knownInvalid(BlockDevice cow, int tableChunkSectors)
            throws IOException {
        return invalid(cow, new StoreLayout(workingSize(tableChunkSectors, cow)));
    }

    private static void requireChunkSize(
            boolean fine, String name, StoreHeader header, String expected)
            throws CorruptStoreException {
        if (!fine) {
            throw new CorruptStoreException(
                    name + " byte " + StoreHeader.CHUNK_SIZE_OFFSET,
                    "a chunk size of " + header.chunkSectors() + " sectors",
                    expected);
        }
    }

    private static ChunkSize workingSize(int tableChunkSectors, BlockDevice cow) {
        return new ChunkSize(
                tableChunkSectors != 0
                        ? tableChunkSectors
                        : Math.max(
                                DEFAULT_CHUNK_SECTORS,
                                cow.logicalBlockBytes() >> BlockDevice.SECTOR_SHIFT));
    }

    /// The kernel writes header, then area, and flushes neither. Here the area is durable first: else a power cut
    /// could leave a header in front of whatever the device held before.
    private static PersistentStore create(String name, BlockDevice cow, ChunkSize chunkSize)
            throws IOException {
        if (chunkSize.wholeChunks(cow.sizeBytes()) < StoreLayout.FIRST_DATA_CHUNK) {
            throw new IOException(
                    name
                            + " of "
                            + cow.sizeBytes()
                            + " bytes is too small for header and first metadata area, a chunk of "
                            + chunkSize.bytes()
                            + " bytes each");
        }
        var layout = new StoreLayout(chunkSize);
        RecordLog.create(cow, layout);
        RecordLog.zero(cow, 0, chunkSize.bytes());
        cow.flush();
        writeHeader(cow, chunkSize, true);
        var log = new RecordLog(cow, layout, 0, 0, false);
        return new PersistentStore(
                cow, layout, log, new ExceptionTable(), StoreLayout.FIRST_DATA_CHUNK, true);
    }

    private static PersistentStore load(
            String name,
            BlockDevice cow,
            StoreLayout layout,
            long originBytes,
            StoreExpectation expected)
            throws IOException {
        var loader = new StoreLoader(name, cow, layout, originBytes, expected);
        loader.load();
        var log = new RecordLog(cow, layout, loader.area, loader.committed, loader.staleTail);
        return new PersistentStore(cow, layout, log, loader.table, loader.nextFree(), true);
    }

    private static PersistentStore invalid(BlockDevice cow, StoreLayout layout) throws IOException {
        var log = new RecordLog(cow, layout, 0, 0, false);
        return new PersistentStore(
                cow, layout, log, new ExceptionTable(), StoreLayout.FIRST_DATA_CHUNK, false);
    }

    @Override
    public String letter() {
        return "P";
    }

    @Override
    public ChunkSize chunkSize() {
        return layout.chunkSize();
    }

    @Override
    public long lookup(long originChunk) {
        return table.lookup(originChunk);
    }

    @Override
    public int batchLimit() {
        return log.room();
    }

    /// Also out of space is whoever would fill an area whose successor lies beyond the end of the device: the trap of spec 1.8.
    /// The kernel copies that chunk as well, finds out then, and loses the snapshot whatever its policy is.
    @Override
    public int prepare(List<PendingException> batch) {
        long free = nextFree;
        long end = chunkSize().wholeChunks(cow.sizeBytes());
        int most = Math.min(batch.size(), log.room(end) - uncommitted);
        int prepared = 0;
        while (prepared < most && free < end) {
            batch.get(prepared++).prepared(free);
            free = layout.skipArea(free + 1);
        }
        nextFree = free;
        uncommitted += prepared;
        return prepared;
    }

    @Override
    public void place(List<PendingException> batch, OldChunkReader oldChunks) throws IOException {
        log.readyArea();
        space.ensure(chunkSize().offsetOf(endOf(batch)));
        placer.place(batch, oldChunks);
        log.readyNextArea(batch.size());
    }

    /// The chunk behind all that the batch needs: its last one's, and the next area's if it fills this one.
    private long endOf(List<PendingException> batch) {
        long end = batch.getLast().storeChunk() + 1;
        return batch.size() == log.room() ? Math.max(end, log.nextAreaChunk() + 1) : end;
    }

    /// The next batch gets the same store chunks. That is what a restart would do as well, because no record of them was written;
    /// and nobody else can have them, because one batch ends before the next is prepared. To skip them instead would
    /// leave more chunks in an area than it has records.
    @Override
    public void withdraw(List<PendingException> batch) {
        nextFree = batch.getFirst().storeChunk();
        uncommitted -= batch.size();
    }

    @Override
    public void commit(List<PendingException> batch) throws IOException {
        log.append(batch);
        uncommitted -= batch.size();
    }

    @Override
    public void publish(List<PendingException> batch) {
        for (var exception : batch) {
            table.insert(exception.originChunk(), exception.storeChunk());
        }
    }

    @Override
    public StoreUsage usage() {
        return StoreUsage.ofBytes(
                chunkSize().offsetOf(nextFree),
                cow.sizeBytes(),
                chunkSize().offsetOf(log.metadataChunks()));
    }

    @Override
    public boolean valid() {
        return valid;
    }

    @Override
    public void markInvalid() throws IOException {
        writeHeader(cow, chunkSize(), false);
    }

    /// Checks I4 and I5: what is on disk is what is in memory. Reads all records; when no commit is running.
    ///
    /// @throws AssertionError if it is not
    public void audit(long originBytes) throws IOException {
        var loader = new StoreLoader("audit", cow, layout, originBytes, StoreExpectation.ANYTHING);
        loader.load();
        if (loader.table.size() != table.size()) {
            throw new AssertionError(
                    "I5: "
                            + loader.table.size()
                            + " exceptions on disk, "
                            + table.size()
                            + " in memory");
        }
        loader.table.forEach(
                (originChunk, storeChunk) -> {
                    if (table.lookup(originChunk) != storeChunk) {
                        throw new AssertionError(
                                "I5: chunk "
                                        + originChunk
                                        + " is in store chunk "
                                        + storeChunk
                                        + " on disk, in "
                                        + table.lookup(originChunk)
                                        + " in memory");
                    }
                });
    }

    /// Only the first block: the rest of chunk 0 has been zero since the store was made.
    private static void writeHeader(BlockDevice cow, ChunkSize chunkSize, boolean valid)
            throws IOException {
        var bytes = ByteBuffer.allocate(cow.logicalBlockBytes());
        new StoreHeader(valid, chunkSize.sectors()).encode(bytes);
        cow.write(0, bytes, WriteMode.DURABLE);
    }
}
