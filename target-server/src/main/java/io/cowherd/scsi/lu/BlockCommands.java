package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.cdb.Cdb;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// READ, WRITE and their kin, on ranges that have been checked.
///
/// Data may be shorter than the range, when the initiator expected less than its CDB says: a read fills the room there is, a
/// write writes the whole blocks that were received. The residual count tells the rest.
///
/// Invariant I8: a write with FUA, or without a write cache, is [WriteMode#DURABLE] before its GOOD.
///
/// **Threading.** *Thread-safe: the range gate orders what must not overlap.*
final class BlockCommands {
    /// Bytes that one thread reads at a time to compare or to merge.
    private static final int SCRATCH_BYTES = 256 << 10;

    /// One per thread that may block; what it held before is always overwritten by a read.
    private static final ThreadLocal<ByteBuffer> SCRATCH =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(SCRATCH_BYTES));

    // Immutable
    private final BlockDevice device;
    private final RangeGate gate;
    private final int blockBytes;
    private final boolean writeCache;

    BlockCommands(BlockDevice device, RangeGate gate, int blockBytes, boolean writeCache) {
        this.device = device;
        this.gate = gate;
        this.blockBytes = blockBytes;
        this.writeCache = writeCache;
    }

    // -- READ --

    /// Reads if that needs no waiting; null otherwise, with `dataIn` as it was.
    @Nullable Outcome tryRead(Cdb.Read read, ByteBuffer dataIn) throws IOException {
        long bytes = read.blocks() * blockBytes;
        int start = dataIn.position();
        int limit = dataIn.limit();
        boolean needsFlush = read.forceUnitAccess() && writeCache;
        if (needsFlush || bytes > LogicalUnit.LOOP_TRANSFER_BYTES || bytes > limit - start) {
            return null;
        }
        dataIn.limit(start + (int) bytes);
        boolean done = bytes == 0 || device.tryRead(read.lba() * blockBytes, dataIn);
        dataIn.limit(limit);
        if (!done) {
            dataIn.position(start);
            return null;
        }
        return new Outcome.Good((int) bytes);
    }

    /// Reads. With FUA, what is read is durable.
    Outcome read(Cdb.Read read, ByteBuffer dataIn) throws IOException {
        if (read.forceUnitAccess() && writeCache) {
            device.flush();
        }
        int bytes = (int) (read.blocks() * blockBytes);
        long offset = read.lba() * blockBytes;
        int limit = dataIn.limit();
        int wanted = Math.min(bytes, dataIn.remaining());
        int wholeBlocks = wanted - wanted % blockBytes;
        dataIn.limit(dataIn.position() + wholeBlocks);
        if (wholeBlocks > 0) {
            device.read(offset, dataIn);
        }
        dataIn.limit(limit);
        if (wholeBlocks < wanted) {
            ByteBuffer block = readScratch(offset + wholeBlocks, blockBytes);
            dataIn.put(block.limit(wanted - wholeBlocks));
        }
        return new Outcome.Good(bytes);
    }

    // -- WRITE --

    /// Writes if that needs no waiting; null otherwise, with `dataOut` as it was.
    @Nullable Outcome tryWrite(Cdb.Write write, ByteBuffer dataOut) throws IOException {
        int start = dataOut.position();
        int bytes = wholeBlocks(write.blocks(), dataOut);
        if (bytes == 0) {
            return Outcome.DONE;
        }
        if (mode(write.forceUnitAccess()) == WriteMode.DURABLE
                || bytes > LogicalUnit.LOOP_TRANSFER_BYTES
                || !gate.tryEnter()) {
            return null;
        }
        boolean done;
        try {
            dataOut.limit(start + bytes);
            done = device.tryWrite(write.lba() * blockBytes, dataOut);
        } finally {
            gate.leave();
        }
        if (!done) {
            dataOut.position(start);
            return null;
        }
        return Outcome.DONE;
    }

    /// Writes what was received.
    Outcome write(Cdb.Write write, ByteBuffer dataOut) throws IOException {
        int bytes = wholeBlocks(write.blocks(), dataOut);
        if (bytes == 0) {
            return Outcome.DONE;
        }
        dataOut.limit(dataOut.position() + bytes);
        WriteMode mode = mode(write.forceUnitAccess());
        long offset = write.lba() * blockBytes;
        if (gate.tryEnter()) {
            try {
                device.write(offset, dataOut, mode);
            } finally {
                gate.leave();
            }
        } else {
            try (var _ = gate.claim(RangeGate.Kind.SHARED, offset, bytes)) {
                device.write(offset, dataOut, mode);
            }
        }
        return Outcome.DONE;
    }

    Outcome flush() throws IOException {
        device.flush();
        return Outcome.DONE;
    }

    // -- what reads before or after it writes --

    /// Writes durably, then reads back; nobody else writes in between.
    Outcome writeAndVerify(Cdb.WriteAndVerify write, ByteBuffer dataOut) throws IOException {
        int bytes = wholeBlocks(write.blocks(), dataOut);
        if (bytes == 0) {
            return Outcome.DONE;
        }
        int start = dataOut.position();
        long offset = write.lba() * blockBytes;
        dataOut.limit(start + bytes);
        try (var _ = gate.claim(RangeGate.Kind.EXCLUSIVE, offset, bytes)) {
            device.write(offset, dataOut, WriteMode.DURABLE);
            boolean compares = write.check() != Cdb.ByteCheck.NONE;
            return compare(offset, bytes, compares ? dataOut.position(start) : null, () -> false);
        }
    }

    /// Reads, and compares with what was sent if that is asked for.
    Outcome verify(Cdb.Verify verify, ByteBuffer dataOut, BooleanSupplier stopped)
            throws IOException {
        long offset = verify.lba() * blockBytes;
        return switch (verify.check()) {
            case NONE -> compare(offset, verify.blocks() * blockBytes, null, stopped);
            case EACH_BLOCK -> {
                int bytes = wholeBlocks(verify.blocks(), dataOut);
                dataOut.limit(dataOut.position() + bytes);
                yield compare(offset, bytes, dataOut, stopped);
            }
            case ONE_FOR_ALL -> compareWithOne(verify, dataOut, stopped);
        };
    }

    private Outcome compareWithOne(Cdb.Verify verify, ByteBuffer dataOut, BooleanSupplier stopped)
            throws IOException {
        if (dataOut.remaining() < blockBytes) {
            return Outcome.DONE; // no whole block was received
        }
        int start = dataOut.position();
        dataOut.limit(start + blockBytes);
        for (long block = 0; block < verify.blocks() && !stopped.getAsBoolean(); block++) {
            long offset = (verify.lba() + block) * blockBytes;
            Outcome outcome = compare(offset, blockBytes, dataOut.position(start), stopped);
            if (outcome instanceof Outcome.CheckCondition) {
                return outcome;
            }
        }
        return Outcome.DONE;
    }

    /// Writes if the medium holds what is expected, atomically against everything that overlaps.
    Outcome compareAndWrite(Cdb.CompareAndWrite compare, ByteBuffer dataOut) throws IOException {
        int bytes = (int) (compare.blocks() * blockBytes);
        if (bytes == 0) {
            return Outcome.DONE;
        }
        long offset = compare.lba() * blockBytes;
        int start = dataOut.position();
        try (var _ = gate.claim(RangeGate.Kind.EXCLUSIVE, offset, bytes)) {
            Outcome same = compare(offset, bytes, dataOut.limit(start + bytes), () -> false);
            if (same instanceof Outcome.CheckCondition) {
                return same;
            }
            dataOut.limit(start + 2 * bytes).position(start + bytes);
            device.write(offset, dataOut, mode(compare.forceUnitAccess()));
        }
        return Outcome.DONE;
    }

    /// Sets the bits that are set in what was received, atomically against everything that overlaps.
    Outcome orWrite(Cdb.OrWrite or, ByteBuffer dataOut) throws IOException {
        int bytes = wholeBlocks(or.blocks(), dataOut);
        long offset = or.lba() * blockBytes;
        if (bytes == 0) {
            return Outcome.DONE;
        }
        try (var _ = gate.claim(RangeGate.Kind.EXCLUSIVE, offset, bytes)) {
            for (int done = 0; done < bytes; ) {
                ByteBuffer piece =
                        readScratch(offset + done, Math.min(SCRATCH_BYTES, bytes - done));
                for (int i = 0; i < piece.limit(); i += Long.BYTES) {
                    piece.putLong(i, piece.getLong(i) | dataOut.getLong());
                }
                done += piece.limit();
                device.write(offset + done - piece.limit(), piece, mode(or.forceUnitAccess()));
            }
        }
        return Outcome.DONE;
    }

    // -- helpers --

    /// Reads a range, and compares it with `expected` unless that is null.
    private Outcome compare(
            long offset, long bytes, @Nullable ByteBuffer expected, BooleanSupplier stopped)
            throws IOException {
        for (long done = 0; done < bytes && !stopped.getAsBoolean(); ) {
            ByteBuffer piece =
                    readScratch(offset + done, (int) Math.min(SCRATCH_BYTES, bytes - done));
            int length = piece.remaining();
            if (expected != null) {
                ByteBuffer same = expected.slice(expected.position(), length);
                int mismatch = piece.mismatch(same);
                if (mismatch >= 0) {
                    return new Outcome.CheckCondition(
                            Sense.MISCOMPARE.withInformation(done + mismatch));
                }
                expected.position(expected.position() + length);
            }
            done += length;
        }
        return Outcome.DONE;
    }

    /// This thread's scratch buffer, holding `bytes` bytes from `offset` on, ready to read.
    private ByteBuffer readScratch(long offset, int bytes) throws IOException {
        ByteBuffer scratch = SCRATCH.get().clear().limit(bytes);
        device.read(offset, scratch);
        return scratch.flip();
    }

    /// Bytes of the whole blocks that were received, at most those of the range.
    private int wholeBlocks(long blocks, ByteBuffer dataOut) {
        int received = dataOut.remaining() - dataOut.remaining() % blockBytes;
        return (int) Math.min(blocks * blockBytes, received);
    }

    private WriteMode mode(boolean forceUnitAccess) {
        return forceUnitAccess || !writeCache ? WriteMode.DURABLE : WriteMode.CACHED;
    }
}
