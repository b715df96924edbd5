package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/// The life of a read from a snapshot (spec 2.5). For each run of chunks that lie together:
///
/// 1. **Look up** where the run is.
/// 2. **Read** it there: in the store, or on the origin.
/// 3. After a read of the origin, **look again**: a chunk that has left meanwhile may have been overwritten under the
///    read; it is read again, from the store. And a snapshot that has become invalid meanwhile has an origin that
///    waits for it no longer.
///
/// No lock is held across I/O and no origin write waits for a reader. A chunk leaves at most once, so the second read
/// is the last.
///
/// **Threading.** *Thread-safe*: no state.
final class SnapshotReadPath {
    private SnapshotReadPath() {}

    static void read(Snapshot snapshot, long offsetBytes, ByteBuffer target) throws IOException {
        snapshot.requireReadable();
        int limit = target.limit();
        long at = offsetBytes;
        while (target.position() < limit) {
            int wanted = limit - target.position();
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(at)); // 1
            int length = snapshot.run(at, wanted, storeChunk);
            target.limit(target.position() + length);
            if (storeChunk == ExceptionTable.ABSENT) {
                readOrigin(snapshot, at, target);
            } else {
                snapshot.cow().read(snapshot.cowOffset(storeChunk, at), target); // 2
            }
            target.limit(limit);
            at += length;
        }
        snapshot.requireReadable(); // 3
    }

    private static void readOrigin(Snapshot snapshot, long offsetBytes, ByteBuffer target)
            throws IOException {
        int start = target.position();
        int end = target.limit();
        snapshot.origin().read(offsetBytes, target); // 2
        VarHandle.fullFence(); // the second look must not be taken before the read
        for (int at = start; at < end; ) { // 3
            long chunkAt = offsetBytes + (at - start);
            int length =
                    Math.min(
                            snapshot.chunkSize().bytes()
                                    - snapshot.chunkSize().offsetWithin(chunkAt),
                            end - at);
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(chunkAt));
            if (storeChunk != ExceptionTable.ABSENT) {
                target.limit(at + length).position(at);
                snapshot.cow().read(snapshot.cowOffset(storeChunk, chunkAt), target);
            }
            at += length;
        }
        target.limit(end).position(end);
    }

    /// As [#read] if nothing has to be waited for and nothing changes meanwhile; else false, position and limit as
    /// before. Lock-free, allocation-free.
    static boolean tryRead(Snapshot snapshot, long offsetBytes, ByteBuffer target)
            throws IOException {
        snapshot.requireReadable();
        int start = target.position();
        int limit = target.limit();
        long at = offsetBytes;
        while (target.position() < limit) {
            int wanted = limit - target.position();
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(at)); // 1
            int length = snapshot.run(at, wanted, storeChunk);
            target.limit(target.position() + length);
            boolean served =
                    storeChunk == ExceptionTable.ABSENT
                            ? tryReadOrigin(snapshot, at, target, length)
                            : snapshot.cow()
                                    .tryRead(snapshot.cowOffset(storeChunk, at), target); // 2
            target.limit(limit);
            if (!served) {
                target.position(start);
                return false;
            }
            at += length;
        }
        snapshot.requireReadable(); // 3
        return true;
    }

    private static boolean tryReadOrigin(
            Snapshot snapshot, long offsetBytes, ByteBuffer target, int length) throws IOException {
        if (!snapshot.origin().tryRead(offsetBytes, target)) { // 2
            return false;
        }
        VarHandle.fullFence();
        return snapshot.run(offsetBytes, length, ExceptionTable.ABSENT) == length // 3
                && snapshot.lookup(snapshot.chunkSize().chunkOf(offsetBytes))
                        == ExceptionTable.ABSENT;
    }
}
