package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.store.PendingException;
import io.cowherd.mapping.store.PendingException.Cause;
import io.cowherd.mapping.store.PendingException.Outcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// The exceptions that one request has to wait for, in one or several snapshots: created by it, or joined.
///
/// Use: [#need] for each chunk, [#carryOldContent] or own data, [#enqueue], [#await]. Closing it takes back what was created and not
/// enqueued, so that nobody waits for ever when something in between has failed.
///
/// **Threading.** *Confined* to the thread of the request.
final class ExceptionBatch implements AutoCloseable {
    /// A chunk above this size is not held in memory: the committer copies it piece by piece.
    static final int MAX_CARRIED_CHUNK_BYTES = 1 << 20;

    /// A request is taken in spans of this many bytes, aligned, so that what it holds in memory is bounded: a span
    /// and the chunks at its ends.
    static final int SPAN_BYTES = 1 << 20;

    private final List<Part> parts = new ArrayList<>(4);
    private boolean enqueued;

    /// What one snapshot contributes.
    private record Part(
            Snapshot snapshot, List<PendingException> created, List<PendingException> joined) {}

    /// The bytes up to the end of the span in which `offsetBytes` lies, at most `length`.
    static int span(long offsetBytes, long length) {
        long untilEnd = SPAN_BYTES - (offsetBytes & (SPAN_BYTES - 1));
        return (int) Math.min(untilEnd, length);
    }

    /// True if exceptions of this snapshot carry their data.
    static boolean carriesData(Snapshot snapshot) {
        return snapshot.chunkSize().bytes() <= MAX_CARRIED_CHUNK_BYTES;
    }

    /// Makes the request wait for `chunk` to leave the origin of `snapshot`. Returns true if it has created the exception.
    /// Calls for one snapshot follow each other.
    boolean need(Snapshot snapshot, long chunk, Cause cause) {
        var fresh = new PendingException(chunk, cause);
        var there = snapshot.commits().joinOrCreate(fresh);
        var part = part(snapshot);
        boolean isCreated = there == fresh;
        (isCreated ? part.created : part.joined).add(there);
        return isCreated;
    }

    private Part part(Snapshot snapshot) {
        if (parts.isEmpty() || parts.getLast().snapshot != snapshot) {
            parts.add(new Part(snapshot, new ArrayList<>(), new ArrayList<>()));
        }
        return parts.getLast();
    }

    boolean isEmpty() {
        return parts.isEmpty();
    }

    /// What was created in the only snapshot, in order.
    List<PendingException> created() {
        return parts.isEmpty() ? List.of() : parts.getFirst().created;
    }

    /// Reads the old content of all created exceptions: each byte of the origin once, however many snapshots need it.
    /// What cannot be read makes the exceptions that need it fail, and no others.
    void carryOldContent(BlockDevice origin) {
        var ranges = new ArrayList<OldRange>();
        for (var part : parts) {
            if (carriesData(part.snapshot)) {
                for (var exception : part.created) {
                    ranges.add(OldRange.of(part.snapshot, exception));
                }
            }
        }
        ranges.sort(Comparator.comparingLong(OldRange::start));
        for (int from = 0; from < ranges.size(); ) {
            long end = ranges.get(from).end();
            int to = from + 1;
            while (to < ranges.size() && ranges.get(to).start() <= end) {
                end = Math.max(end, ranges.get(to++).end());
            }
            carryRun(origin, ranges.subList(from, to), end);
            from = to;
        }
    }

    private static void carryRun(BlockDevice origin, List<OldRange> run, long end) {
        long start = run.getFirst().start();
        var old = ByteBuffer.allocate((int) (end - start));
        try {
            origin.read(start, old);
        } catch (IOException e) {
            run.forEach(range -> range.carryAlone(origin));
            return;
        }
        for (var range : run) {
            range.exception.carry(
                    old.slice((int) (range.start - start), (int) (range.end - range.start)));
        }
    }

    /// Queues what was created, everywhere, before anything is waited for.
    void enqueue() {
        enqueued = true;
        for (var part : parts) {
            part.snapshot.commits().enqueue(part.created);
        }
    }

    /// As [#await], the stores beside each other as far as the writer may have helpers: a lone write then waits for the slowest
    /// flush and not for all of them. A writer without helpers takes store after store, so that what gathers at those it has
    /// not come to yet is one batch.
    void commitSideBySide(CommitHelpers helpers) throws NoSpaceException {
        int wanted = helpers.enter(parts.size());
        try {
            if (wanted > 0) {
                var next = new AtomicInteger();
                for (int i = 0; i < wanted && helpers.offer(() -> commitQueued(next)); i++) {}
                commitQueued(next);
            }
            await();
        } finally {
            helpers.leave();
        }
    }

    /// Commits in the stores that nobody has looked at yet. `next` is the first of them.
    private void commitQueued(AtomicInteger next) {
        for (int i = next.getAndIncrement(); i < parts.size(); i = next.getAndIncrement()) {
            parts.get(i).snapshot.commits().commitQueued();
        }
    }

    /// Waits until all have ended, one way or another: look at the tables again.
    ///
    /// @throws NoSpaceException if any was refused: asking again would only be refused again
    void await() throws NoSpaceException {
        NoSpaceException refusal = null;
        for (var part : parts) {
            for (var exceptions : List.of(part.created, part.joined)) {
                for (var exception : exceptions) {
                    if (part.snapshot.commits().await(exception) == Outcome.REFUSED) {
                        refusal = exception.refusal();
                    }
                }
            }
        }
        if (refusal != null) {
            throw new NoSpaceException(Snapshot.refusal(refusal), refusal);
        }
    }

    @Override
    public void close() {
        if (!enqueued) {
            for (var part : parts) {
                part.created.forEach(part.snapshot.commits()::withdraw);
            }
        }
    }

    /// A range of the origin that an exception needs.
    private record OldRange(PendingException exception, long start, long end) {
        static OldRange of(Snapshot snapshot, PendingException exception) {
            long start = snapshot.chunkSize().offsetOf(exception.originChunk());
            return new OldRange(
                    exception, start, start + snapshot.bytesOf(exception.originChunk()));
        }

        void carryAlone(BlockDevice origin) {
            var old = ByteBuffer.allocate((int) (end - start));
            try {
                origin.read(start, old);
                exception.carry(old.flip());
            } catch (IOException e) {
                exception.carryNothing(e);
            }
        }
    }
}
