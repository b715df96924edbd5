package io.cowherd.mapping.volume;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A backing device that asks a fence once a request (I6): before one that could change it, and after one that reads, since what was
/// read while the fence stood is not stale.
///
/// **Threading.** *Thread-safe*: immutable.
final class FencedDevice implements BlockDevice {
    private final BlockDevice inner;
    private final WriteFence fence;

    /// @param inner not owned
    FencedDevice(BlockDevice inner, WriteFence fence) {
        this.inner = inner;
        this.fence = fence;
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
        fence.check();
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        boolean done = inner.tryRead(offsetBytes, target);
        fence.check();
        return done;
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        fence.check();
        inner.write(offsetBytes, source, mode);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        fence.check();
        return inner.tryWrite(offsetBytes, source);
    }

    /// What is in the page cache may be pushed out by others at any time; but GOOD to a flush promises what a fallen owner
    /// cannot.
    @Override
    public void flush() throws IOException {
        fence.check();
        inner.flush();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        fence.check();
        inner.writeZeroes(offsetBytes, lengthBytes, mode);
    }

    @Override
    public boolean supportsDiscard() {
        return inner.supportsDiscard();
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        fence.check();
        inner.discard(offsetBytes, lengthBytes);
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        fence.check();
        return inner.ensureAllocated(offsetBytes, lengthBytes);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        var extent = inner.extent(offsetBytes, lengthBytes);
        fence.check();
        return extent;
    }

    @Override
    public void close() {
        // the inner device is not owned
    }

    @Override
    public String toString() {
        return inner.toString();
    }
}
