package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.table.ExceptionTable;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/// The life of a write to an origin that has snapshots (spec 2.3). For each span of the request:
///
/// 1. **Ask** whether anybody lacks anything of the span ([ActiveSnapshots#isPreserved]); if so, ask each valid, active
///    snapshot which chunks; create an exception for each, or join the one that is on its way.
/// 2. **Read** the old content of those created here, once for all snapshots.
/// 3. **Enqueue** them everywhere before waiting anywhere.
/// 4. **Commit** what is queued, the stores side by side as far as there are helpers; **wait** for each. Then ask again (1),
///    until nobody lacks anything.
/// 5. **Write** the origin.
///
/// A snapshot that fails on the way is invalidated, and asks for nothing at the next round: an origin write never
/// fails because of a snapshot (but see [Snapshot] for one that can be recorded as invalid nowhere). Where the file system
/// has no room for a chunk, the write is refused ([io.cowherd.mapping.device.NoSpaceException]) and nothing has changed.
///
/// Invariant I3 hangs on this order: until step 5 the origin has its old content, and after step 4 so has every store.
///
/// **Threading.** *Thread-safe*: no state.
final class OriginWritePath {
    private OriginWritePath() {}

    static void write(OriginFamily family, long offsetBytes, ByteBuffer source, WriteMode mode)
            throws IOException {
        int limit = source.limit();
        long at = offsetBytes;
        while (source.position() < limit) {
            int length = ExceptionBatch.span(at, limit - source.position());
            preserve(family, at, length); // 1 to 4
            source.limit(source.position() + length);
            family.origin().write(at, source, mode); // 5
            source.limit(limit);
            at += length;
        }
    }

    /// As [#write] where nothing has to be preserved; else false. Lock-free; what it allocates is [PreservedMap]'s.
    static boolean tryWrite(OriginFamily family, long offsetBytes, ByteBuffer source)
            throws IOException {
        if (!family.active().isPreserved(offsetBytes, source.remaining())) {
            return false;
        }
        return family.origin().tryWrite(offsetBytes, source);
    }

    /// Makes the range read as zeros, preserving it first where it is not so already.
    static void writeZeroes(OriginFamily family, long offsetBytes, long lengthBytes, WriteMode mode)
            throws IOException {
        var origin = family.origin();
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end; ) {
            // What has no storage is zero: nothing changes, and nothing has to be preserved.
            var extent = origin.extent(at, end - at);
            long extentEnd = at + extent.lengthBytes();
            while (extent.mapped() && at < extentEnd) {
                int length = ExceptionBatch.span(at, extentEnd - at);
                preserve(family, at, length);
                origin.writeZeroes(at, length, mode);
                at += length;
            }
            at = extentEnd;
        }
        if (mode == WriteMode.DURABLE) {
            origin.flush(); // for what was zero already, but perhaps not durably
        }
    }

    /// Returns when no valid, active snapshot lacks a chunk of the span.
    static void preserve(OriginFamily family, long offsetBytes, int lengthBytes)
            throws IOException {
        while (!family.active().isPreserved(offsetBytes, lengthBytes)) {
            try (var batch = new ExceptionBatch()) {
                for (var snapshot : family.active().all()) {
                    ask(snapshot, offsetBytes, lengthBytes, batch); // 1
                }
                if (batch.isEmpty()) {
                    break; // whoever lacked something is lost
                }
                batch.carryOldContent(family.origin()); // 2
                batch.enqueue(); // 3
                batch.commitSideBySide(family.helpers()); // 4
            }
        }
        // What was published must be visible before what is written now.
        VarHandle.fullFence();
    }

    private static void ask(
            Snapshot snapshot, long offsetBytes, int lengthBytes, ExceptionBatch batch)
            throws IOException {
        long length = snapshot.covered(offsetBytes, lengthBytes);
        if (length <= 0 || !snapshot.needsPreserving()) {
            return;
        }
        long last = snapshot.chunkSize().chunkOf(offsetBytes + length - 1);
        for (long chunk = snapshot.chunkSize().chunkOf(offsetBytes); chunk <= last; chunk++) {
            if (snapshot.lookup(chunk) == ExceptionTable.ABSENT) {
                batch.need(snapshot, chunk, Cause.ORIGIN_WRITE);
            }
        }
    }
}
