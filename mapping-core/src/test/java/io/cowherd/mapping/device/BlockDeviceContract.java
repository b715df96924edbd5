package io.cowherd.mapping.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What [BlockDevice] promises, for every implementation: extend this and say how to make one.
///
/// The content is never zeros: each sector says where it belongs and which write it comes from.
public abstract class BlockDeviceContract {
    /// Size of the device under test.
    protected static final int SIZE_BYTES = 4 << 20;

    private static final int SECTOR = BlockDevice.SECTOR_BYTES;
    private static final int PAGE = 4096;

    /// The device under test.
    protected BlockDevice device;

    /// For subclasses.
    protected BlockDeviceContract() {}

    /// A device of [#SIZE_BYTES]; what it holds does not matter.
    protected abstract BlockDevice create() throws Exception;

    @BeforeEach
    void fillWithPattern() throws Exception {
        device = create();
        write(0, pattern(0, SIZE_BYTES, 1));
    }

    @AfterEach
    void closeTwice() throws Exception {
        device.close();
        device.close();
    }

    /// Bytes that name their place and the write that put them there.
    protected static byte[] pattern(long offsetBytes, int lengthBytes, int generation) {
        var content = ByteBuffer.allocate(lengthBytes);
        long word = offsetBytes / Long.BYTES;
        while (content.hasRemaining()) {
            content.putLong((word++ << 8 | generation) * 0x9E3779B97F4A7C15L | 1);
        }
        return content.array();
    }

    /// Writes from a direct buffer, as the product does.
    protected final void write(long offsetBytes, byte[] content) throws IOException {
        device.write(offsetBytes, direct(content), WriteMode.CACHED);
    }

    /// Reads into a direct buffer.
    protected final byte[] read(long offsetBytes, int lengthBytes) throws IOException {
        var target = ByteBuffer.allocateDirect(lengthBytes);
        device.read(offsetBytes, target);
        assertEquals(target.limit(), target.position());
        return content(target);
    }

    /// A direct copy.
    protected static ByteBuffer direct(byte[] content) {
        return ByteBuffer.allocateDirect(content.length).put(content).flip();
    }

    private static byte[] content(ByteBuffer buffer) {
        var content = new byte[buffer.limit()];
        buffer.get(0, content);
        return content;
    }

    @Test
    void itsSizeIsWholeSectors() {
        assertEquals(SIZE_BYTES, device.sizeBytes());
        assertTrue(device.logicalBlockBytes() >= SECTOR);
        assertEquals(1, Integer.bitCount(device.logicalBlockBytes()));
    }

    @Test
    void aReadSeesTheWriteBeforeIt() throws IOException {
        byte[] second = pattern(3 * SECTOR, 5 * SECTOR, 2);
        write(3 * SECTOR, second);
        assertArrayEquals(second, read(3 * SECTOR, 5 * SECTOR));
        assertArrayEquals(pattern(0, 3 * SECTOR, 1), read(0, 3 * SECTOR));
        assertArrayEquals(pattern(8 * SECTOR, SECTOR, 1), read(8 * SECTOR, SECTOR));
    }

    @Test
    void theWholeDeviceGoesInOneRequest() throws IOException {
        assertArrayEquals(pattern(0, SIZE_BYTES, 1), read(0, SIZE_BYTES));
    }

    @Test
    void theLastSectorIsThere() throws IOException {
        byte[] last = pattern(SIZE_BYTES - SECTOR, SECTOR, 3);
        write(SIZE_BYTES - SECTOR, last);
        assertArrayEquals(last, read(SIZE_BYTES - SECTOR, SECTOR));
    }

    /// Goal: only what remains in a buffer takes part. Method: a window in the middle of a larger one, all kinds.
    @Test
    void onlyWhatRemainsInABufferIsTransferred() throws IOException {
        for (boolean direct : new boolean[] {true, false}) {
            var buffer =
                    direct
                            ? ByteBuffer.allocateDirect(3 * SECTOR)
                            : ByteBuffer.allocate(3 * SECTOR);
            buffer.put(pattern(0, 3 * SECTOR, 9)).position(SECTOR).limit(2 * SECTOR);
            device.read(SECTOR, buffer);
            assertEquals(2 * SECTOR, buffer.position());
            assertEquals(2 * SECTOR, buffer.limit());
            var expected = ByteBuffer.wrap(pattern(0, 3 * SECTOR, 9));
            expected.put(SECTOR, pattern(SECTOR, SECTOR, 1));
            assertArrayEquals(expected.array(), content(buffer.clear()));

            buffer.position(SECTOR).limit(2 * SECTOR);
            device.write(7 * SECTOR, buffer, WriteMode.CACHED);
            assertEquals(2 * SECTOR, buffer.position());
            assertArrayEquals(pattern(SECTOR, SECTOR, 1), read(7 * SECTOR, SECTOR));
            assertArrayEquals(pattern(8 * SECTOR, SECTOR, 1), read(8 * SECTOR, SECTOR));
        }
    }

    @Test
    void aReadOnlyBufferCanBeWritten() throws IOException {
        byte[] second = pattern(0, PAGE, 2);
        device.write(0, direct(second).asReadOnlyBuffer(), WriteMode.CACHED);
        device.write(PAGE, ByteBuffer.wrap(second).asReadOnlyBuffer(), WriteMode.DURABLE);
        assertArrayEquals(second, read(0, PAGE));
        assertArrayEquals(second, read(PAGE, PAGE));
    }

    @Test
    void anEmptyRequestDoesNothing() throws IOException {
        device.read(SIZE_BYTES, ByteBuffer.allocateDirect(0));
        device.write(SIZE_BYTES, ByteBuffer.allocateDirect(0), WriteMode.CACHED);
        device.writeZeroes(SIZE_BYTES, 0, WriteMode.DURABLE);
        assertArrayEquals(pattern(0, SIZE_BYTES, 1), read(0, SIZE_BYTES));
    }

    @Test
    void durableWritesAndFlushesKeepTheContent() throws IOException {
        byte[] second = pattern(PAGE, PAGE, 2);
        device.write(PAGE, direct(second), WriteMode.DURABLE);
        device.flush();
        assertArrayEquals(second, read(PAGE, PAGE));
    }

    @Test
    void tryReadDoesAllOrNothing() throws IOException {
        for (var target :
                new ByteBuffer[] {ByteBuffer.allocateDirect(PAGE), ByteBuffer.allocate(PAGE)}) {
            target.position(SECTOR);
            if (device.tryRead(SECTOR, target)) {
                assertEquals(target.limit(), target.position());
            } else {
                assertEquals(SECTOR, target.position());
                device.read(SECTOR, target);
            }
            assertEquals(PAGE, target.limit());
            var expected = ByteBuffer.allocate(PAGE).put(SECTOR, pattern(SECTOR, PAGE - SECTOR, 1));
            assertArrayEquals(expected.array(), content(target));
        }
    }

    @Test
    void tryWriteDoesAllOrNothing() throws IOException {
        for (int generation = 2;
                generation < 6;
                generation++) { // the second may be allowed what the first was not
            byte[] next = pattern(PAGE, PAGE, generation);
            var source = generation % 2 == 0 ? direct(next) : ByteBuffer.wrap(next);
            if (device.tryWrite(PAGE, source)) {
                assertEquals(PAGE, source.position());
            } else {
                assertEquals(0, source.position());
                assertArrayEquals(
                        pattern(PAGE, PAGE, generation == 2 ? 1 : generation - 1),
                        read(PAGE, PAGE));
                device.write(PAGE, source, WriteMode.CACHED);
            }
            assertArrayEquals(next, read(PAGE, PAGE));
        }
        assertArrayEquals(pattern(0, PAGE, 1), read(0, PAGE));
        assertArrayEquals(pattern(2 * PAGE, PAGE, 1), read(2 * PAGE, PAGE));
    }

    @Test
    void zeroedRangesReadAsZerosAndTheirNeighboursDoNot() throws IOException {
        for (var mode : WriteMode.values()) {
            for (long length : new long[] {SECTOR, 3 * SECTOR, PAGE, 3 * PAGE + SECTOR, 1 << 20}) {
                write(0, pattern(0, SIZE_BYTES, 4));
                long offset = 7 * PAGE + SECTOR;
                device.writeZeroes(offset, length, mode);
                assertZeroedExactly(offset, (int) length, 4);
            }
        }
    }

    @Test
    void discardedRangesReadAsZeros() throws IOException {
        if (!device.supportsDiscard()) {
            assertThrows(UnsupportedOperationException.class, () -> device.discard(0, PAGE));
            return;
        }
        int length = 1 << 20;
        device.discard(PAGE, length);
        assertZeroedExactly(PAGE, length, 1);
        byte[] second = pattern(PAGE, length, 2);
        write(PAGE, second);
        assertArrayEquals(second, read(PAGE, length));
    }

    private void assertZeroedExactly(long offset, int length, int generation) throws IOException {
        var expected = ByteBuffer.wrap(pattern(0, SIZE_BYTES, generation));
        expected.put((int) offset, new byte[length]);
        assertArrayEquals(expected.array(), read(0, SIZE_BYTES));
    }

    /// Goal: extents tile the device, and an unmapped one reads as zeros.
    @Test
    void extentsCoverTheDeviceAndUnmappedOnesAreZeros() throws IOException {
        device.writeZeroes(1 << 20, 1 << 20, WriteMode.CACHED);
        write(3 << 19, pattern(3 << 19, PAGE, 5));
        long at = 0;
        while (at < SIZE_BYTES) {
            var extent = device.extent(at, SIZE_BYTES - at);
            assertTrue(
                    extent.lengthBytes() > 0 && extent.lengthBytes() % SECTOR == 0,
                    extent.toString());
            assertTrue(at + extent.lengthBytes() <= SIZE_BYTES, extent.toString());
            if (!extent.mapped()) {
                int length = (int) extent.lengthBytes();
                assertArrayEquals(new byte[length], read(at, length));
            }
            at += extent.lengthBytes();
        }
        assertTrue(device.extent(0, SECTOR).mapped());
        assertEquals(SECTOR, device.extent(0, SECTOR).lengthBytes());
    }

    @Test
    void misalignedRequestsAreProgrammingErrors() {
        assertRefused(1, SECTOR);
        assertRefused(SECTOR / 2, SECTOR);
        assertRefused(0, SECTOR - 1);
        assertRefused(0, SECTOR + 1);
    }

    @Test
    void requestsBeyondTheEndAreProgrammingErrors() {
        assertRefused(SIZE_BYTES, SECTOR);
        assertRefused(SIZE_BYTES - SECTOR, 2 * SECTOR);
        assertRefused(-SECTOR, SECTOR);
        assertRefused(Long.MAX_VALUE & -SECTOR, SECTOR);
    }

    private void assertRefused(long offset, int length) {
        var buffer = ByteBuffer.allocateDirect(length);
        assertThrows(IllegalArgumentException.class, () -> device.read(offset, buffer));
        assertThrows(
                IllegalArgumentException.class,
                () -> device.write(offset, buffer, WriteMode.CACHED));
        assertThrows(
                IllegalArgumentException.class,
                () -> device.writeZeroes(offset, length, WriteMode.CACHED));
        assertFalse(triedBeyond(offset, buffer));
    }

    /// A twin may refuse by answering false or by throwing, but not by doing it.
    private boolean triedBeyond(long offset, ByteBuffer buffer) {
        try {
            return device.tryRead(offset, buffer) || device.tryWrite(offset, buffer);
        } catch (IllegalArgumentException | IOException _) {
            return false;
        }
    }

    /// Goal: requests in flight together do not disturb each other. Method: each thread owns every fourth page, and
    /// checks what it reads against its own generations, with every kind of request.
    @Test
    void threadsDoNotDisturbEachOther() throws Exception {
        long seed = System.nanoTime();
        int threads = 4;
        try (var pool = Executors.newFixedThreadPool(threads)) {
            var running = new Future<?>[threads];
            for (int i = 0; i < threads; i++) {
                int thread = i;
                running[i] = pool.submit(() -> ownEveryFourthPage(thread, threads, seed + thread));
            }
            for (var one : running) {
                one.get();
            }
        } catch (Exception e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private Void ownEveryFourthPage(int thread, int threads, long seed) throws IOException {
        var random = new Random(seed);
        int pages = SIZE_BYTES / PAGE / threads;
        var generations = new int[pages];
        Arrays.fill(generations, 1);
        var buffer = ByteBuffer.allocateDirect(PAGE);
        for (int i = 0; i < 2000; i++) {
            int page = random.nextInt(pages);
            long offset = ((long) page * threads + thread) * PAGE;
            switch (random.nextInt(10)) {
                case 0 -> {
                    device.writeZeroes(offset, PAGE, WriteMode.CACHED);
                    generations[page] = 0;
                }
                case 1, 2, 3, 4 -> {
                    generations[page] = 1 + random.nextInt(100);
                    buffer.clear().put(pattern(offset, PAGE, generations[page])).flip();
                    if (!device.tryWrite(offset, buffer)) {
                        device.write(offset, buffer, WriteMode.CACHED);
                    }
                }
                default -> {
                    if (!device.tryRead(offset, buffer.clear())) {
                        device.read(offset, buffer);
                    }
                    byte[] expected =
                            generations[page] == 0
                                    ? new byte[PAGE]
                                    : pattern(offset, PAGE, generations[page]);
                    assertArrayEquals(expected, content(buffer));
                }
            }
        }
        return null;
    }
}
