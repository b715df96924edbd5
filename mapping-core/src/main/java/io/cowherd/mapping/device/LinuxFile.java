package io.cowherd.mapping.device;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// An open file, for what Linux can do to it and `FileChannel` cannot: I/O that does not wait, holes, allocation,
/// locks that belong to the open file and not to the process.
///
/// It has a file descriptor of its own beside the channel's. Calls return a negated `errno` instead of throwing, as
/// system calls do, because most failures here mean "do it the other way".
///
/// **Threading.** *Thread-safe*: scratch memory per thread. [#close()] must come after every other call has returned, and
/// be called once.
final class LinuxFile implements LoopIo.Calls, AutoCloseable {
    // asm-generic/errno*.h
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EINVAL = 22;
    static final int ENOSPC = 28;
    static final int EOPNOTSUPP = 95;
    static final int EDQUOT = 122;

    // uapi/linux/fs.h, uapi/linux/falloc.h
    static final int FALLOC_KEEP_SIZE = 0x01;
    static final int FALLOC_PUNCH_HOLE = 0x02;
    static final int FALLOC_ZERO_RANGE = 0x10;
    private static final int RWF_NOWAIT = 0x08;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final long BLKSSZGET = 0x1268;

    // asm-generic/fcntl.h
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_EXCL = 0x80;
    private static final int O_CLOEXEC = 0x80000;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;

    /// `struct flock` of the 64-bit ABIs: type (2), whence (2), padding (4), start (8), length (8), pid (4), padding.
    private static final int FLOCK_BYTES = 32;

    // uapi/linux/resource.h; `struct rusage` is two `timeval`, then 14 `long`
    private static final int RUSAGE_THREAD = 1;
    private static final int RUSAGE_BYTES = 144;
    private static final int RUSAGE_NVCSW_OFFSET = 128;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final LinuxCalls calls;
    private volatile int fd; // -1 once closed: the number may be another file's by then

    private LinuxFile(LinuxCalls calls, int fd) {
        this.calls = calls;
        this.fd = fd;
    }

    /// How a file is opened.
    enum Access {
        /// For reading.
        READ,
        /// For reading and writing.
        WRITE,
        /// The same; refused if the block device is mounted or otherwise owned, and keeps others from owning it.
        OWN_BLOCK_DEVICE
    }

    /// Opens an existing file, or returns null where this is not a Linux that we can call.
    ///
    /// @throws IOException if Linux refuses to open it
    static @Nullable LinuxFile open(Path path, Access access) throws IOException {
        var calls = LinuxCalls.INSTANCE;
        if (calls == null) {
            return null;
        }
        int flags =
                switch (access) {
                    case READ -> O_CLOEXEC | O_RDONLY;
                    case WRITE -> O_CLOEXEC | O_RDWR;
                    case OWN_BLOCK_DEVICE -> O_CLOEXEC | O_RDWR | O_EXCL;
                };
        try (var arena = Arena.ofConfined()) {
            var name = arena.allocateFrom(path.toAbsolutePath().toString());
            int fd = calls.open(SCRATCH.get().state, name.address(), flags);
            if (fd < 0) {
                throw new FileSystemException(path.toString(), null, describe(-fd));
            }
            return new LinuxFile(calls, fd);
        }
    }

    /// A path that leads to the file whatever its name is by then, or has been; null without procfs (proc(5)).
    @Nullable Path anyName() {
        var self = Path.of("/proc/self/fd/" + fd);
        return Files.exists(self) ? self : null;
    }

    /// The name that an open file has now, for messages; the one that it was opened by where that cannot be told.
    ///
    /// @param linux the file, or null where there is no such access
    static Path nameNow(@Nullable LinuxFile linux, Path opened) {
        var self = linux == null ? null : linux.anyName();
        try {
            return self == null ? opened : Files.readSymbolicLink(self);
        } catch (IOException _) {
            return opened; // just closed
        }
    }

    /// What the system calls this error, in the words that the JDK's own exceptions use.
    static String describe(int errno) {
        var calls = LinuxCalls.INSTANCE;
        return calls == null ? "errno " + errno : calls.strerror(errno);
    }

    /// Reads `target.remaining()` bytes if all of them are in the page cache (preadv2(2), `RWF_NOWAIT`).
    ///
    /// @param target a direct buffer; its position does not move
    /// @return bytes read, perhaps fewer than asked, or a negated errno
    @Override
    public long readNowait(long offsetBytes, ByteBuffer target) {
        var scratch = SCRATCH.get();
        long iovec = scratch.point(target);
        try {
            return calls.preadv2(scratch.state, fd, iovec, offsetBytes, RWF_NOWAIT);
        } finally {
            Reference.reachabilityFence(target);
        }
    }

    /// Writes `source.remaining()` bytes if that needs no wait (pwritev2(2), `RWF_NOWAIT`).
    ///
    /// @param source a direct buffer; its position does not move
    /// @return bytes written, perhaps fewer than asked, or a negated errno
    @Override
    public long writeNowait(long offsetBytes, ByteBuffer source) {
        return write(offsetBytes, source, RWF_NOWAIT);
    }

    /// Writes to the page cache. Same as [#writeNowait], but may wait for memory or throttling.
    @Override
    public long write(long offsetBytes, ByteBuffer source) {
        return write(offsetBytes, source, 0);
    }

    private long write(long offsetBytes, ByteBuffer source, int flags) {
        var scratch = SCRATCH.get();
        long iovec = scratch.point(source);
        try {
            return calls.pwritev2(scratch.state, fd, iovec, offsetBytes, flags);
        } finally {
            Reference.reachabilityFence(source);
        }
    }

    /// fallocate(2).
    ///
    /// @return 0 or a negated errno
    int allocate(int mode, long offsetBytes, long lengthBytes) {
        int result;
        do {
            result = calls.fallocate(SCRATCH.get().state, fd, mode, offsetBytes, lengthBytes);
        } while (result == -EINTR);
        return result;
    }

    /// Offset of the first byte with storage at or after `offsetBytes` (lseek(2), `SEEK_DATA`), or a negated errno:
    /// `ENXIO` if there is none.
    long seekData(long offsetBytes) {
        return calls.lseek(SCRATCH.get().state, fd, offsetBytes, SEEK_DATA);
    }

    /// Offset of the first byte without storage at or after `offsetBytes` (lseek(2), `SEEK_HOLE`), or a negated errno.
    long seekHole(long offsetBytes) {
        return calls.lseek(SCRATCH.get().state, fd, offsetBytes, SEEK_HOLE);
    }

    /// How often this thread has given up its processor to wait for something (getrusage(2), `ru_nvcsw`); to be preempted
    /// does not count.
    @Override
    public long timesSlept() {
        var scratch = SCRATCH.get();
        int result = calls.getrusage(scratch.state, RUSAGE_THREAD, scratch.address);
        return result < 0 ? 0 : scratch.memory.get(ValueLayout.JAVA_LONG, RUSAGE_NVCSW_OFFSET);
    }

    /// Logical block size of a block device in bytes (`BLKSSZGET`), or a negated errno.
    int logicalBlockBytes() {
        var scratch = SCRATCH.get();
        int result = calls.ioctl(scratch.state, fd, BLKSSZGET, scratch.memory.address());
        return result < 0 ? result : scratch.memory.get(ValueLayout.JAVA_INT, 0);
    }

    /// Locks the whole file, at once or not at all (fcntl(2), `F_OFD_SETLK`).
    ///
    /// The lock conflicts with POSIX locks and belongs to this open file: unlike `FileChannel.lock` it is not lost when
    /// any other descriptor of the same file is closed in this process.
    ///
    /// @param access writers keep everybody out, readers only writers
    /// @return 0, or a negated errno: `EAGAIN` or `EACCES` if another holds it
    int lock(Access access) {
        try (var arena = Arena.ofConfined()) {
            var flock = arena.allocate(FLOCK_BYTES, Long.BYTES);
            flock.set(ValueLayout.JAVA_SHORT, 0, access == Access.READ ? F_RDLCK : F_WRLCK);
            return calls.fcntl(SCRATCH.get().state, fd, F_OFD_SETLK, flock.address());
        }
    }

    @Override
    public void close() throws IOException {
        int closing = fd;
        fd = -1;
        int result = calls.close(SCRATCH.get().state, closing);
        if (result < 0 && result != -EINTR) { // Linux has closed it all the same
            throw new IOException("close: " + describe(-result));
        }
    }

    /// Memory that a system call points into, one set for each thread, so that a request allocates nothing.
    private static final class Scratch {
        private final MemorySegment state = LinuxCalls.allocateState();
        private final MemorySegment memory =
                Arena.ofAuto().allocate(RUSAGE_BYTES, Long.BYTES); // or a struct iovec, or an int
        private final long address = memory.address();

        /// Makes a `struct iovec` of what remains in the buffer; returns its address.
        private long point(ByteBuffer buffer) {
            memory.set(ValueLayout.JAVA_LONG, 0, MemorySegment.ofBuffer(buffer).address());
            memory.set(ValueLayout.JAVA_LONG, Long.BYTES, buffer.remaining());
            return address;
        }
    }
}
