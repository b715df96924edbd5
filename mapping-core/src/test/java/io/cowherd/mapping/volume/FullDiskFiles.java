package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files on a file system that a test can fill: from then on there is only the room that deletions make. Content takes whole
/// blocks, sparse files take none, names are free.
final class FullDiskFiles extends LocalFiles {
    private static final int BLOCK_BYTES = 4096;

    private long freeBytes = Long.MAX_VALUE / 2;

    void fill() {
        freeBytes = 0;
    }

    void makeRoom(long bytes) {
        freeBytes += bytes;
    }

    private static long blocks(Path file) throws IOException {
        boolean isSparse = file.toString().contains(".cow") || file.toString().contains(".img");
        return Files.isRegularFile(file) && !isSparse ? roundUp(Files.size(file)) : 0;
    }

    private static long roundUp(long bytes) {
        return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        take(file, content.length);
        LOCAL.write(file, content);
    }

    @Override
    public void occupy(Path file, int sizeBytes) throws IOException {
        take(file, sizeBytes);
        LOCAL.occupy(file, sizeBytes);
    }

    private void take(Path file, long bytes) throws IOException {
        freeBytes += blocks(file);
        long needed = roundUp(bytes);
        if (needed > freeBytes) {
            LOCAL.write(file, new byte[0]); // it is emptied first
            throw new FileSystemException(file.toString(), null, "No space left on device");
        }
        freeBytes -= needed;
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        long replaced = blocks(to);
        LOCAL.rename(from, to);
        freeBytes += replaced;
    }

    @Override
    public void delete(Path path) throws IOException {
        long freed = blocks(path);
        LOCAL.delete(path);
        freeBytes += freed;
    }
}
