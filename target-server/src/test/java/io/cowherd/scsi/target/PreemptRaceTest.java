package io.cowherd.scsi.target;

import static io.cowherd.scsi.reservation.ParameterLists.list;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// **Goal.** Once PREEMPT, or PREEMPT AND ABORT, is GOOD, no write of the preempted host changes a byte (I10).
///
/// **Method.** A victim on a thread of its own writes as much as it can, on the event loop and in the pool; writes dawdle by a
/// seeded dice. The owner preempts it at a random moment, writes its own pattern, and looks for a while.
final class PreemptRaceTest {
    private static final int BLOCKS = 8;
    private static final int BYTES = BLOCKS * 512;
    private static final int OUTSTANDING = 8;
    private static final String WRITE = "2A 00 00 00 00 00 00 00 08 00";
    private static final String READ = "28 00 00 00 00 00 00 00 08 00";

    /// Every other write needs a thread, and takes its time there.
    private static final class Dawdling extends WrappedDevice {
        private final AtomicInteger requests = new AtomicInteger();

        Dawdling(MemoryDevice memory) {
            super(memory);
        }

        @Override
        protected boolean wouldWait(DeviceOperation operation) {
            return requests.incrementAndGet() % 2 == 0;
        }

        @Override
        protected void before(DeviceOperation operation) {
            for (int i = requests.get() * 7919 % 5000; i > 0; i--) {
                Thread.onSpinWait();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    @Timeout(60)
    void nothingComesAfterIt(int action) throws Exception {
        long seed = Long.getLong("cowherd.seed", 41);
        int rounds = Integer.getInteger("cowherd.race.rounds", 60);
        for (int round = 0; round < rounds; round++) {
            race(action, new Random(seed + round), "seed " + seed + ", round " + round);
        }
    }

    private static void race(int action, Random random, String run) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (TestTarget target = TestTarget.of(new Dawdling(MemoryDevice.numbered(1 << 20, 9)))) {
            TestHost owner = TestHost.ready(target.device, "iqn.owner");
            out(owner, 0, 0, 0, 0xA).good();
            var registered = new AtomicBoolean();
            var over = new AtomicBoolean();
            Future<Integer> victim = thread.submit(() -> victim(target.device, registered, over));
            while (!registered.get()) {
                owner.turn();
            }
            for (int i = random.nextInt(20_000); i > 0; i--) {
                Thread.onSpinWait();
            }
            out(owner, action, 1, 0xA, 0xB).good();
            byte[] mine = pattern(0xA5);
            owner.send(WRITE, mine).good();
            for (int look = 0; look < 50; look++) {
                assertEquals(ByteBuffer.wrap(mine), owner.send(READ).good().data(), run);
            }
            over.set(true);
            while (!victim.isDone()) {
                owner.turn();
            }
            assertTrue(victim.get() > 0, run);
            owner.close();
        } finally {
            thread.shutdown();
        }
    }

    /// Writes until it is told to stop.
    ///
    /// @return how many writes were answered
    private static int victim(
            ScsiTargetDevice target, AtomicBoolean registered, AtomicBoolean over) {
        TestHost host = TestHost.ready(target, "iqn.victim");
        out(host, 0, 0, 0, 0xB).good();
        out(host, 1, 1, 0xB, 0).good();
        registered.set(true);
        int answered = 0;
        for (int n = 1; !over.get(); n++) {
            var sent = new TestHost.Sent[OUTSTANDING];
            for (int i = 0; i < OUTSTANDING; i++) {
                sent[i] = host.begin(WRITE, pattern(n), TaskAttribute.SIMPLE);
            }
            host.turnUntil(() -> Arrays.stream(sent).allMatch(TestHost.Sent::isDone));
            host.turn(); // what others have posted, as an event loop does
            answered += OUTSTANDING;
        }
        host.close();
        return answered;
    }

    private static TestHost.Answer out(
            TestHost host, int action, int type, long key, long actionKey) {
        String cdb = "5F %02X %02X 00 00 00 00 00 18 00".formatted(action, type);
        return host.begin(cdb, list(key, actionKey, 0), TaskAttribute.HEAD_OF_QUEUE).await();
    }

    private static byte[] pattern(int fill) {
        byte[] bytes = new byte[BYTES];
        Arrays.fill(bytes, (byte) (fill | 1));
        return bytes;
    }
}
