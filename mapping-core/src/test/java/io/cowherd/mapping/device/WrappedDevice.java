package io.cowherd.mapping.device;

import io.cowherd.mapping.device.DeviceOperation.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A test device that looks at each request before and after another device serves it.
///
/// The `try…` twins ask [#wouldWait] first: a request that it holds back answers false and leaves no trace.
///
/// **Threading.** *Thread-safe* if the hooks are.
public abstract class WrappedDevice implements BlockDevice {
    private final BlockDevice inner;

    /// @param inner serves the requests; closed with this device
    protected WrappedDevice(BlockDevice inner) {
        this.inner = inner;
    }

    /// Called before the inner device sees the request; may wait or throw.
    protected void before(DeviceOperation operation) throws IOException {}

    /// Called after the inner device has served the request; may wait or throw.
    protected void after(DeviceOperation operation) throws IOException {}

    /// True if a `try…` twin must answer false instead of being served.
    protected boolean wouldWait(DeviceOperation operation) {
        return false;
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
        var operation = operation(Kind.READ, offsetBytes, target.remaining(), WriteMode.CACHED);
        before(operation);
        inner.read(offsetBytes, target);
        after(operation);
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        var operation = operation(Kind.READ, offsetBytes, target.remaining(), WriteMode.CACHED);
        if (wouldWait(operation)) {
            return false;
        }
        before(operation);
        if (!inner.tryRead(offsetBytes, target)) {
            return false;
        }
        after(operation);
        return true;
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        var operation = operation(Kind.WRITE, offsetBytes, source.remaining(), mode);
        before(operation);
        inner.write(offsetBytes, source, mode);
        after(operation);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        var operation = operation(Kind.WRITE, offsetBytes, source.remaining(), WriteMode.CACHED);
        if (wouldWait(operation)) {
            return false;
        }
        before(operation);
        if (!inner.tryWrite(offsetBytes, source)) {
            return false;
        }
        after(operation);
        return true;
    }

    @Override
    public void flush() throws IOException {
        var operation = operation(Kind.FLUSH, 0, 0, WriteMode.CACHED);
        before(operation);
        inner.flush();
        after(operation);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        var operation = operation(Kind.ZERO, offsetBytes, lengthBytes, mode);
        before(operation);
        inner.writeZeroes(offsetBytes, lengthBytes, mode);
        after(operation);
    }

    @Override
    public boolean supportsDiscard() {
        return inner.supportsDiscard();
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        var operation = operation(Kind.DISCARD, offsetBytes, lengthBytes, WriteMode.CACHED);
        before(operation);
        inner.discard(offsetBytes, lengthBytes);
        after(operation);
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        var operation = operation(Kind.ALLOCATE, offsetBytes, lengthBytes, WriteMode.CACHED);
        before(operation);
        boolean allocated = inner.ensureAllocated(offsetBytes, lengthBytes);
        after(operation);
        return allocated;
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        return inner.extent(offsetBytes, lengthBytes);
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    private static DeviceOperation operation(
            Kind kind, long offsetBytes, long lengthBytes, WriteMode mode) {
        return new DeviceOperation(kind, offsetBytes, lengthBytes, mode);
    }
}
