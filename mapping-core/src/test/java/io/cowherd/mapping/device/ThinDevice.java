package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;

/// A sparse file on a file system with little room. Storage comes in blocks; what finds no room keeps the part that did, a
/// write its first bytes as well; zeroes and discards give storage back.
///
/// **Threading.** *Thread-safe*: one monitor.
public final class ThinDevice extends WrappedDevice {
    /// A file system that is never full.
    public static final long ENDLESS = Long.MAX_VALUE;

    private static final int BLOCK_BYTES = 4096;

    private final boolean allocates;
    private final BitSet stored = new BitSet();
    private long roomBlocks = ENDLESS;

    /// A file without storage, and endless room.
    ///
    /// @param allocates false for a file system that cannot allocate ahead
    public ThinDevice(BlockDevice inner, boolean allocates) {
        super(inner);
        this.allocates = allocates;
    }

    /// From now on there is room for that much more.
    public synchronized void room(long bytes) {
        roomBlocks = bytes == ENDLESS ? ENDLESS : bytes / BLOCK_BYTES;
    }

    /// Bytes of storage.
    public synchronized long storedBytes() {
        return (long) stored.cardinality() * BLOCK_BYTES;
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        super.ensureAllocated(offsetBytes, lengthBytes);
        if (allocates && take(offsetBytes, lengthBytes) < lengthBytes) {
            throw full();
        }
        return allocates;
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        int limit = source.limit();
        long served = take(offsetBytes, source.remaining());
        if (served > 0) {
            super.write(offsetBytes, source.limit(source.position() + (int) served), mode);
            source.limit(limit);
        }
        if (source.hasRemaining()) {
            throw full();
        }
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        return isStored(offsetBytes, source.remaining()) && super.tryWrite(offsetBytes, source);
    }

    @Override
    protected synchronized void before(DeviceOperation operation) {
        if (operation.is(DeviceOperation.Kind.ZERO) || operation.is(DeviceOperation.Kind.DISCARD)) {
            int from = (int) Math.ceilDiv(operation.offsetBytes(), BLOCK_BYTES);
            int to = (int) ((operation.offsetBytes() + operation.lengthBytes()) / BLOCK_BYTES);
            for (int block = stored.nextSetBit(from); block >= 0 && block < to; ) {
                stored.clear(block);
                roomBlocks += roomBlocks == ENDLESS ? 0 : 1;
                block = stored.nextSetBit(block);
            }
        }
    }

    private synchronized boolean isStored(long offsetBytes, long lengthBytes) {
        int last = (int) ((offsetBytes + lengthBytes - 1) / BLOCK_BYTES);
        return stored.nextClearBit((int) (offsetBytes / BLOCK_BYTES)) > last;
    }

    /// Gives storage to the range as far as there is room. Returns how many of its bytes have some.
    private synchronized long take(long offsetBytes, long lengthBytes) {
        long end = offsetBytes + lengthBytes;
        for (long at = offsetBytes; at < end; at = (at / BLOCK_BYTES + 1) * BLOCK_BYTES) {
            int block = (int) (at / BLOCK_BYTES);
            if (!stored.get(block)) {
                if (roomBlocks == 0) {
                    return at - offsetBytes;
                }
                roomBlocks -= roomBlocks == ENDLESS ? 0 : 1;
                stored.set(block);
            }
        }
        return lengthBytes;
    }

    private static NoSpaceException full() {
        return new NoSpaceException("injected: no room", new IOException("full"));
    }
}
