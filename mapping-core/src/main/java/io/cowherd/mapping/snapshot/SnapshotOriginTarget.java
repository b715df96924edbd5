package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.Ranges;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.nio.ByteBuffer;

/// `snapshot-origin`: an origin as its users see it. Reads pass through; a write waits until every snapshot has what it
/// needs of the old content ([OriginWritePath]).
///
/// Discard is not supported, as in the kernel (vector 51). [#writeZeroes] is better than the kernel: it preserves first and then
/// gives the space back.
///
/// **Threading.** *Thread-safe*: no state of its own.
final class SnapshotOriginTarget implements Target {
    // Immutable
    private final SnapshotFamilies families;
    private final OriginFamily family;
    private final DeviceRef originRef;
    private final BlockDevice origin;
    private final long lengthBytes;

    // Owned by the mapped device's life cycle
    private boolean closed;

    SnapshotOriginTarget(SnapshotFamilies families, DeviceRef originRef, long lengthBytes) {
        this.families = families;
        this.originRef = originRef;
        this.origin = originRef.device();
        this.lengthBytes = lengthBytes;
        this.family = families.acquire(origin);
    }

    @Override
    public String type() {
        return SnapshotOriginTargetType.NAME;
    }

    @Override
    public String tableArguments() {
        return originRef.toString();
    }

    @Override
    public String status() {
        return "";
    }

    @Override
    public long sizeBytes() {
        return lengthBytes;
    }

    @Override
    public int logicalBlockBytes() {
        return origin.logicalBlockBytes();
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        origin.read(offsetBytes, target);
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        Ranges.check(this, offsetBytes, target.remaining());
        return origin.tryRead(offsetBytes, target);
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        OriginWritePath.write(family, offsetBytes, source, mode);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        return OriginWritePath.tryWrite(family, offsetBytes, source);
    }

    /// Only the origin's: what its snapshots need is durable already (vector 50).
    @Override
    public void flush() throws IOException {
        origin.flush();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        OriginWritePath.writeZeroes(family, offsetBytes, lengthBytes, mode);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        return origin.extent(offsetBytes, lengthBytes);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            families.release(family);
        }
    }

    @Override
    public String toString() {
        return type() + " " + tableArguments();
    }
}
