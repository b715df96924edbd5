package io.cowherd.mapping.device;

import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A device in a regular file, or a raw block device.
///
/// - **Durable** means `fdatasync`: [#flush()], and for [WriteMode#DURABLE] the same for the range alone (`O_DSYNC`). Each
///   durable write in flight hears of its own failure ([DurableChannels]).
/// - **After a failed sync nothing is certain.** Linux reports a lost write once and then calls the page clean; a second
///   `fdatasync` would succeed and the data would still be gone. So once a flush or a durable write has failed, this
///   object's flushes and durable writes fail until the device is closed and opened again from what is on storage.
///   Exception: a durable write for which there was no room; if a flush succeeds then, nothing was lost.
/// - **Zeroes and discards** punch holes: the storage goes back to the file system. Where there are no holes, zeros are
///   written.
/// - **The `try…` twins** need Linux, native access and direct buffers, and answer false otherwise; see `LoopIo`.
/// - A file whose length is not whole sectors is used up to its last whole sector.
///
/// Requests fail with an [IOException] that names the file, the range and the cause, with [NoSpaceException] where the
/// file system is full.
///
/// **Threading.** *Thread-safe*. **Never interrupt a thread in a request**: `FileChannel` answers by closing the file
/// for everybody. If it happens, every later request fails and says so; nothing written before is lost.
/// Stop such threads by closing what they wait for.
public final class FileDevice implements BlockDevice {
    /// How a device is opened.
    public enum Option {
        /// Requests that change anything fail.
        READ_ONLY,
        /// Nobody else can open the file with this option, in this process or another: an `OFD` lock, on other systems
        /// a lock of `FileChannel`. Block devices are opened with `O_EXCL` too, which keeps mounts and mappings out.
        EXCLUSIVE,
        /// Every write is durable when it returns, as if it were [WriteMode#DURABLE]: for storage that another node
        /// may take over at any time.
        SYNCHRONOUS,
        /// [#create] and [#grow] allocate the storage, where the file system can.
        PREALLOCATED
    }

    /// Makes what was written durable; a seam for tests of failing disks.
    interface Sync {
        /// fdatasync.
        void sync(FileChannel channel) throws IOException;
    }

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(256 * 1024).asReadOnlyBuffer();
    private static final int FILE_TYPE_MASK = 0xf000;
    private static final int BLOCK_DEVICE = 0x6000;

    // Immutable
    private final Path path;
    private final Set<Option> options;
    private final Deque<AutoCloseable> owned;
    private final boolean isBlockDevice;
    private final RandomAccessFile file;
    private final FileChannel channel;
    private final DurableChannels durable;
    private final @Nullable LinuxFile linux;
    private final FileSpace space;
    private final AllocationMap allocation;
    private final @Nullable LoopIo loopIo;
    private final Sync sync;

    // Any thread
    private final ReentrantLock syncing = new ReentrantLock();
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private volatile long sizeBytes;
    private volatile int logicalBlockBytes;
    private volatile @Nullable IOException syncFailure;

    /// Creates a file full of zeros and opens it. When this returns, it will be found after a power cut.
    ///
    /// @param path nothing may be there yet
    /// @param sizeBytes a positive multiple of 512
    /// @throws NoSpaceException if storage is to be allocated and there is not enough; nothing is left behind
    public static FileDevice create(Path path, long sizeBytes, Option... options)
            throws IOException {
        if (sizeBytes <= 0 || sizeBytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("size " + sizeBytes + " is not whole sectors");
        }
        Files.createFile(path);
        try {
            var device = open(path, options);
            try {
                device.grow(sizeBytes);
                syncDirectory(path);
                return device;
            } catch (IOException | RuntimeException e) {
                closeAll(device.owned).forEach(e::addSuppressed);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(path);
            throw e;
        }
    }

    /// Opens an existing file or block device.
    ///
    /// @throws FileSystemException if it is neither, or somebody else owns it
    public static FileDevice open(Path path, Option... options) throws IOException {
        return open(path, true, channel -> channel.force(false), options);
    }

    /// @param nativeAccess false to do without [LinuxFile], as on other systems
    static FileDevice open(Path path, boolean nativeAccess, Sync sync, Option... options)
            throws IOException {
        var owned = new ArrayDeque<AutoCloseable>();
        try {
            return new FileDevice(path, nativeAccess, sync, Set.of(options), owned);
        } catch (IOException | RuntimeException e) {
            closeAll(owned).forEach(e::addSuppressed);
            throw e;
        }
    }

    private FileDevice(
            Path given,
            boolean nativeAccess,
            Sync sync,
            Set<Option> options,
            Deque<AutoCloseable> owned)
            throws IOException {
        this.path = given.toRealPath();
        this.sync = sync;
        this.options = options;
        this.owned = owned;
        isBlockDevice = isBlockDevice(path);
        boolean writable = !options.contains(Option.READ_ONLY);
        var access = access(writable);
        linux = nativeAccess ? own(LinuxFile.open(path, access)) : null;
        file = own(new RandomAccessFile(path.toFile(), writable ? "rw" : "r"));
        channel = file.getChannel();
        durable = own(durableChannels());
        if (writable) {
            durable.giveBack(
                    durable.borrow()); // one is there at once, under the file's present name
        }
        if (options.contains(Option.EXCLUSIVE)) {
            lock(access);
        }
        sizeBytes = channel.size() & -SECTOR_BYTES;
        logicalBlockBytes =
                isBlockDevice && linux != null ? linux.logicalBlockBytes() : SECTOR_BYTES;
        allocation = new AllocationMap(isBlockDevice ? 0 : sizeBytes);
        space = new FileSpace(path, linux, isBlockDevice, allocation);
        if (writable) {
            space.probe(sizeBytes);
        }
        loopIo =
                linux == null
                        ? null
                        : new LoopIo(path, storageNumber(), linux, space, LoopTurn.ofProcess());
    }

    /// One at a time where the file could have another name by the time of a second.
    private DurableChannels durableChannels() {
        var anyName = linux == null ? null : linux.anyName();
        return anyName == null
                ? new DurableChannels(path, 1)
                : new DurableChannels(anyName, DurableChannels.MOST);
    }

    private static boolean isBlockDevice(Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            return false;
        }
        boolean hasMode = path.getFileSystem().supportedFileAttributeViews().contains("unix");
        int mode = hasMode ? (int) Files.getAttribute(path, "unix:mode") : 0;
        if ((mode & FILE_TYPE_MASK) != BLOCK_DEVICE) {
            throw new FileSystemException(
                    path.toString(), null, "neither a regular file nor a block device");
        }
        return true;
    }

    /// Device number of the file system, or of the block device itself: what stalls as one.
    private long storageNumber() throws IOException {
        Object number = Files.getAttribute(path, isBlockDevice ? "unix:rdev" : "unix:dev");
        return ((Number) number).longValue();
    }

    private LinuxFile.Access access(boolean writable) {
        if (!writable) {
            return LinuxFile.Access.READ;
        }
        return isBlockDevice && options.contains(Option.EXCLUSIVE)
                ? LinuxFile.Access.OWN_BLOCK_DEVICE
                : LinuxFile.Access.WRITE;
    }

    private <C extends @Nullable AutoCloseable> C own(C resource) {
        if (resource != null) {
            owned.push(resource);
        }
        return resource;
    }

    private void lock(LinuxFile.Access access) throws IOException {
        boolean isLocked;
        if (linux != null) {
            int result = linux.lock(access);
            isLocked = result == 0;
            if (result != 0 && result != -LinuxFile.EAGAIN && result != -LinuxFile.EACCES) {
                throw FileFault.of("lock", 0, 0, path, -result);
            }
        } else {
            try {
                isLocked =
                        channel.tryLock(0, Long.MAX_VALUE, access == LinuxFile.Access.READ) != null;
            } catch (OverlappingFileLockException _) {
                isLocked = false;
            }
        }
        if (!isLocked) {
            throw FileInUseException.of(path);
        }
    }

    /// Makes a new directory entry durable. Only where a directory can be opened, as on all Unix systems.
    private static void syncDirectory(Path path) throws IOException {
        var parent = path.toAbsolutePath().getParent();
        if (parent == null
                || !parent.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        try (var directory = FileChannel.open(parent, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /// For tests: who holds all of them keeps durable writes waiting.
    DurableChannels durableWrites() {
        return durable;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public int logicalBlockBytes() {
        return logicalBlockBytes;
    }

    /// Shows larger blocks than the file or device has. To be called before anybody asks for them.
    ///
    /// @param bytes a power of two; less than what there is changes nothing
    public void showBlocksOf(int bytes) {
        logicalBlockBytes = Math.max(logicalBlockBytes, bytes);
    }

    @Override
    public void read(long offsetBytes, ByteBuffer target) throws IOException {
        int length = target.remaining();
        Ranges.check(this, offsetBytes, length);
        long at = offsetBytes;
        try {
            while (target.hasRemaining()) {
                int read = channel.read(target, at);
                if (read <= 0) {
                    throw new EOFException("the file has become shorter than " + sizeBytes);
                }
                at += read;
            }
        } catch (IOException e) {
            throw fault("read", offsetBytes, length, e);
        }
    }

    @Override
    public boolean tryRead(long offsetBytes, ByteBuffer target) {
        Ranges.check(this, offsetBytes, target.remaining());
        return loopIo != null && loopIo.tryRead(offsetBytes, target);
    }

    @Override
    public void write(long offsetBytes, ByteBuffer source, WriteMode mode) throws IOException {
        int length = source.remaining();
        Ranges.check(this, offsetBytes, length);
        checkWritable();
        if (isDurable(mode)) {
            writeDurably(offsetBytes, source, length);
        } else {
            writeFully(channel, offsetBytes, source, length);
        }
        space.noteWritten(offsetBytes, length, sizeBytes);
    }

    private void writeDurably(long offsetBytes, ByteBuffer source, int length) throws IOException {
        checkSyncs();
        var alone = durable.borrow();
        try {
            writeFully(alone, offsetBytes, source, length);
        } catch (NoSpaceException e) {
            flush(); // either nothing was written, or the sync found no room and data is gone
            throw e;
        } catch (IOException e) {
            syncFailure = e;
            throw e;
        } finally {
            durable.giveBack(alone);
        }
        checkSyncs();
    }

    private void writeFully(FileChannel to, long offsetBytes, ByteBuffer source, int length)
            throws IOException {
        long at = offsetBytes;
        try {
            while (source.hasRemaining()) {
                at += to.write(source, at);
            }
        } catch (IOException e) {
            throw fault("write", offsetBytes, length, e);
        }
    }

    @Override
    public boolean tryWrite(long offsetBytes, ByteBuffer source) throws IOException {
        Ranges.check(this, offsetBytes, source.remaining());
        checkWritable();
        return loopIo != null
                && !options.contains(Option.SYNCHRONOUS)
                && loopIo.tryWrite(offsetBytes, source);
    }

    /// {@inheritDoc}
    ///
    /// One at a time: Linux reports a failure once per open file, so to one of the callers only, and the others must not
    /// return before that one has told everybody.
    @Override
    public void flush() throws IOException {
        syncing.lock();
        try {
            checkSyncs();
            sync.sync(channel);
        } catch (IOException e) {
            var failure = fault("flush", 0, sizeBytes, e);
            if (syncFailure == null) {
                syncFailure = failure;
            }
            throw failure;
        } finally {
            syncing.unlock();
        }
    }

    private IOException fault(
            String request, long offsetBytes, long lengthBytes, IOException cause) {
        var name = LinuxFile.nameNow(linux, path);
        return FileFault.of(request, offsetBytes, lengthBytes, name, cause);
    }

    private void checkSyncs() throws IOException {
        var failure = syncFailure;
        if (failure != null) {
            throw new IOException(
                    LinuxFile.nameNow(linux, path)
                            + " has failed: written data may be lost since "
                            + failure.getMessage()
                            + "; repair the storage and open the device again",
                    failure);
        }
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes, WriteMode mode) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        checkWritable();
        if (lengthBytes == 0) {
            return;
        }
        if (!space.punch(offsetBytes, lengthBytes) && !space.zero(offsetBytes, lengthBytes)) {
            long end = offsetBytes + lengthBytes;
            for (long at = offsetBytes; at < end; at += ZEROS.capacity()) {
                var zeros = ZEROS.duplicate().limit((int) Math.min(ZEROS.capacity(), end - at));
                writeFully(channel, at, zeros, zeros.remaining());
            }
        }
        if (isDurable(mode)) {
            flush();
        }
    }

    @Override
    public boolean supportsDiscard() {
        return space.canPunch();
    }

    @Override
    public void discard(long offsetBytes, long lengthBytes) throws IOException {
        if (!supportsDiscard()) {
            throw new UnsupportedOperationException("discard is not supported by " + this);
        }
        writeZeroes(offsetBytes, lengthBytes, WriteMode.CACHED);
    }

    @Override
    public Extent extent(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        return space.extent(offsetBytes, lengthBytes);
    }

    @Override
    public boolean ensureAllocated(long offsetBytes, long lengthBytes) throws IOException {
        Ranges.check(this, offsetBytes, lengthBytes);
        checkWritable();
        return isBlockDevice || space.allocate(offsetBytes, lengthBytes);
    }

    /// Makes the device larger. Durable when it returns. Not to be called by two threads at once.
    ///
    /// @param newSizeBytes a multiple of 512, more than the present size
    /// @throws NoSpaceException if storage is to be allocated and there is not enough; the size is as it was
    public void grow(long newSizeBytes) throws IOException {
        long before = sizeBytes;
        if (newSizeBytes <= before || newSizeBytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("grow to " + newSizeBytes + " from " + before);
        }
        checkWritable();
        if (isBlockDevice) {
            throw new FileSystemException(
                    path.toString(), null, "a block device cannot be grown here");
        }
        file.setLength(newSizeBytes);
        try {
            if (options.contains(Option.PREALLOCATED)) {
                space.allocate(before, newSizeBytes - before);
            }
            channel.force(true);
        } catch (IOException e) {
            file.setLength(before);
            throw fault("grow", before, newSizeBytes - before, e);
        }
        allocation.grow(newSizeBytes);
        sizeBytes = newSizeBytes;
    }

    private boolean isDurable(WriteMode mode) {
        return mode == WriteMode.DURABLE || options.contains(Option.SYNCHRONOUS);
    }

    private void checkWritable() throws IOException {
        if (options.contains(Option.READ_ONLY)) {
            throw new FileSystemException(path.toString(), null, "is opened read-only");
        }
    }

    /// Closes the file and gives up its lock. What was not flushed stays in the page cache and will be written some time.
    @Override
    public void close() throws IOException {
        if (!isClosed.compareAndSet(false, true)) {
            return;
        }
        var faults = closeAll(owned);
        if (!faults.isEmpty()) {
            throw new IOException("cannot close " + path + ": " + faults, faults.getFirst());
        }
    }

    private static List<Exception> closeAll(Deque<AutoCloseable> owned) {
        var faults = new ArrayList<Exception>();
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception e) { // what AutoCloseable declares
                faults.add(e);
            }
        }
        return faults;
    }

    /// The file's real path.
    /// Room that is left on the file system of a file; 0 for a block device, which has all its room already. May block.
    public long usableBytes() throws IOException {
        Path folder = path.toAbsolutePath().getParent(); // the file itself may have been renamed
        return isBlockDevice || folder == null ? 0 : Files.getFileStore(folder).getUsableSpace();
    }

    /// True if what was opened is a block device.
    public boolean isBlockDevice() {
        return isBlockDevice;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
