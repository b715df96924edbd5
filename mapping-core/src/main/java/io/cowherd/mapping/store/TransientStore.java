package io.cowherd.mapping.store;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.geometry.ChunkSize;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.util.List;

/// The store of type `N`: no metadata on disk, every chunk holds data, gone when it is closed (spec 2.14, vector 61).
///
/// **Threading.** *Thread-safe*: as [CowStore] says.
public final class TransientStore implements CowStore {
    // Immutable
    private final BlockDevice cow;
    private final ChunkSize chunkSize;
    private final ChunkPlacer placer;
    private final SpaceAhead space;
    private final ExceptionTable table = new ExceptionTable();

    // Written by the committer, read by any thread
    private volatile long nextFree;

    /// An empty store on all of `cow`, whatever is there.
    public TransientStore(BlockDevice cow, ChunkSize chunkSize) {
        this.cow = cow;
        this.chunkSize = chunkSize;
        this.placer = new ChunkPlacer(cow, chunkSize);
        this.space = new SpaceAhead(cow, 0);
    }

    @Override
    public String letter() {
        return "N";
    }

    @Override
    public ChunkSize chunkSize() {
        return chunkSize;
    }

    @Override
    public long lookup(long originChunk) {
        return table.lookup(originChunk);
    }

    @Override
    public int batchLimit() {
        return Integer.MAX_VALUE;
    }

    @Override
    public int prepare(List<PendingException> batch) {
        long free = nextFree;
        long end = chunkSize.wholeChunks(cow.sizeBytes());
        int prepared = 0;
        while (prepared < batch.size() && free < end) {
            batch.get(prepared++).prepared(free++);
        }
        nextFree = free;
        return prepared;
    }

    @Override
    public void place(List<PendingException> batch, OldChunkReader oldChunks) throws IOException {
        space.ensure(chunkSize.offsetOf(batch.getLast().storeChunk() + 1));
        placer.place(batch, oldChunks);
    }

    @Override
    public void withdraw(List<PendingException> batch) {
        nextFree = batch.getFirst().storeChunk();
    }

    /// Nothing: there is nothing that could be found again after a crash.
    @Override
    public void commit(List<PendingException> batch) {}

    @Override
    public void publish(List<PendingException> batch) {
        for (var exception : batch) {
            table.insert(exception.originChunk(), exception.storeChunk());
        }
    }

    @Override
    public StoreUsage usage() {
        return StoreUsage.ofBytes(chunkSize.offsetOf(nextFree), cow.sizeBytes(), 0);
    }

    @Override
    public boolean valid() {
        return true;
    }

    /// Nothing: it will not be found again anyway.
    @Override
    public void markInvalid() {}
}
