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
/// COMPARE AND WRITE included; between two pieces others get their turn, and a stop is seen. Whether the host still may (I10) is asked inside
/// the claim, before the read and before the write ([Visitors]). Where source and destination
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

    private final Side source;
    private final Side destination;
    private final long lengthBytes;

    /// Where to copy from, or to.
    ///
    /// @param unit the logical unit
    /// @param offsetBytes where it begins there
    /// @param mayBeUsed true as long as the host may use it so; asked again for each piece, must not block
    public record Side(LogicalUnit unit, long offsetBytes, BooleanSupplier mayBeUsed) {
        private Visitors.@Nullable Visit enter() {
            return unit.visitors().enter(mayBeUsed);
        }

        private boolean isGoing() {
            return unit.visitors().isClosing();
        }
    }

    /// @param lengthBytes bytes to copy; both ranges must be there
    public BlockCopy(Side source, Side destination, long lengthBytes) {
        this.source = source;
        this.destination = destination;
        this.lengthBytes = lengthBytes;
    }

    /// Copies.
    ///
    /// @param stopped true once nobody wants the copy any more; looked at before each piece
    /// @param copied is told the bytes of each piece that has been copied
    /// @return why not all has been copied, or null
    public @Nullable Sense run(BooleanSupplier stopped, LongConsumer copied) {
        try (var reading = source.enter();
                var writing = destination.enter()) {
            return reading == null || writing == null
                    ? Sense.COPY_TARGET_NOT_FOUND
                    : new Run(reading, writing).pieces(stopped, copied);
        }
    }

    /// One run, inside both logical units.
    private final class Run {
        private final Visitors.Visit reading;
        private final Visitors.Visit writing;

        Run(Visitors.Visit reading, Visitors.Visit writing) {
            this.reading = reading;
            this.writing = writing;
        }

        @Nullable Sense pieces(BooleanSupplier stopped, LongConsumer copied) {
            long from = source.offsetBytes();
            long to = destination.offsetBytes();
            boolean overtakesItself =
                    source.unit().gate() == destination.unit().gate()
                            && to > from
                            && to < from + lengthBytes;
            for (long done = 0; done < lengthBytes; ) {
                if (stopped.getAsBoolean() || source.isGoing() || destination.isGoing()) {
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
            RangeGate from = source.unit().gate();
            RangeGate to = destination.unit().gate();
            long fromBytes = source.offsetBytes() + at;
            long toBytes = destination.offsetBytes() + at;
            try (var _ = RangeGate.claimForCopy(from, fromBytes, to, toBytes, length)) {
                ByteBuffer data;
                try {
                    if (!reading.begin()) {
                        return Sense.COPY_DEVICE_FAILURE;
                    }
                    data = read(source.unit().device(), fromBytes, length);
                } catch (IOException e) {
                    return source.unit().copyFailed(e);
                } finally {
                    reading.end();
                }
                try {
                    if (!writing.begin()) {
                        return Sense.COPY_DEVICE_FAILURE;
                    }
                    write(data, toBytes, length);
                } catch (IOException e) {
                    return destination.unit().copyFailed(e);
                } finally {
                    writing.end();
                }
            }
            return null;
        }

        private void write(@Nullable ByteBuffer data, long at, int length) throws IOException {
            LogicalUnit unit = destination.unit();
            if (data == null) {
                unit.device().writeZeroes(at, length, unit.writeMode());
            } else {
                unit.device().write(at, data, unit.writeMode());
            }
        }
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
