package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;

/// Fails every request: the kernel's `error`. A placeholder for what is lost.
///
/// **Threading.** *Immutable.*
public final class ErrorDevice implements BlockDevice {
    private final long sizeBytes;

    /// @param sizeBytes a multiple of 512
    public ErrorDevice(long sizeBytes) {
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
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        throw refused("read", offsetBytes, target.remaining());
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        throw refused("write", offsetBytes, source.remaining());
    }

    @Override
    public void flush() throws IOException {
        throw refused("flush", 0, 0);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        throw refused("write of zeros", offsetBytes, lengthBytes);
    }

    private IOException refused(String request, long offsetBytes, long lengthBytes) {
        Ranges.check(this, offsetBytes, lengthBytes);
        return new IOException(
                request
                        + " of "
                        + lengthBytes
                        + " bytes at "
                        + offsetBytes
                        + " of an error target");
    }

    @Override
    public void close() throws IOException {}

    @Override
    public String toString() {
        return "error";
    }
}
