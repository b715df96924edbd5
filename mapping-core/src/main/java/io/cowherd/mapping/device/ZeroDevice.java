package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Reads as zeros and forgets what is written: the kernel's `zero`.
///
/// Breaks the promise that a read sees the write before it, as that one does.
///
/// **Threading.** *Immutable.*
public final class ZeroDevice implements BlockDevice {
    private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(64 * 1024).asReadOnlyBuffer();

    private final long sizeBytes;

    /// @param sizeBytes a multiple of 512
    public ZeroDevice(long sizeBytes) {
        if (sizeBytes < 0 || sizeBytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("size " + sizeBytes + " is not whole sectors");
        }
        this.sizeBytes = sizeBytes;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) {
        Ranges.check(this, offsetBytes, target.remaining());
        while (target.hasRemaining()) {
            int length = Math.min(ZEROS.capacity(), target.remaining());
            target.put(target.position(), ZEROS, 0, length);
            target.position(target.position() + length);
        }
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) {
        read(offsetBytes, target);
        return true;
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) {
        Ranges.check(this, offsetBytes, source.remaining());
        source.position(source.limit());
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) {
        write(offsetBytes, source, WriteMode.CACHED);
        return true;
    }

    @Override
    public void flush() {}

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) {
        Ranges.check(this, offsetBytes, lengthBytes);
    }

    @Override
    public boolean supportsDiscard() {
        return true;
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) {
        Ranges.check(this, offsetBytes, lengthBytes);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) {
        Ranges.check(this, offsetBytes, lengthBytes);
        return new Extent(lengthBytes, false);
    }

    @Override
    public void close() throws IOException {}

    @Override
    public String toString() {
        return "zero";
    }
}
