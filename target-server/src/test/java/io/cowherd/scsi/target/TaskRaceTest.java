package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Goal: whatever hosts do to each other's tasks, each task that was executed completes once, each function is answered
/// once, an aborted task is never reported GOOD, and in the end nothing is left. Method: hosts on threads of their own send,
/// abort, clear and reset at random; the device makes some requests wait for the pool. Seeded.
final class TaskRaceTest {
    private static final int HOSTS = 3;
    private static final int STEPS = 3000;
    private static final int MOST_OUTSTANDING = 32;

    private static final String[] COMMANDS = {
        "28 00 00 00 00 07 00 00 08 00",
        "28 08 00 00 00 07 00 00 08 00",
        "2F 00 00 00 00 00 00 08 00 00",
        "35 00 00 00 00 00 00 00 00 00",
        "00 00 00 00 00 00",
        "12 00 00 00 60 00",
    };

    private final AtomicInteger finished = new AtomicInteger();

    /// A device of which every other request has to wait for a thread.
    private static final class HesitantDevice extends WrappedDevice {
        private final AtomicInteger requests = new AtomicInteger();

        HesitantDevice() {
            super(MemoryDevice.numbered(2 << 20, 1000));
        }

        @Override
        protected boolean wouldWait(DeviceOperation operation) {
            return requests.incrementAndGet() % 2 == 0;
        }
    }

    @Test
    @Timeout(60)
    void everyTaskEndsOnce() throws Exception {
        long seed = Long.getLong("cowherd.seed", 23);
        ExecutorService threads = Executors.newFixedThreadPool(HOSTS);
        try (TestTarget target = new TestTarget(3, 40)) {
            target.device.addLun(
                    0,
                    TestTarget.unit(
                            new HesitantDevice(), TestTarget.UUID_0, TestTarget.READ_WRITE));
            List<Future<?>> hosts = new ArrayList<>();
            for (int i = 0; i < HOSTS; i++) {
                String name = "iqn.host" + i;
                Random random = new Random(seed + i);
                hosts.add(threads.submit(() -> live(new TestHost(target.device, name), random)));
            }
            for (Future<?> host : hosts) {
                host.get();
            }
            assertEquals(List.of(), target.device.nexuses(), "seed " + seed);
        } finally {
            threads.shutdown();
        }
    }

    private void live(TestHost host, Random random) {
        List<TestHost.Sent> sent = new ArrayList<>();
        int[] asked = new int[1];
        int[] answered = new int[1];
        for (int step = 0; step < STEPS; step++) {
            int dice = random.nextInt(100);
            if (dice < 70) {
                sent.add(send(host, random));
            } else if (dice < 85 && !sent.isEmpty()) {
                sent.get(sent.size() - 1 - random.nextInt(Math.min(8, sent.size()))).task.abort();
            } else if (dice < 88) {
                asked[0]++;
                host.manage(function(random), 0, _ -> answered[0]++);
            } else {
                host.turn();
            }
            if (sent.stream().filter(s -> !s.isDone()).count() > MOST_OUTSTANDING) {
                host.turnUntil(() -> sent.stream().allMatch(TestHost.Sent::isDone));
            }
            sent.removeIf(TaskRaceTest::isOver);
        }
        host.turnUntil(() -> sent.stream().allMatch(TestHost.Sent::isDone));
        sent.forEach(TaskRaceTest::isOver);
        while (answered[0] < asked[0]) { // by the others, too: so all keep turning
            host.turn();
            Thread.onSpinWait();
        }
        assertEquals(asked[0], answered[0]);
        finished.incrementAndGet();
        while (finished.get() < HOSTS) {
            host.turn();
            Thread.onSpinWait();
        }
        host.close();
    }

    private static TestHost.Sent send(TestHost host, Random random) {
        TaskAttribute attribute =
                switch (random.nextInt(10)) {
                    case 0 -> TaskAttribute.ORDERED;
                    case 1 -> TaskAttribute.HEAD_OF_QUEUE;
                    default -> TaskAttribute.SIMPLE;
                };
        return host.begin(COMMANDS[random.nextInt(COMMANDS.length)], new byte[0], attribute);
    }

    private static TaskManagement function(Random random) {
        return switch (random.nextInt(3)) {
            case 0 -> TaskManagement.ABORT_TASK_SET;
            case 1 -> TaskManagement.CLEAR_TASK_SET;
            default -> TaskManagement.LOGICAL_UNIT_RESET;
        };
    }

    private static boolean isOver(TestHost.Sent sent) {
        assertTrue(sent.completions <= 1, () -> sent.completions + " completions");
        if (sent.isDone() && sent.task.aborted()) {
            assertEquals(0x40, sent.task.status());
            assertEquals(0, sent.task.dataInLength());
        }
        return sent.isDone();
    }
}
