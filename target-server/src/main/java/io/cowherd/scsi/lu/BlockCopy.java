package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Copies a range of one logical unit into another, or into another place of the same.
///
/// It goes through both mapped devices, as the commands of hosts do: a copy into an origin preserves for its snapshots what it
/// overwrites, and a copy out of a snapshot of that origin reads what it always showed.
///
/// Piece by piece: with both ranges claimed ([RangeGate]) a piece is read, and written. So each piece is atomic against all commands that write,
/// COMPARE AND WRITE included; between two pieces others get their turn, and a stop is seen. Where source and destination
/// overlap, the pieces are taken from the end that is not overwritten: the destination gets what the source held.
///
/// Source space without storage becomes destination space without storage.
///
/// **Threading.** *Confined* to the thread that made it, which may block. What it holds in memory is one piece a thread.
public final class BlockCopy {
    /// Bytes that are copied in one go.
    static final int PIECE_BYTES = 1 << 20;

    /// One per thread that may block; what it held before is always overwritten by a read.
    private static final ThreadLocal<ByteBuffer> PIECE =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(PIECE_BYTES));

    private final LogicalUnit source;
    private final LogicalUnit destination;
    private final long sourceBytes;
    private final long destinationBytes;
    private final long lengthBytes;

    /// @param sourceBytes where the copy begins in the source, in bytes
    /// @param destinationBytes where it begins in the destination, in bytes
    /// @param lengthBytes bytes to copy; both ranges must be there
    public BlockCopy(
            LogicalUnit source,
            long sourceBytes,
            LogicalUnit destination,
            long destinationBytes,
            long lengthBytes) {
        this.source = source;
        this.sourceBytes = sourceBytes;
        this.destination = destination;
        this.destinationBytes = destinationBytes;
        this.lengthBytes = lengthBytes;
    }

    /// Copies.
    ///
    /// @param stopped true once nobody wants the copy any more; looked at before each piece
    /// @param copied is told the bytes of each piece that has been copied
    /// @return why not all has been copied, or null
    public @Nullable Sense run(BooleanSupplier stopped, LongConsumer copied) {
        if (!source.visitors().enter()) {
            return Sense.COPY_TARGET_NOT_FOUND;
        }
        try {
            if (!destination.visitors().enter()) {
                return Sense.COPY_TARGET_NOT_FOUND;
            }
            try {
                return pieces(stopped, copied);
            } finally {
                destination.visitors().leave();
            }
        } finally {
            source.visitors().leave();
        }
    }

    private @Nullable Sense pieces(BooleanSupplier stopped, LongConsumer copied) {
        boolean overtakesItself =
                source.gate() == destination.gate()
                        && destinationBytes > sourceBytes
                        && destinationBytes < sourceBytes + lengthBytes;
        for (long done = 0; done < lengthBytes; ) {
            if (stopped.getAsBoolean()
                    || source.visitors().isClosing()
                    || destination.visitors().isClosing()) {
                return Sense.COPY_ABORTED;
            }
            int length = (int) Math.min(PIECE_BYTES, lengthBytes - done);
            Sense failure = piece(overtakesItself ? lengthBytes - done - length : done, length);
            if (failure != null) {
                return failure;
            }
            done += length;
            copied.accept(length);
        }
        return null;
    }

    private @Nullable Sense piece(long at, int length) {
        long from = sourceBytes + at;
        long to = destinationBytes + at;
        try (var _ = RangeGate.claimForCopy(source.gate(), from, destination.gate(), to, length)) {
            ByteBuffer data;
            try {
                data = read(source.device(), from, length);
            } catch (IOException e) {
                return source.copyFailed(e);
            }
            try {
                if (data == null) {
                    destination.device().writeZeroes(to, length, destination.writeMode());
                } else {
                    destination.device().write(to, data, destination.writeMode());
                }
            } catch (IOException e) {
                return destination.copyFailed(e);
            }
        }
        return null;
    }

    /// What is there, ready to read; null if it has no storage, and is all zeros.
    private static @Nullable ByteBuffer read(BlockDevice device, long from, int length)
            throws IOException {
        BlockDevice.Extent extent = device.extent(from, length);
        if (!extent.mapped() && extent.lengthBytes() >= length) {
            return null;
        }
        ByteBuffer piece = PIECE.get().clear().limit(length);
        device.read(from, piece);
        return piece.flip();
    }
}
