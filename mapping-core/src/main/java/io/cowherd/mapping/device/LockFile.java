package io.cowherd.mapping.device;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A lock of the operating system on a file that is there for nothing else, and says who holds it. It ends with the process,
/// however that ends; on shared storage, when the storage has given the holder up.
///
/// **Linux**: an `OFD` lock (fcntl(2)). It belongs to this object alone: two in one process keep each other out, and none is lost
/// when somebody closes another descriptor of the file, as POSIX record locks are. **Elsewhere** it is such a record lock, and
/// what this process holds is kept in a set, so that a second attempt does not even open the file; there can be one holder
/// in a process, a [Mode#SHARED] one too.
///
/// A file can be deleted and made anew while somebody waits for its lock: a lock is good only if the file still has its name
/// once it is locked, and is tried again otherwise.
///
/// **Threading.** *Immutable*, but for the lock that [#close] gives up.
public final class LockFile implements AutoCloseable {
    /// Whom a lock keeps out.
    public enum Mode {
        /// Everybody.
        EXCLUSIVE,
        /// Those who want it [#EXCLUSIVE].
        SHARED
    }

    /// Bytes that are read of what a holder says of himself.
    private static final int MAX_HOLDER_BYTES = 1024;

    /// Tries to lock a file that somebody keeps deleting.
    private static final int MAX_TRIES = 8;

    private static final Duration PAUSE = Duration.ofMillis(10);

    private static final Set<Path> RECORD_LOCKS = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final Closeable held;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private LockFile(Path file, Closeable held) {
        this.file = file;
        this.held = held;
    }

    /// Locks a file at once or not at all, making it if need be, and writes into it who holds it.
    ///
    /// @param holder who asks, in a few words: what others are told
    /// @throws FileInUseException if somebody else holds it
    /// @throws NoSuchFileException if its folder is not there
    public static LockFile lock(Path file, Mode mode, String holder) throws IOException {
        Path real = file.toAbsolutePath();
        return LinuxCalls.INSTANCE == null
                ? lockRecord(real, mode, holder)
                : lockDescription(real, mode, holder);
    }

    /// The same, trying again for as long as `patience` lasts.
    public static LockFile lock(Path file, Mode mode, String holder, Duration patience)
            throws IOException {
        long start = System.nanoTime();
        while (true) {
            try {
                return lock(file, mode, holder);
            } catch (FileInUseException e) {
                if (System.nanoTime() - start >= patience.toNanos()) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() throws InterruptedIOException {
        try {
            Thread.sleep(PAUSE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            var interrupted = new InterruptedIOException("interrupted while waiting for a lock");
            interrupted.initCause(e);
            throw interrupted;
        }
    }

    // --- Linux

    private static LockFile lockDescription(Path file, Mode mode, String holder)
            throws IOException {
        for (int i = 0; i < MAX_TRIES; i++) {
            make(file);
            LinuxFile linux = open(file);
            if (linux != null && isLocked(linux, file, mode)) {
                Files.writeString(file, holder + "\n"); // loses no lock, see above
                return new LockFile(file, linux::close);
            }
        }
        throw FileInUseException.heldBy(file, "somebody who keeps deleting it");
    }

    /// Locks an open file; one that has lost its name by then is closed instead.
    ///
    /// @return false if it was
    static boolean isLocked(LinuxFile linux, Path file, Mode mode) throws IOException {
        boolean isOurs = false;
        try {
            lock(linux, file, mode);
            isOurs = hasItsName(linux, file);
            return isOurs;
        } finally {
            if (!isOurs) {
                linux.close();
            }
        }
    }

    /// Opens it, or returns null if it has just been deleted.
    private static @Nullable LinuxFile open(Path file) throws IOException {
        try {
            return LinuxFile.open(file, LinuxFile.Access.WRITE);
        } catch (FileSystemException e) {
            if (Files.exists(file)) {
                throw e;
            }
            return null;
        }
    }

    private static void make(Path file) throws IOException {
        try {
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
        } catch (FileAlreadyExistsException _) {
            // as wanted
        }
    }

    private static void lock(LinuxFile linux, Path file, Mode mode) throws IOException {
        int result =
                linux.lock(mode == Mode.SHARED ? LinuxFile.Access.READ : LinuxFile.Access.WRITE);
        if (result == -LinuxFile.EAGAIN || result == -LinuxFile.EACCES) {
            throw FileInUseException.heldBy(file, holderOf(file));
        }
        if (result != 0) {
            throw FileFault.of("lock", 0, 0, file, -result);
        }
    }

    private static boolean hasItsName(LinuxFile linux, Path file) throws IOException {
        Path open = linux.anyName();
        if (open == null) {
            throw new IOException("cannot lock " + file + ": there is no /proc; mount it");
        }
        try {
            return Objects.equals(key(open), key(file));
        } catch (NoSuchFileException _) {
            return false;
        }
    }

    private static Object key(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static String holderOf(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return holderOf(channel);
        } catch (NoSuchFileException _) {
            return "";
        }
    }

    private static String holderOf(FileChannel channel) throws IOException {
        var text = ByteBuffer.allocate(MAX_HOLDER_BYTES);
        channel.read(text, 0);
        return new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).strip();
    }

    // --- elsewhere

    private static LockFile lockRecord(Path file, Mode mode, String holder) throws IOException {
        if (!RECORD_LOCKS.add(file)) {
            throw FileInUseException.heldBy(file, holder);
        }
        boolean isOurs = false;
        try {
            var channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            try {
                if (channel.tryLock(0, Long.MAX_VALUE, mode == Mode.SHARED) == null) {
                    throw FileInUseException.heldBy(file, holderOf(channel));
                }
                channel.truncate(0);
                channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)), 0);
                isOurs = true;
                return new LockFile(
                        file,
                        () -> {
                            channel.close();
                            RECORD_LOCKS.remove(file);
                        });
            } finally {
                if (!isOurs) {
                    channel.close();
                }
            }
        } finally {
            if (!isOurs) {
                RECORD_LOCKS.remove(file);
            }
        }
    }

    /// Gives the lock up. The file stays. Idempotent.
    @Override
    public void close() throws IOException {
        if (isClosed.compareAndSet(false, true)) {
            held.close();
        }
    }

    /// Names the file for people.
    @Override
    public String toString() {
        return file.toString();
    }
}
