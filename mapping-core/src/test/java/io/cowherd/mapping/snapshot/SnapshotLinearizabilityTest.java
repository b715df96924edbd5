package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/// Many threads on one origin and three snapshots of different chunk sizes, against a simple model.
///
/// **Method.** Every sector of every volume is a register with one writer and any number of readers. Its content names volume,
/// sector and version, 64 times. A read may return no version older than the last one whose write had returned when the
/// read began, and none younger than the last one that had been begun when it ended; and a sector is never torn. Writers own
/// groups of 11 sectors, so that they share chunks. Devices yield at random, so that threads overtake each other.
///
/// Rounds by `-Dcowherd.linearizability.rounds=…`, one of them again by `-Dcowherd.linearizability.seed=…`.
class SnapshotLinearizabilityTest {
    private static final int SECTORS = 1100;
    private static final int GROUP = 11;
    private static final int THREADS = 8;
    private static final int OPERATIONS = 1500;
    private static final String[] TABLES = {"P 1", "P 8", "N 32"};

    @Test
    void everyReadReturnsWhatItMay() throws Exception {
        long rounds = Long.getLong("cowherd.linearizability.rounds", 4);
        Long only = Long.getLong("cowherd.linearizability.seed");
        for (long seed = 1; seed <= rounds; seed++) {
            long used = only == null ? seed : only;
            try {
                new Round(used).run();
            } catch (AssertionError | Exception e) {
                throw new AssertionError("seed " + used, e);
            }
        }
    }

    private static final class Round {
        final SplittableRandom random;
        final MemoryDevice disk = originalContent();
        final List<MemoryDevice> stores = new ArrayList<>();
        final List<Target> volumes = new ArrayList<>();
        final List<AtomicLongArray> begun = new ArrayList<>();
        final List<AtomicLongArray> returned = new ArrayList<>();

        Round(long seed) throws IOException {
            random = new SplittableRandom(seed);
            var rig = new Rig(new YieldingDevice(disk));
            volumes.add(rig.base);
            for (var table : TABLES) {
                stores.add(Rig.freshCow(8192));
                volumes.add(rig.snapshot(new YieldingDevice(stores.getLast()), table));
            }
            for (var _ : volumes) {
                begun.add(new AtomicLongArray(SECTORS));
                returned.add(new AtomicLongArray(SECTORS));
            }
        }

        private static MemoryDevice originalContent() {
            var disk = new MemoryDevice(SECTORS * SECTOR);
            for (int sector = 0; sector < SECTORS; sector++) {
                disk.put((long) sector * SECTOR, content(0, sector, 0));
            }
            return disk;
        }

        /// Version 0 is the origin's, whoever shows it.
        private static byte[] content(int volume, int sector, long version) {
            return MemoryDevice.numberedSector(
                    1L << 62 | (long) volume << 56 | (long) sector << 32 | version);
        }

        void run() throws Exception {
            try (var pool = Executors.newFixedThreadPool(THREADS)) {
                var workers = new ArrayList<Callable<Void>>();
                for (int i = 0; i < THREADS; i++) {
                    int thread = i;
                    var own = random.split();
                    workers.add(() -> work(own, thread));
                }
                for (var worker : pool.invokeAll(workers)) {
                    worker.get();
                }
            }
            for (int volume = 0; volume < volumes.size(); volume++) {
                readAndCheck(volume, 0, SECTORS, ByteBuffer.allocate(SECTORS * SECTOR));
            }
            checkAfterReopening();
        }

        private Void work(SplittableRandom own, int thread) throws IOException {
            var buffer = ByteBuffer.allocateDirect(64 * SECTOR);
            for (int i = 0; i < OPERATIONS; i++) {
                int volume = own.nextInt(volumes.size());
                if (own.nextInt(3) == 0) {
                    int count = 1 + own.nextInt(64);
                    readAndCheck(volume, own.nextInt(SECTORS - count), count, buffer);
                } else {
                    int group = own.nextInt(SECTORS / GROUP / THREADS) * THREADS + thread;
                    int sector = group * GROUP + own.nextInt(GROUP);
                    int count = 1 + own.nextInt((group + 1) * GROUP - sector);
                    write(volume, sector, count, buffer, own);
                }
            }
            return null;
        }

        private void write(
                int volume, int sector, int count, ByteBuffer buffer, SplittableRandom own)
                throws IOException {
            buffer.clear();
            for (int i = 0; i < count; i++) {
                buffer.put(
                        content(volume, sector + i, begun.get(volume).incrementAndGet(sector + i)));
            }
            buffer.flip();
            var target = volumes.get(volume);
            if (!target.tryWrite((long) sector * SECTOR, buffer)) {
                target.write(
                        (long) sector * SECTOR,
                        buffer,
                        own.nextBoolean() ? WriteMode.CACHED : WriteMode.DURABLE);
            }
            for (int i = 0; i < count; i++) {
                returned.get(volume).set(sector + i, begun.get(volume).get(sector + i));
            }
        }

        private void readAndCheck(int volume, int sector, int count, ByteBuffer buffer)
                throws IOException {
            long[] oldest = new long[count];
            for (int i = 0; i < count; i++) {
                oldest[i] = returned.get(volume).get(sector + i);
            }
            buffer.clear().limit(count * SECTOR);
            var target = volumes.get(volume);
            if (!target.tryRead((long) sector * SECTOR, buffer)) {
                target.read((long) sector * SECTOR, buffer);
            }
            for (int i = 0; i < count; i++) {
                long youngest = begun.get(volume).get(sector + i);
                check(volume, sector + i, oldest[i], youngest, buffer.slice(i * SECTOR, SECTOR));
            }
        }

        private static void check(
                int volume, int sector, long oldest, long youngest, ByteBuffer found) {
            var words = found.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
            long word = words.get(0);
            for (int i = 1; i < words.limit(); i++) {
                assertEquals(word, words.get(i), "torn sector " + sector + " of volume " + volume);
            }
            long version = word & 0xffff_ffffL;
            int writer = (int) (word >>> 56 & 0x3f);
            assertEquals(sector, (int) (word >>> 32 & 0xff_ffff), "volume " + volume);
            assertTrue(
                    version >= oldest
                            && version <= youngest
                            && writer == (version == 0 ? 0 : volume),
                    () ->
                            "volume "
                                    + volume
                                    + " sector "
                                    + sector
                                    + " holds version "
                                    + version
                                    + " of volume "
                                    + writer
                                    + ", may hold "
                                    + oldest
                                    + " to "
                                    + youngest);
        }

        private void checkAfterReopening() throws IOException {
            var rig = new Rig(disk);
            for (int i = 0; i < stores.size(); i++) {
                if (TABLES[i].startsWith("P")) {
                    var again = rig.snapshot(stores.get(i), TABLES[i]);
                    assertEquals(volumes.get(i + 1).status(), again.status());
                    ((SnapshotTarget) again).audit();
                    volumes.set(i + 1, again);
                    readAndCheck(i + 1, 0, SECTORS, ByteBuffer.allocate(SECTORS * SECTOR));
                }
            }
        }
    }

    /// Lets other threads run before and after a request, at random.
    private static final class YieldingDevice extends WrappedDevice {
        private final ThreadLocal<SplittableRandom> dice =
                ThreadLocal.withInitial(
                        () -> new SplittableRandom(Thread.currentThread().threadId()));

        YieldingDevice(BlockDevice inner) {
            super(inner);
        }

        @Override
        protected void before(DeviceOperation operation) {
            maybeYield();
        }

        @Override
        protected void after(DeviceOperation operation) {
            maybeYield();
        }

        @Override
        protected boolean wouldWait(DeviceOperation operation) {
            return dice.get().nextInt(4) == 0;
        }

        @SuppressWarnings("ThreadPriorityCheck") // to disturb the scheduler is the purpose
        private void maybeYield() {
            if (dice.get().nextInt(3) == 0) {
                Thread.yield();
            }
        }
    }
}
