package io.cowherd.system;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Files whose every sector says who wrote it and where: a byte in the wrong place is seen, and so is a zero.
///
/// **Threading.** *Immutable.*
final class PatternedFile {
    private static final int SECTOR_BYTES = 512;
    private static final int BUFFER_BYTES = 1 << 20;

    private PatternedFile() {}

    /// Writes sectors of `seed` and their own number, from `offsetBytes` on, `lengthBytes` long, both multiples of 512.
    /// The rest of the file stays as it is; a new file is sparse there.
    static void write(Path file, long seed, long offsetBytes, long lengthBytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long end = offsetBytes + lengthBytes;
            for (long position = offsetBytes; position < end; position += BUFFER_BYTES) {
                int length = (int) Math.min(BUFFER_BYTES, end - position);
                ByteBuffer buffer = fill(seed, position, length);
                while (buffer.hasRemaining()) {
                    channel.write(buffer, position + buffer.position());
                }
            }
        }
    }

    /// Makes the file `sizeBytes` long, with nothing but holes in what is added.
    static void grow(Path file, long sizeBytes) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (channel.size() < sizeBytes) {
                channel.write(ByteBuffer.allocate(1), sizeBytes - 1);
            }
        }
    }

    private static ByteBuffer fill(long seed, long position, int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            long sector = (position + buffer.position()) / SECTOR_BYTES;
            for (int word = 0; word < SECTOR_BYTES / Long.BYTES; word += 2) {
                buffer.putLong(sector).putLong(seed + word);
            }
        }
        return buffer.flip();
    }
}
