package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.store.PendingException;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/// The life of a write to a snapshot (spec 2.4). For each span of the request:
///
/// 1. **Ask** for each chunk whether it has left the origin; if not, create an exception, or join the one on its way.
/// 2. **Carry** the new bytes with each exception created here: a whole chunk as it is, part of a chunk patched into the
///    old one. So a first write costs one data write, as a whole-chunk write does in the kernel.
/// 3. **Enqueue**, and **wait**: prepare, place, commit and publish are [io.cowherd.mapping.store.GroupCommit]'s. Then
///    ask again (1), until every chunk has left. Where the file system has no room for one, the write is refused.
/// 4. **Overwrite** in the store what was not carried: chunks that had left before, that somebody else made leave, or
///    that are too big to carry. One write per run of neighbours, no metadata, no flush.
///
/// The old content can be read in step 2 at leisure: the origin cannot change there before the exception has ended.
///
/// **Threading.** *Confined* to the thread of the request.
final class SnapshotWritePath {
    private final Snapshot snapshot;
    private final WriteMode mode;

    private SnapshotWritePath(Snapshot snapshot, WriteMode mode) {
        this.snapshot = snapshot;
        this.mode = mode;
    }

    static void write(Snapshot snapshot, long offsetBytes, ByteBuffer source, WriteMode mode)
            throws IOException {
        var path = new SnapshotWritePath(snapshot, mode);
        int limit = source.limit();
        long at = offsetBytes;
        while (source.position() < limit) {
            int length = ExceptionBatch.span(at, limit - source.position());
            path.writeSpan(at, source.slice(source.position(), length));
            source.position(source.position() + length);
            at += length;
        }
    }

    /// As [#write] if all of it lies together in the store already; else false. Lock-free, allocation-free.
    static boolean tryWrite(Snapshot snapshot, long offsetBytes, ByteBuffer source)
            throws IOException {
        snapshot.requireWritable();
        long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(offsetBytes));
        int length = source.remaining();
        return storeChunk != ExceptionTable.ABSENT
                && snapshot.run(offsetBytes, length, storeChunk) == length
                && snapshot.cow().tryWrite(snapshot.cowOffset(storeChunk, offsetBytes), source);
    }

    private void writeSpan(long offsetBytes, ByteBuffer source) throws IOException {
        long first = snapshot.chunkSize().chunkOf(offsetBytes);
        long last = snapshot.chunkSize().chunkOf(offsetBytes + source.remaining() - 1);
        var carried = new BitSet();
        while (true) {
            snapshot.requireWritable();
            try (var batch = new ExceptionBatch()) {
                for (long chunk = first; chunk <= last; chunk++) { // 1
                    if (snapshot.lookup(chunk) == ExceptionTable.ABSENT) {
                        batch.need(snapshot, chunk, Cause.SNAPSHOT_WRITE);
                    }
                }
                if (batch.isEmpty()) {
                    break;
                }
                if (ExceptionBatch.carriesData(snapshot)) {
                    for (var exception : batch.created()) {
                        carry(exception, offsetBytes, source); // 2
                    }
                }
                batch.enqueue(); // 3
                batch.await();
                markCarried(batch, first, carried);
            }
        }
        overwrite(offsetBytes, source, first, carried); // 4
    }

    private void carry(PendingException exception, long offsetBytes, ByteBuffer source)
            throws IOException {
        long start = snapshot.chunkSize().offsetOf(exception.originChunk());
        long end = start + snapshot.bytesOf(exception.originChunk());
        long from = Math.max(start, offsetBytes);
        long to = Math.min(end, offsetBytes + source.remaining());
        var fresh = source.slice((int) (from - offsetBytes), (int) (to - from));
        if (from == start && to == end) {
            exception.carry(fresh);
            return;
        }
        var chunk = ByteBuffer.allocate((int) (end - start));
        snapshot.origin().read(start, chunk);
        chunk.put((int) (from - start), fresh, 0, fresh.remaining());
        exception.carry(chunk.flip());
    }

    private void markCarried(ExceptionBatch batch, long first, BitSet carried) {
        if (!ExceptionBatch.carriesData(snapshot)) {
            return;
        }
        for (var exception : batch.created()) {
            if (snapshot.commits().await(exception) == PendingException.Outcome.COMMITTED) {
                carried.set((int) (exception.originChunk() - first));
            }
        }
    }

    private void overwrite(long offsetBytes, ByteBuffer source, long first, BitSet carried)
            throws IOException {
        int limit = source.limit();
        long at = offsetBytes;
        while (source.position() < limit) {
            long chunk = snapshot.chunkSize().chunkOf(at);
            long storeChunk = snapshot.lookup(chunk);
            int wanted = limit - source.position();
            int length =
                    Math.min(
                            wanted,
                            snapshot.chunkSize().bytes() - snapshot.chunkSize().offsetWithin(at));
            if (carried.get((int) (chunk - first))) {
                source.position(source.position() + length);
            } else {
                int run = snapshot.run(at, wanted, storeChunk);
                length = untilCarried(at, length, run, chunk - first, carried);
                source.limit(source.position() + length);
                snapshot.cow().write(snapshot.cowOffset(storeChunk, at), source, mode);
                source.limit(limit);
            }
            at += length;
        }
    }

    /// Cuts a run before the next chunk that was carried.
    private int untilCarried(long at, int one, int run, long index, BitSet carried) {
        int next = carried.nextSetBit((int) index);
        if (next < 0) {
            return run;
        }
        long chunks = next - index;
        return (int)
                Math.min(
                        run,
                        Math.max(
                                one,
                                chunks * snapshot.chunkSize().bytes()
                                        - snapshot.chunkSize().offsetWithin(at)));
    }
}
