package io.cowherd.mapping.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;

/// A file opened several times for durable writes (`O_DSYNC`), so that each write in flight has an open file of its own.
///
/// Linux reports a write that was lost once **per open file** (`errseq_t`). Of two writes that share one, the other's
/// failure may be told to either, and the one whose data is gone would return as if nothing had happened.
///
/// **Threading.** *Thread-safe*: who wants more than there are waits. [#close()] comes after every other call has
/// returned.
final class DurableChannels implements AutoCloseable {
    /// Most durable writes in flight for one file.
    static final int MOST = 16;

    private final Path path;
    private final Semaphore free;
    private final ConcurrentLinkedDeque<FileChannel> idle = new ConcurrentLinkedDeque<>();
    private final List<FileChannel> all = new ArrayList<>();

    /// @param path leads to the file at every [#borrow] that opens it
    /// @param most durable writes at a time
    DurableChannels(Path path, int most) {
        this.path = path;
        this.free = new Semaphore(most);
    }

    /// A channel that nobody else has; waits while all are in use.
    FileChannel borrow() throws IOException {
        free.acquireUninterruptibly();
        var channel = idle.poll();
        if (channel != null) {
            return channel;
        }
        try {
            return open();
        } catch (IOException e) {
            free.release();
            throw e;
        }
    }

    /// Gives back what [#borrow] gave.
    void giveBack(FileChannel channel) {
        idle.push(channel);
        free.release();
    }

    private synchronized FileChannel open() throws IOException {
        var channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.DSYNC);
        all.add(channel);
        return channel;
    }

    @Override
    public synchronized void close() throws IOException {
        for (var channel : all) {
            channel.close();
        }
    }
}
