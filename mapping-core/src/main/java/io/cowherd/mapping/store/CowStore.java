package io.cowherd.mapping.store;

import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.geometry.ChunkSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Keeps the chunks that have left their origin, and knows which have.
///
/// What a first write does here, in this order and never another (the order is the design):
/// [#prepare] → [#place] → [#commit] → [#publish]. Only then may the origin be overwritten. Where [#place] finds the file
/// system full, [#withdraw] takes its place and that of the other steps.
///
/// "Does anybody still need this chunk preserved?" is a question to the store ([#lookup]), so that a later store
/// may answer it for all snapshots of an origin at once.
///
/// **Threading.** *Thread-safe* for [#lookup], [#offsetOf] and [#usage]; the steps belong to the committer, of
/// which there is one at a time ([GroupCommit]).
public sealed interface CowStore permits PersistentStore, TransientStore {
    /// The letter in a table line: `P` or `N` (spec 2.1).
    String letter();

    /// The size of its chunks.
    ChunkSize chunkSize();

    /// The store chunk that holds `originChunk`, or [io.cowherd.mapping.table.ExceptionTable#ABSENT]. Lock-free, allocation-free.
    long lookup(long originChunk);

    /// Where on the COW device a store chunk begins, in bytes.
    default long offsetOf(long storeChunk) {
        return chunkSize().offsetOf(storeChunk);
    }

    /// How many exceptions the next batch may hold at most, at least 1. By the committer.
    int batchLimit();

    /// Gives store chunks to the first of `batch`, in order, and says to how many. Fewer than all: there is no space
    /// for the next. The size of the COW device is asked anew each time (vector 62). By the committer.
    int prepare(List<PendingException> batch);

    /// Makes sure that there is storage for prepared exceptions and their records; then writes their data to their store
    /// chunks. By the committer.
    ///
    /// @param oldChunks reads the old content of those that carry none
    /// @throws NoSpaceException if the file system is full: what was written, if anything, is nowhere referred to, and
    ///     the batch can be withdrawn
    void place(List<PendingException> batch, OldChunkReader oldChunks) throws IOException;

    /// Takes back prepared exceptions, all since the last commit, as if they had never been: their store chunks are free
    /// again. By the committer.
    void withdraw(List<PendingException> batch);

    /// Makes placed exceptions durable: all of them, or the store is not to be used any more. By the committer.
    void commit(List<PendingException> batch) throws IOException;

    /// Lets [#lookup] see committed exceptions. By the committer.
    void publish(List<PendingException> batch);

    /// How full the store is.
    StoreUsage usage();

    /// False if the store was invalidated in a former life.
    boolean valid();

    /// Writes durably that this store is invalid for ever. Idempotent.
    void markInvalid() throws IOException;

    /// Reads the old content of chunks that are too big to be carried.
    interface OldChunkReader {
        /// Bytes of that chunk that exist on the origin: a chunk, less at the origin's end.
        long bytesOf(long originChunk);

        /// Reads from the origin.
        void read(long offsetBytes, ByteBuffer target) throws IOException;
    }
}
