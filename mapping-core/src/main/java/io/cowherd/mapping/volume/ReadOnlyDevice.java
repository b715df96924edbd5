package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;

/// Another device, of which nothing can be changed.
///
/// Stands beneath an origin while a snapshot of it is out of reach: a write now would make that snapshot show what it never
/// was, and nobody would notice when it comes back.
///
/// **Threading.** *Thread-safe*: immutable.
final class ReadOnlyDevice implements BlockDevice {
    private final BlockDevice inner;
    private final String why;

    /// @param inner not owned
    /// @param why what a refused write says
    ReadOnlyDevice(BlockDevice inner, String why) {
        this.inner = inner;
        this.why = why;
    }

    @Override
    public long sizeBytes() {
        return inner.sizeBytes();
    }

    @Override
    public int logicalBlockBytes() {
        return inner.logicalBlockBytes();
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        inner.read(offsetBytes, target);
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        return inner.tryRead(offsetBytes, target);
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        throw new IOException(why);
    }

    @Override
    public void flush() throws IOException {
        inner.flush();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        throw new IOException(why);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        return inner.extent(offsetBytes, lengthBytes);
    }

    @Override
    public void close() {
        // the inner device is not owned
    }

    @Override
    public String toString() {
        return inner + ", read-only";
    }
}
