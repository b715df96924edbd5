package io.cowherd.mapping.volume;

import java.io.IOException;
import java.nio.file.Path;

/// The files themselves. Subclasses do something else with some requests.
class LocalFiles implements DurableFiles {
    @Override
    public void createDirectory(Path directory) throws IOException {
        LOCAL.createDirectory(directory);
    }

    @Override
    public void write(Path file, byte[] content) throws IOException {
        LOCAL.write(file, content);
    }

    @Override
    public void occupy(Path file, int sizeBytes) throws IOException {
        LOCAL.occupy(file, sizeBytes);
    }

    @Override
    public void createSparse(Path file, long sizeBytes) throws IOException {
        LOCAL.createSparse(file, sizeBytes);
    }

    @Override
    public void sync(Path file) throws IOException {
        LOCAL.sync(file);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        LOCAL.rename(from, to);
    }

    @Override
    public void delete(Path path) throws IOException {
        LOCAL.delete(path);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        LOCAL.syncDirectory(directory);
    }
}
