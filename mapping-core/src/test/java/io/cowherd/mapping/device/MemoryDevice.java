package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A device in memory, sparse and growable. Every sector is written and read atomically, as a disk promises.
///
/// Untouched space reads as a fill byte, so that a test can poison free space. Keeps nothing back: `tryRead` and
/// `tryWrite` always succeed. Survives [#close()], so that a test can look at it and reopen it.
///
/// **Threading.** *Thread-safe*: one monitor per page.
public final class MemoryDevice implements BlockDevice {
    private static final int PAGE_BYTES = 64 * 1024;

    private final byte fill;
    private final int logicalBlockBytes;
    private volatile long sizeBytes;
    private volatile Page[] pages;

    /// A device full of zeros.
    public MemoryDevice(long sizeBytes) {
        this(sizeBytes, (byte) 0, SECTOR_BYTES);
    }

    /// A device full of `fill`.
    public MemoryDevice(long sizeBytes, byte fill) {
        this(sizeBytes, fill, SECTOR_BYTES);
    }

    /// A device full of `fill` with that logical block size.
    public MemoryDevice(long sizeBytes, byte fill, int logicalBlockBytes) {
        if (sizeBytes < 0 || sizeBytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("size " + sizeBytes + " is not whole sectors");
        }
        this.fill = fill;
        this.logicalBlockBytes = logicalBlockBytes;
        this.pages = new Page[0];
        resize(sizeBytes);
    }

    /// A device whose sector `i` holds the little-endian number `i + salt` 64 times, as in the gold images.
    public static MemoryDevice numbered(long sizeBytes, long salt) {
        var device = new MemoryDevice(sizeBytes);
        for (long sector = 0; sector < sizeBytes / SECTOR_BYTES; sector++) {
            device.put(sector * SECTOR_BYTES, numberedSector(sector + salt));
        }
        return device;
    }

    /// One sector holding the little-endian `number` 64 times.
    public static byte[] numberedSector(long number) {
        byte[] sector = new byte[SECTOR_BYTES];
        for (int i = 0; i < SECTOR_BYTES; i++) {
            sector[i] = (byte) (number >>> (i % 8 * 8));
        }
        return sector;
    }

    /// A device holding a copy of `content`.
    public static MemoryDevice of(byte[] content) {
        var device = new MemoryDevice(content.length);
        device.put(0, content);
        return device;
    }

    /// An independent device with the same content.
    public MemoryDevice copy() {
        var copy = new MemoryDevice(sizeBytes, fill, logicalBlockBytes);
        for (int i = 0; i < pages.length; i++) {
            copy.pages[i] = pages[i].copy();
        }
        return copy;
    }

    /// Grows or shrinks the device. Not to be called by two threads at once.
    public void resize(long newSizeBytes) {
        int before = pages.length;
        int after = Math.toIntExact((newSizeBytes + PAGE_BYTES - 1) / PAGE_BYTES);
        var resized = Arrays.copyOf(pages, after);
        for (int i = before; i < after; i++) {
            resized[i] = new Page();
        }
        pages = resized;
        sizeBytes = newSizeBytes;
    }

    /// The content of a range.
    public byte[] get(long offsetBytes, int lengthBytes) {
        byte[] content = new byte[lengthBytes];
        read(offsetBytes, ByteBuffer.wrap(content));
        return content;
    }

    /// The whole content.
    public byte[] get() {
        return get(0, Math.toIntExact(sizeBytes));
    }

    /// Replaces the content of a range behind everybody's back.
    public void put(long offsetBytes, byte[] content) {
        write(offsetBytes, ByteBuffer.wrap(content), WriteMode.CACHED);
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockBytes() {
        return logicalBlockBytes;
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) {
        Ranges.check(this, offsetBytes, target.remaining());
        long at = offsetBytes;
        while (target.hasRemaining()) {
            int from = (int) (at % PAGE_BYTES);
            int length = Math.min(PAGE_BYTES - from, target.remaining());
            pages[(int) (at / PAGE_BYTES)].read(from, length, target, fill);
            at += length;
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
        long at = offsetBytes;
        while (source.hasRemaining()) {
            int from = (int) (at % PAGE_BYTES);
            int length = Math.min(PAGE_BYTES - from, source.remaining());
            pages[(int) (at / PAGE_BYTES)].write(from, length, source, fill);
            at += length;
        }
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
        byte[] zeros = new byte[(int) Math.min(lengthBytes, PAGE_BYTES)];
        for (long done = 0; done < lengthBytes; done += zeros.length) {
            int length = (int) Math.min(zeros.length, lengthBytes - done);
            write(offsetBytes + done, ByteBuffer.wrap(zeros, 0, length), mode);
        }
    }

    @Override
    public boolean supportsDiscard() {
        return true;
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) {
        writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
    }

    @Override
    public void close() throws IOException {}

    @Override
    public String toString() {
        return "memory of " + sizeBytes() + " bytes";
    }

    /// 64 KiB, allocated at the first write.
    private static final class Page {
        private byte @Nullable [] bytes;

        synchronized void read(int from, int length, ByteBuffer target, byte fill) {
            if (bytes != null) {
                target.put(bytes, from, length);
                return;
            }
            for (int i = 0; i < length; i++) {
                target.put(fill);
            }
        }

        synchronized void write(int from, int length, ByteBuffer source, byte fill) {
            if (bytes == null) {
                bytes = new byte[PAGE_BYTES];
                Arrays.fill(bytes, fill);
            }
            source.get(bytes, from, length);
        }

        synchronized Page copy() {
            var copy = new Page();
            copy.bytes = bytes == null ? null : bytes.clone();
            return copy;
        }
    }
}
