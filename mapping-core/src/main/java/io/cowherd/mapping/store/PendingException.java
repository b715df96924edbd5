package io.cowherd.mapping.store;

import io.cowherd.mapping.device.NoSpaceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// An exception on its way: asked for, not yet in the table. Whoever needs the same chunk meanwhile joins it.
///
/// ```
///            enqueue            committer
/// created ───────────▶ queued ───────────▶ COMMITTED | NO_SPACE | REFUSED | FAILED
///    └── withdraw ───▶ WITHDRAWN
/// ```
///
/// **Threading.** *Confined* to its creator until it is enqueued, to the committer from then on; the outcome passes
/// through the lock of [GroupCommit].
public final class PendingException {
    /// Who needs the chunk to leave the origin; decides what happens when there is no space (spec 2.9).
    public enum Cause {
        /// The origin is about to be overwritten.
        ORIGIN_WRITE,
        /// The snapshot is about to be written.
        SNAPSHOT_WRITE
    }

    /// How it ended.
    public enum Outcome {
        /// It has not ended.
        PENDING,
        /// Durable and published.
        COMMITTED,
        /// Its creator took it back before it was enqueued: look at the table again.
        WITHDRAWN,
        /// The store is full.
        NO_SPACE,
        /// The file system beneath the store is full: nothing has changed, and the same can be asked for again.
        REFUSED,
        /// An I/O error; the store is not to be used any more.
        FAILED
    }

    private static final long UNPREPARED = -1;

    private final long originChunk;
    private final Cause cause;

    private @Nullable ByteBuffer data;
    private @Nullable IOException unreadable;
    private long storeChunk = UNPREPARED;

    private @Nullable NoSpaceException refusal;

    // Guarded by the lock of the GroupCommit
    private Outcome outcome = Outcome.PENDING;

    /// @param originChunk the chunk that is to leave the origin
    /// @param cause who needs that
    public PendingException(long originChunk, Cause cause) {
        this.originChunk = originChunk;
        this.cause = cause;
    }

    /// The chunk that is to leave the origin.
    public long originChunk() {
        return originChunk;
    }

    /// Who needs that.
    public Cause cause() {
        return cause;
    }

    /// The store chunk that it was given by [CowStore#prepare].
    public long storeChunk() {
        if (storeChunk == UNPREPARED) {
            throw new AssertionError("exception of chunk " + originChunk + " is not prepared");
        }
        return storeChunk;
    }

    /// Gives it its content: what the store chunk is to hold, at most a chunk, less at the end of the origin.
    ///
    /// @param content borrowed until the exception has ended; only its remaining bytes are read
    public void carry(ByteBuffer content) {
        data = content;
    }

    /// Says that the old content cannot be had; committing it fails with `why`.
    public void carryNothing(IOException why) {
        unreadable = why;
    }

    /// What [#carry] was given, or null if the committer has to copy the chunk from the origin by itself.
    ///
    /// @throws IOException if the old content could not be read
    @Nullable ByteBuffer data() throws IOException {
        if (unreadable != null) {
            throw new IOException(
                    "old content of chunk " + originChunk + " is unreadable", unreadable);
        }
        return data;
    }

    int dataBytes() {
        return data == null ? 0 : data.remaining();
    }

    void prepared(long chunk) {
        storeChunk = chunk;
    }

    void refuse(NoSpaceException why) {
        refusal = why;
    }

    /// Why it ended as [Outcome#REFUSED]; asked only then.
    public NoSpaceException refusal() {
        if (refusal == null) {
            throw new AssertionError("exception of chunk " + originChunk + " was not refused");
        }
        return refusal;
    }

    Outcome outcome() {
        return outcome;
    }

    void end(Outcome how) {
        if (outcome != Outcome.PENDING) {
            throw new AssertionError(
                    "exception of chunk " + originChunk + " ended twice: " + outcome + ", " + how);
        }
        outcome = how;
    }
}
