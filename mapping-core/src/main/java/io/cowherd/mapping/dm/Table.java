package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.BlockDevice.Extent;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/// What a mapped device maps to: targets that tile it from sector 0 without a gap. A request that spans several is split.
///
/// Owns its targets, and gives back its hold on the devices that they use when it is closed.
///
/// **Threading.** *Thread-safe* for I/O, being immutable; the life-cycle calls are serialised by the mapped device.
final class Table {
    /// No target, no size: what a new device has.
    static final Table EMPTY = new Table(List.of(), () -> {});

    private final List<MappedTarget> lines;
    private final Target[] targets;
    private final long[] startBytes; // of each target, then the size
    private final Runnable release;

    /// @param lines checked by [#check]
    /// @param release gives back the hold on the devices that the targets use
    Table(List<MappedTarget> lines, Runnable release) {
        this.lines = List.copyOf(lines);
        this.release = release;
        targets = lines.stream().map(MappedTarget::target).toArray(Target[]::new);
        startBytes = new long[targets.length + 1];
        for (int i = 0; i < targets.length; i++) {
            startBytes[i + 1] =
                    startBytes[i] + (lines.get(i).lengthSectors() << BlockDevice.SECTOR_SHIFT);
        }
    }

    /// The kernel's checks of a line, in its words, before anything is constructed.
    ///
    /// @param expectedStart where the line before it ends
    static void check(long startSector, long lengthSectors, long expectedStart)
            throws TableRefusedException {
        if (lengthSectors <= 0) {
            throw new TableRefusedException("zero-length target");
        }
        if (startSector != expectedStart) {
            throw new TableRefusedException("Gap in table");
        }
        if (startSector > TableLine.MOST_SECTORS - lengthSectors) {
            throw new TableRefusedException("too large device");
        }
    }

    boolean isEmpty() {
        return targets.length == 0;
    }

    List<MappedTarget> lines() {
        return lines;
    }

    long sizeBytes() {
        return startBytes[targets.length];
    }

    int logicalBlockBytes() {
        int largest = BlockDevice.SECTOR_BYTES;
        for (var target : targets) {
            largest = Math.max(largest, target.logicalBlockBytes());
        }
        return largest;
    }

    void read(long offsetBytes, ByteBuffer buffer) throws IOException {
        int limit = buffer.limit();
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); buffer.hasRemaining(); i++) {
            int piece = piece(i, at, buffer.remaining());
            targets[i].read(at - startBytes[i], buffer.limit(buffer.position() + piece));
            buffer.limit(limit);
            at += piece;
        }
    }

    boolean tryRead(long offsetBytes, ByteBuffer buffer) throws IOException {
        int position = buffer.position();
        int limit = buffer.limit();
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); buffer.hasRemaining(); i++) {
            int piece = piece(i, at, buffer.remaining());
            boolean isRead =
                    targets[i].tryRead(at - startBytes[i], buffer.limit(buffer.position() + piece));
            buffer.limit(limit);
            if (!isRead) {
                buffer.position(position);
                return false;
            }
            at += piece;
        }
        return true;
    }

    void write(long offsetBytes, ByteBuffer buffer, WriteMode mode) throws IOException {
        int limit = buffer.limit();
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); buffer.hasRemaining(); i++) {
            int piece = piece(i, at, buffer.remaining());
            targets[i].write(at - startBytes[i], buffer.limit(buffer.position() + piece), mode);
            buffer.limit(limit);
            at += piece;
        }
    }

    /// False for a request that spans targets: the second might refuse after the first has shown its part.
    boolean tryWrite(long offsetBytes, ByteBuffer buffer) throws IOException {
        if (!buffer.hasRemaining()) {
            return true;
        }
        int i = targetAt(offsetBytes);
        return piece(i, offsetBytes, buffer.remaining()) == buffer.remaining()
                && targets[i].tryWrite(offsetBytes - startBytes[i], buffer);
    }

    void flush() throws IOException {
        for (var target : targets) {
            target.flush();
        }
    }

    void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        long end = offsetBytes + lengthBytes;
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); at < end; i++) {
            long piece = Math.min(end, startBytes[i + 1]) - at;
            targets[i].writeZeroes(at - startBytes[i], piece, mode);
            at += piece;
        }
    }

    boolean supportsDiscard() {
        for (var target : targets) {
            if (!target.supportsDiscard()) {
                return false;
            }
        }
        return targets.length > 0;
    }

    void discard(long offsetBytes, long lengthBytes) throws IOException {
        long end = offsetBytes + lengthBytes;
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); at < end; i++) {
            long piece = Math.min(end, startBytes[i + 1]) - at;
            targets[i].discard(at - startBytes[i], piece);
            at += piece;
        }
    }

    boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        boolean all = true;
        long end = offsetBytes + lengthBytes;
        long at = offsetBytes;
        for (int i = targetAt(offsetBytes); at < end; i++) {
            long piece = Math.min(end, startBytes[i + 1]) - at;
            all &= targets[i].ensureAllocated(at - startBytes[i], piece);
            at += piece;
        }
        return all;
    }

    Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        int i = targetAt(offsetBytes);
        long piece = Math.min(lengthBytes, startBytes[i + 1] - offsetBytes);
        return targets[i].extent(offsetBytes - startBytes[i], piece);
    }

    /// Which target maps an offset.
    private int targetAt(long offsetBytes) {
        if (targets.length == 1) {
            return 0;
        }
        int found = Arrays.binarySearch(startBytes, offsetBytes);
        return found >= 0 ? found : -found - 2;
    }

    private int piece(int i, long at, int remaining) {
        return (int) Math.min(remaining, startBytes[i + 1] - at);
    }

    void raiseEventsWith(Runnable raise) {
        for (var target : targets) {
            target.raiseEventsWith(raise);
        }
    }

    void preresume() throws IOException {
        for (var target : targets) {
            target.preresume();
        }
    }

    void resume() {
        for (var target : targets) {
            target.resume();
        }
    }

    void presuspend() {
        for (var target : targets) {
            target.presuspend();
        }
    }

    void presuspendUndo() {
        for (var target : targets) {
            target.presuspendUndo();
        }
    }

    void postsuspend() {
        for (var target : targets) {
            target.postsuspend();
        }
    }

    /// Closes every target, whatever the others do, and gives back the devices that they use.
    void close() throws IOException {
        IOException fault = null;
        for (var target : targets) {
            try {
                target.close();
            } catch (IOException e) {
                if (fault == null) {
                    fault = e;
                } else {
                    fault.addSuppressed(e);
                }
            }
        }
        release.run();
        if (fault != null) {
            throw fault;
        }
    }
}
