package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.Ranges;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A target that is a window on a device: every request goes there, moved by an offset.
///
/// **Threading.** *Thread-safe*: immutable.
abstract class ForwardingTarget implements Target {
    private final BlockDevice device;
    private final long startBytes;
    private final long sizeBytes;

    /// @param device not owned
    ForwardingTarget(BlockDevice device, long startBytes, long sizeBytes) {
        this.device = device;
        this.startBytes = startBytes;
        this.sizeBytes = sizeBytes;
    }

    @Override
    public String status() {
        return "";
    }

    @Override
    public final long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public final int logicalBlockBytes() {
        return device.logicalBlockBytes();
    }

    @Override
    public final void read(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        device.read(startBytes + offsetBytes, target);
    }

    @Override
    public final boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        return device.tryRead(startBytes + offsetBytes, target);
    }

    @Override
    public final void write(long offsetBytes, ByteBuffer source, WriteMode mode)
            throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        device.write(startBytes + offsetBytes, source, mode);
    }

    @Override
    public final boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        return device.tryWrite(startBytes + offsetBytes, source);
    }

    @Override
    public final void flush() throws IOException {
        device.flush();
    }

    @Override
    public final void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode)
            throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        device.writeZeroes(startBytes + offsetBytes, lengthBytes, mode);
    }

    @Override
    public final boolean supportsDiscard() {
        return device.supportsDiscard();
    }

    @Override
    public final void discard(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        device.discard(startBytes + offsetBytes, lengthBytes);
    }

    @Override
    public final boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        return device.ensureAllocated(startBytes + offsetBytes, lengthBytes);
    }

    @Override
    public final Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        return device.extent(startBytes + offsetBytes, lengthBytes);
    }

    @Override
    public void close() throws IOException {}

    @Override
    public final String toString() {
        return (type() + " " + tableArguments()).strip();
    }
}
