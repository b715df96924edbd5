package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/// The life of a zeroing and of a discard on a snapshot.
///
/// **Zeroing** is a write of zeros, and the kernel has nothing like it. For each run of chunks that lie together:
///
/// 1. in the store: zeroed there, which gives the space back where the COW device can;
/// 2. on the origin and zero there: nothing;
/// 3. on the origin: written with zeros, so that they leave the origin ([SnapshotWritePath]). Whole chunks are not read.
///
/// **Discard** is the kernel's (spec 2.6, vector 52): chunks in the store are zeroed, others stay as they are.
///
/// **Threading.** *Thread-safe*: no state.
final class SnapshotDiscardPath {
    private SnapshotDiscardPath() {}

    static void writeZeroes(Snapshot snapshot, long offsetBytes, long lengthBytes, WriteMode mode)
            throws IOException {
        snapshot.requireWritable();
        boolean originFlushed = false;
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end; ) {
            int wanted = ExceptionBatch.span(at, end - at);
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(at));
            int length = snapshot.run(at, wanted, storeChunk);
            if (storeChunk != ExceptionTable.ABSENT) {
                snapshot.cow().writeZeroes(snapshot.cowOffset(storeChunk, at), length, mode); // 1
            } else {
                var extent = originExtent(snapshot, at, length);
                length = (int) extent.lengthBytes();
                if (extent.mapped()) {
                    SnapshotWritePath.write(snapshot, at, ByteBuffer.allocate(length), mode); // 3
                } else if (mode == WriteMode.DURABLE && !originFlushed) {
                    snapshot.origin().flush(); // 2: zero, but perhaps not durably
                    originFlushed = true;
                }
            }
            at += length;
        }
    }

    static void discard(Snapshot snapshot, long offsetBytes, long lengthBytes) throws IOException {
        snapshot.requireWritable();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end; ) {
            int wanted = (int) Math.min(end - at, Integer.MAX_VALUE & ~511);
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(at));
            int length = snapshot.run(at, wanted, storeChunk);
            if (storeChunk != ExceptionTable.ABSENT) {
                snapshot.cow()
                        .writeZeroes(snapshot.cowOffset(storeChunk, at), length, WriteMode.CACHED);
            }
            at += length;
        }
    }

    /// What the store says where a chunk has left the origin, else what the origin says. A chunk that was zeroed in the store
    /// has given its storage back, and reads as zeros.
    static BlockDevice.Extent extent(Snapshot snapshot, long offsetBytes, long lengthBytes)
            throws IOException {
        snapshot.requireReadable();
        int wanted = (int) Math.min(lengthBytes, Integer.MAX_VALUE & ~511);
        long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(offsetBytes));
        int length = snapshot.run(offsetBytes, wanted, storeChunk);
        return storeChunk == ExceptionTable.ABSENT
                ? originExtent(snapshot, offsetBytes, length)
                : snapshot.cow().extent(snapshot.cowOffset(storeChunk, offsetBytes), length);
    }

    /// What the origin says of chunks that have not left it. Looks again afterwards, as a read does: a chunk that left
    /// meanwhile may have been zeroed on the origin since, and is mapped in the store; the answer is *mapped* then.
    private static BlockDevice.Extent originExtent(Snapshot snapshot, long offsetBytes, int length)
            throws IOException {
        var extent = snapshot.origin().extent(offsetBytes, length);
        if (!extent.mapped()) {
            VarHandle.fullFence(); // the second look must not be taken before the answer
            int told = (int) extent.lengthBytes();
            long storeChunk = snapshot.lookup(snapshot.chunkSize().chunkOf(offsetBytes));
            if (storeChunk != ExceptionTable.ABSENT
                    || snapshot.run(offsetBytes, told, ExceptionTable.ABSENT) < told) {
                return new BlockDevice.Extent(told, true);
            }
        }
        return extent;
    }
}
