package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// Files of which each step asks a fence first (I6).
///
/// **Threading.** *Thread-safe*: immutable.
///
/// @param files what takes the steps
/// @param fence what is asked before each
record FencedFiles(DurableFiles files, Fence fence) implements DurableFiles {
    /// What is asked.
    interface Fence {
        /// Returns if the step may be taken.
        void check() throws IOException;
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        fence.check();
        files.createDirectory(directory);
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        fence.check();
        files.write(file, content);
    }

    @Override
    public void createSparse(Path file, long sizeBytes) throws IOException {
        fence.check();
        files.createSparse(file, sizeBytes);
    }

    @Override
    public void occupy(Path file, int bytes) throws IOException {
        fence.check();
        files.occupy(file, bytes);
    }

    @Override
    public void sync(Path file) throws IOException {
        fence.check();
        files.sync(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        fence.check();
        files.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        fence.check();
        files.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        fence.check();
        files.syncDirectory(directory);
    }
}
