package io.cowherd.scsi.copy;

import io.cowherd.scsi.sense.Sense;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a nexus may ask about one of its copies.
///
/// COPY STATUS (SPC-4 6.24), 12 bytes, big-endian:
///
/// | offset | size | field              | meaning                                                   |
/// |-------:|-----:|--------------------|-----------------------------------------------------------|
/// |      0 |    4 | available data     | 8                                                         |
/// |      4 |    1 | HDD, status        | 0: runs; 1: has ended well; 2: has ended badly            |
/// |      5 |    2 | segments processed |                                                           |
/// |      7 |    1 | units              | 1: of 1024 bytes                                          |
/// |      8 |    4 | transfer count     | in these units, rounded down                              |
///
/// FAILED SEGMENT DETAILS (6.21): 4 bytes available data, 52 reserved, SCSI status, a reserved byte, 2 bytes length of the sense
/// data, and the sense data in fixed format.
///
/// **Threading.** *Thread-safe: written by the thread that copies, each field by itself.*
final class CopyRecord {
    private static final int KIBIBYTES = 1;
    private static final byte CHECK_CONDITION = 0x02;

    private enum State {
        RUNNING(0),
        ENDED_WELL(1),
        ENDED_BADLY(2);

        private final int code;

        State(int code) {
            this.code = code;
        }
    }

    private volatile State state = State.RUNNING;
    private volatile @Nullable Sense failure;
    private volatile boolean stopped;
    private volatile int segments;
    private volatile long bytes;

    boolean isRunning() {
        return state == State.RUNNING;
    }

    /// Asks the copy to end.
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread copies, and only that one writes
    void copied(long more) {
        bytes += more;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // as above
    void segmentDone() {
        segments++;
    }

    /// @param why why not all was copied, or null
    void ended(@Nullable Sense why) {
        failure = why;
        state = why == null ? State.ENDED_WELL : State.ENDED_BADLY;
    }

    ByteBuffer encodeStatus() {
        return ByteBuffer.allocate(12)
                .putInt(8)
                .put((byte) state.code)
                .putShort((short) segments)
                .put((byte) KIBIBYTES)
                .putInt((int) (bytes >> 10))
                .flip();
    }

    /// Why it has ended badly, or null if it has not.
    @Nullable ByteBuffer encodeFailure() {
        Sense why = failure;
        if (why == null) {
            return null;
        }
        ByteBuffer sense = why.encode(false);
        return ByteBuffer.allocate(60 + sense.remaining())
                .putInt(0, 56 + sense.remaining())
                .put(56, CHECK_CONDITION)
                .putShort(58, (short) sense.remaining())
                .position(60)
                .put(sense)
                .flip();
    }
}
