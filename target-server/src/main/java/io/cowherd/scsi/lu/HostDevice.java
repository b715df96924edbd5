package io.cowherd.scsi.lu;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.scsi.sense.Sense;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A device as the commands of hosts see it: shut while a SANITIZE runs, and after one that has failed.
///
/// It is asked at each request, behind the range gate: a command that was let in before a SANITIZE began, and comes to its
/// device after that, finds it shut.
///
/// **Threading.** *Thread-safe*, as the device is.
final class HostDevice implements BlockDevice {
    /// The device is shut.
    static final class ShutException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient Sense sense;

        ShutException(Sense sense) {
            super("shut by SANITIZE: " + sense);
            this.sense = sense;
        }

        Sense sense() {
            return sense;
        }
    }

    private final BlockDevice device;
    private final Supplier<@Nullable Sense> shut;

    /// @param shut why it is shut, or null
    HostDevice(BlockDevice device, Supplier<@Nullable Sense> shut) {
        this.device = device;
        this.shut = shut;
    }

    private BlockDevice open() throws ShutException {
        Sense why = shut.get();
        if (why != null) {
            throw new ShutException(why);
        }
        return device;
    }

    @Override
    public long sizeBytes() {
        return device.sizeBytes();
    }

    @Override
    public int logicalBlockBytes() {
        return device.logicalBlockBytes();
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        open().read(offsetBytes, target);
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) throws IOException {
        return open().tryRead(offsetBytes, target);
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        open().write(offsetBytes, source, mode);
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        return open().tryWrite(offsetBytes, source);
    }

    @Override
    public void flush() throws IOException {
        open().flush();
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        open().writeZeroes(offsetBytes, lengthBytes, mode);
    }

    @Override
    public boolean supportsDiscard() {
        return device.supportsDiscard();
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        open().discard(offsetBytes, lengthBytes);
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        return open().ensureAllocated(offsetBytes, lengthBytes);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        return open().extent(offsetBytes, lengthBytes);
    }

    @Override
    public void close() throws IOException {
        device.close();
    }

    @Override
    public String toString() {
        return device.toString();
    }
}
