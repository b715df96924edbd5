package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.FileDevice.Option;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileDeviceTest extends BlockDeviceContract {
    private static final int PAGE = 4096;

    @TempDir Path directory;

    @Override
    protected BlockDevice create() throws IOException {
        return FileDevice.create(directory.resolve("device"), SIZE_BYTES);
    }

    private FileDevice file() {
        return (FileDevice) device;
    }

    @Test
    void contentSurvivesReopening() throws IOException {
        device.close();
        device = FileDevice.open(directory.resolve("device"));
        assertArrayEquals(pattern(0, SIZE_BYTES, 1), read(0, SIZE_BYTES));
    }

    @Test
    void anExistingFileIsNotCreatedAgain() {
        var path = directory.resolve("device");
        assertThrows(FileAlreadyExistsException.class, () -> FileDevice.create(path, PAGE));
        assertTrue(Files.exists(path));
    }

    @Test
    void aNewFileIsSparseUnlessItIsToBePreallocated() throws IOException {
        try (var sparse = FileDevice.create(directory.resolve("sparse"), 1L << 30)) {
            assertEquals(new BlockDevice.Extent(1L << 30, false), sparse.extent(0, 1L << 30));
        }
        var path = directory.resolve("preallocated");
        try (var _ = FileDevice.create(path, 1 << 20, Option.PREALLOCATED)) {
            assertTrue(storageOf(path) >= 1 << 20);
        }
    }

    @Test
    void growingKeepsContentAndAddsZeros() throws IOException {
        file().grow(SIZE_BYTES * 2L);
        assertEquals(SIZE_BYTES * 2L, device.sizeBytes());
        assertArrayEquals(pattern(0, SIZE_BYTES, 1), read(0, SIZE_BYTES));
        assertArrayEquals(new byte[SIZE_BYTES], read(SIZE_BYTES, SIZE_BYTES));
        assertThrows(IllegalArgumentException.class, () -> file().grow(SIZE_BYTES));
    }

    @Test
    void aTailThatIsNoSectorIsLeftAlone() throws IOException {
        var path = directory.resolve("odd");
        Files.write(path, pattern(0, 1024, 1));
        Files.writeString(path, "tail", StandardOpenOption.APPEND);
        try (var odd = FileDevice.open(path)) {
            assertEquals(1024, odd.sizeBytes());
        }
    }

    @Test
    void discardReturnsStorageAndExtentsSaySo() throws IOException {
        assertTrue(device.supportsDiscard());
        device.flush();
        long before = storageOf(directory.resolve("device"));
        device.discard(1 << 20, 2 << 20);
        assertTrue(storageOf(directory.resolve("device")) <= before - (2 << 20));
        assertEquals(new BlockDevice.Extent(1 << 20, true), device.extent(0, SIZE_BYTES));
        assertEquals(new BlockDevice.Extent(2 << 20, false), device.extent(1 << 20, 3 << 20));
        assertEquals(new BlockDevice.Extent(512, false), device.extent(1 << 20, 512));
    }

    @Test
    void storageCanBeAllocatedAhead() throws IOException {
        device.discard(0, SIZE_BYTES);
        write(PAGE, pattern(PAGE, PAGE, 2));
        assertTrue(file().ensureAllocated(0, SIZE_BYTES));
        assertTrue(storageOf(directory.resolve("device")) >= SIZE_BYTES);
        assertArrayEquals(pattern(PAGE, PAGE, 2), read(PAGE, PAGE));
        assertArrayEquals(new byte[PAGE], read(0, PAGE));
    }

    /// Bytes of storage that a file has, by the number of its blocks.
    private static long storageOf(Path path) throws IOException {
        var process = new ProcessBuilder("stat", "-c", "%b", path.toString()).start();
        try (var output = process.inputReader()) {
            return Long.parseLong(output.readLine()) * 512;
        }
    }

    /// tmpfs and some overlays do not know such reads; there the answer is always false.
    private boolean fileSystemKnowsNowait() throws IOException {
        var path = directory.resolve("device");
        try (var linux = Objects.requireNonNull(LinuxFile.open(path, LinuxFile.Access.READ))) {
            return linux.readNowait(0, ByteBuffer.allocateDirect(PAGE)) != -LinuxFile.EOPNOTSUPP;
        }
    }

    @Test
    void aCachedReadNeedsNoWait() throws IOException {
        var target = ByteBuffer.allocateDirect(PAGE);
        assertEquals(fileSystemKnowsNowait(), device.tryRead(PAGE, target));
        assertFalse(device.tryRead(PAGE, ByteBuffer.allocate(PAGE)), "heap buffers are copied");
    }

    /// Bounded, but not by one try: while the file system rests after somebody's stall, writes go to threads that may wait.
    private void assertWritesOnALoop(long offset, int version) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!device.tryWrite(offset, direct(pattern(offset, PAGE, version)))) {
            assertTrue(System.nanoTime() < deadline, "not written at " + offset);
            Thread.onSpinWait();
        }
    }

    @Test
    void anOverwriteOfStorageNeedsNoWaitAndAHoleDoes() throws IOException {
        assertWritesOnALoop(PAGE, 2);
        assertArrayEquals(pattern(PAGE, PAGE, 2), read(PAGE, PAGE));
        assertFalse(device.tryWrite(512, direct(pattern(512, 512, 2))), "part of a page");
        assertFalse(device.tryWrite(0, direct(pattern(0, 1 << 20, 2))), "too long");
        device.discard(0, SIZE_BYTES);
        assertFalse(device.tryWrite(PAGE, direct(pattern(PAGE, PAGE, 3))), "a hole");
        write(PAGE, pattern(PAGE, PAGE, 4));
        assertFalse(device.tryWrite(PAGE, direct(pattern(PAGE, PAGE, 5))), "a hole beside it");
        write(0, pattern(0, 1 << 20, 6));
        assertWritesOnALoop(PAGE, 7);
    }

    /// A search for a hole can take milliseconds, so it is not to be repeated for each granule of a file that has none.
    @Test
    void oneWriteLearnsOfAllTheStorageUpToTheNextHole() throws IOException {
        long hole = 3 * AllocationMap.GRANULE_BYTES;
        write(0, pattern(0, SIZE_BYTES, 2));
        device.discard(hole, PAGE);
        device.close();
        device = FileDevice.open(directory.resolve("device"));
        assertFalse(device.tryWrite(PAGE, direct(pattern(PAGE, PAGE, 3))), "nothing is known yet");
        write(PAGE, pattern(PAGE, PAGE, 4));
        assertWritesOnALoop(hole - PAGE, 5);
        assertFalse(device.tryWrite(hole, direct(pattern(hole, PAGE, 6))), "the hole");
        long end = SIZE_BYTES - PAGE;
        assertFalse(device.tryWrite(end, direct(pattern(end, PAGE, 7))), "beyond the hole");
        write(hole, pattern(hole, PAGE, 8));
        assertWritesOnALoop(end, 9);
    }

    @Test
    void synchronousDevicesDoNotWriteOnALoop() throws IOException {
        device.close();
        device = FileDevice.open(directory.resolve("device"), Option.SYNCHRONOUS);
        write(0, pattern(0, SIZE_BYTES, 2));
        assertFalse(device.tryWrite(0, direct(pattern(0, PAGE, 3))));
        assertEquals(fileSystemKnowsNowait(), device.tryRead(0, ByteBuffer.allocateDirect(PAGE)));
        device.writeZeroes(0, PAGE, WriteMode.CACHED);
        assertArrayEquals(new byte[PAGE], read(0, PAGE));
    }

    @Test
    void aReadOnlyDeviceRefusesChanges() throws IOException {
        device.close();
        device = FileDevice.open(directory.resolve("device"), Option.READ_ONLY, Option.EXCLUSIVE);
        var source = direct(pattern(0, PAGE, 2));
        assertThrows(IOException.class, () -> device.write(0, source, WriteMode.CACHED));
        assertThrows(IOException.class, () -> device.tryWrite(0, source));
        assertThrows(IOException.class, () -> device.writeZeroes(0, PAGE, WriteMode.CACHED));
        assertFalse(device.supportsDiscard());
        device.flush();
        assertArrayEquals(pattern(0, PAGE, 1), read(0, PAGE));
    }

    @Test
    void anExclusiveFileCannotBeOpenedTwice() throws IOException {
        device.close();
        var path = directory.resolve("device");
        device = FileDevice.open(path, Option.EXCLUSIVE);
        for (int i = 0; i < 2; i++) { // the refused one must not give the lock away
            var refusal =
                    assertThrows(
                            FileSystemException.class,
                            () -> FileDevice.open(path, Option.EXCLUSIVE));
            assertTrue(refusal.toString().contains("in use"), refusal.toString());
        }
        device.close();
        device = FileDevice.open(path, Option.EXCLUSIVE);
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThrows(FileSystemException.class, () -> FileDevice.open(directory));
        assertThrows(FileSystemException.class, () -> FileDevice.open(Path.of("/dev/null")));
    }

    @Test
    void faultsNameFileRangeAndCause() throws IOException {
        try (var shorter =
                FileChannel.open(directory.resolve("device"), StandardOpenOption.WRITE)) {
            shorter.truncate(PAGE);
        }
        var fault = assertThrows(IOException.class, () -> read(PAGE, PAGE));
        assertEquals(
                "read of 4096 bytes at 4096 of %s: the file has become shorter than %d"
                        .formatted(directory.toRealPath().resolve("device"), SIZE_BYTES),
                fault.getMessage());
    }

    /// A COW file gets its name after it has been opened.
    @Test
    void faultsNameAFileAsItIsCalledNow() throws IOException {
        var renamed = directory.resolve("renamed");
        Files.move(directory.resolve("device"), renamed);
        try (var shorter = FileChannel.open(renamed, StandardOpenOption.WRITE)) {
            shorter.truncate(PAGE);
        }
        var fault = assertThrows(IOException.class, () -> read(PAGE, PAGE));
        assertTrue(fault.toString().contains(" of " + renamed.toRealPath() + ":"));
    }

    @Test
    void aFullFileSystemIsToldFromOtherFaults() throws IOException {
        var full = Path.of("/dev/full"); // every write to it fails as on a full file system
        try (var channel = FileChannel.open(full, StandardOpenOption.WRITE)) {
            var cause =
                    assertThrows(IOException.class, () -> channel.write(ByteBuffer.allocate(1)));
            var fault = FileFault.of("write", 0, 512, full, cause);
            assertEquals(NoSpaceException.class, fault.getClass());
        }
        assertEquals(
                NoSpaceException.class,
                FileFault.of("write", 0, 512, full, LinuxFile.EDQUOT).getClass());
        assertEquals(
                IOException.class, FileFault.of("write", 0, 512, full, LinuxFile.EIO).getClass());
    }

    /// Goal: what the kernel reports once is never forgotten. Method: a disk whose second sync of three fails.
    @Test
    void onceASyncHasFailedAllLaterOnesFailUntilReopened() throws IOException {
        var syncs = new AtomicInteger();
        FileDevice.Sync failsOnce =
                channel -> {
                    if (syncs.incrementAndGet() == 2) {
                        throw new IOException("Input/output error");
                    }
                    channel.force(false);
                };
        device.close();
        var path = directory.resolve("device");
        device = FileDevice.open(path, true, failsOnce);
        device.flush();
        assertThrows(IOException.class, device::flush);
        var later = assertThrows(IOException.class, device::flush);
        assertTrue(later.toString().contains("Input/output error"), later.toString());
        assertThrows(
                IOException.class,
                () -> device.write(0, direct(pattern(0, PAGE, 2)), WriteMode.DURABLE));
        assertThrows(IOException.class, () -> device.writeZeroes(0, PAGE, WriteMode.DURABLE));
        assertEquals(2, syncs.get(), "a sync after a failed one proves nothing");
        read(0, PAGE);
        device.close();
        device = FileDevice.open(path);
        device.flush();
    }

    /// Goal: of flushes that run together none says "durable" after the kernel told another one of a loss.
    @Test
    void flushesBesideAFailedOneFailToo() throws Exception {
        device.close();
        var inSync = new AtomicInteger();
        FileDevice.Sync firstFails =
                _ -> {
                    int order = inSync.incrementAndGet();
                    if (order == 1) {
                        throw new IOException("Input/output error");
                    }
                };
        device = FileDevice.open(directory.resolve("device"), true, firstFails);
        try (var pool = Executors.newFixedThreadPool(8)) {
            var flushes =
                    IntStream.range(0, 8).mapToObj(_ -> pool.submit(this::flushSucceeds)).toList();
            for (var flush : flushes) {
                assertFalse(flush.get());
            }
        }
    }

    private boolean flushSucceeds() {
        try {
            device.flush();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Test
    void anInterruptedThreadFailsWithTheReason() throws Exception {
        try (var pool = Executors.newSingleThreadExecutor()) {
            var fault =
                    pool.submit(
                                    () -> {
                                        Thread.currentThread().interrupt();
                                        return assertThrows(IOException.class, () -> read(0, PAGE));
                                    })
                            .get();
            assertTrue(fault.toString().contains("interrupted"), fault.toString());
        }
        var later = assertThrows(IOException.class, () -> read(0, PAGE));
        assertTrue(later.toString().contains("open the device again"), later.toString());
    }

    @Test
    void afterCloseNothingIsServed() throws IOException {
        device.close();
        var buffer = ByteBuffer.allocateDirect(PAGE);
        assertThrows(IOException.class, () -> device.read(0, buffer));
        assertThrows(IOException.class, () -> device.write(0, buffer, WriteMode.CACHED));
        assertFalse(device.tryRead(0, buffer));
        assertFalse(device.tryWrite(0, buffer));
        for (var request : List.<BlockRequest>of(device::flush, () -> device.discard(0, PAGE))) {
            assertThrows(IOException.class, request::run);
        }
    }

    private interface BlockRequest {
        void run() throws IOException;
    }

    /// The same contract without any native call, as on another system.
    static final class PureJavaTest extends BlockDeviceContract {
        @TempDir Path directory;

        @Override
        protected BlockDevice create() throws IOException {
            var path = directory.resolve("device");
            FileDevice.create(path, SIZE_BYTES).close();
            return FileDevice.open(path, false, channel -> channel.force(false), Option.EXCLUSIVE);
        }

        @Test
        void itNeverGoesTheShortWay() throws IOException {
            assertFalse(device.tryRead(0, ByteBuffer.allocateDirect(PAGE)));
            assertFalse(device.tryWrite(0, direct(pattern(0, PAGE, 2))));
            assertFalse(device.supportsDiscard());
        }

        @Test
        void itCannotBeOpenedTwice() {
            assertThrows(
                    FileSystemException.class,
                    () ->
                            FileDevice.open(
                                    directory.resolve("device"),
                                    false,
                                    channel -> channel.force(false),
                                    Option.EXCLUSIVE));
        }
    }
}
