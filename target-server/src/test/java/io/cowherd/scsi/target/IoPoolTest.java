package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class IoPoolTest {
    @Test
    void aHungLaneLeavesThreadsToTheOthers() throws Exception {
        try (TestTarget target = new TestTarget(4, 100)) {
            IoPool.Lane hung = target.pool.lane();
            CountDownLatch release = new CountDownLatch(1);
            for (int i = 0; i < 10; i++) {
                assertTrue(hung.tryExecute(() -> await(release), IoPool.Kind.READ));
            }
            CountDownLatch done = new CountDownLatch(5);
            IoPool.Lane healthy = target.pool.lane();
            for (int i = 0; i < 5; i++) {
                assertTrue(healthy.tryExecute(done::countDown, IoPool.Kind.OTHER));
            }
            done.await();
            release.countDown();
        }
    }

    /// Goal: several hung lanes leave a thread, and go on when they are released. Method: more and more lanes that hang with more
    /// than they can have, and one that works, with more than one job. Two take 8 and 4 of 16 threads, the others one each.
    @Test
    void manyHungLanesLeaveAThreadToTheOthers() throws Exception {
        int threads = 16;
        int lanes = 5;
        int jobs = 20;
        try (TestTarget target = new TestTarget(threads, 1000)) {
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch released = new CountDownLatch(lanes * jobs);
            for (int lane = 0; lane < lanes; lane++) {
                IoPool.Lane hung = target.pool.lane();
                for (int i = 0; i < jobs; i++) {
                    hung.tryExecute(
                            () -> {
                                await(release);
                                released.countDown();
                            },
                            IoPool.Kind.OTHER);
                }
                IoPool.Lane healthy = target.pool.lane();
                CountDownLatch done = new CountDownLatch(5);
                for (int i = 0; i < 5; i++) {
                    assertTrue(healthy.tryExecute(done::countDown, IoPool.Kind.OTHER));
                }
                done.await();
            }
            release.countDown();
            released.await();
        }
    }

    @Test
    void whatWouldHaveToWaitIsBounded() throws Exception {
        try (TestTarget target = new TestTarget(2, 3)) {
            CountDownLatch release = new CountDownLatch(1);
            CountDownLatch done = new CountDownLatch(5);
            IoPool.Lane hung = target.pool.lane();
            for (int i = 0; i < 4; i++) {
                assertTrue(
                        hung.tryExecute(
                                () -> {
                                    await(release);
                                    done.countDown();
                                },
                                IoPool.Kind.OTHER));
            }
            assertFalse(hung.tryExecute(() -> {}, IoPool.Kind.READ));
            assertTrue(
                    target.pool.lane().tryExecute(done::countDown, IoPool.Kind.OTHER),
                    "has a thread");
            release.countDown();
            done.await();
        }
    }

    @Test
    void aLaneKeepsItsOrder() throws Exception {
        try (TestTarget target = new TestTarget(1, 100)) {
            IoPool.Lane lane = target.pool.lane();
            List<Integer> order = new ArrayList<>();
            CountDownLatch done = new CountDownLatch(50);
            for (int i = 0; i < 50; i++) {
                int number = i;
                lane.tryExecute(
                        () -> {
                            order.add(number);
                            done.countDown();
                        },
                        IoPool.Kind.OTHER);
            }
            done.await();
            for (int i = 0; i < 50; i++) {
                assertEquals(i, order.get(i));
            }
        }
    }

    @Test
    void closingLetsWhatWasTakenInEnd() throws Exception {
        TestTarget target = new TestTarget(2, 100);
        IoPool.Lane lane = target.pool.lane();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(10);
        boolean[] interrupted = new boolean[1];
        for (int i = 0; i < 10; i++) {
            lane.tryExecute(
                    () -> {
                        await(release);
                        interrupted[0] |= Thread.currentThread().isInterrupted();
                        done.countDown();
                    },
                    IoPool.Kind.OTHER);
        }
        assertFalse(target.pool.close(1));
        assertFalse(lane.tryExecute(() -> {}, IoPool.Kind.READ));
        release.countDown();
        done.await();
        assertTrue(target.pool.close(30_000));
        assertFalse(interrupted[0]);
    }

    /// Goal: who reads a device steps back behind event loops, and nobody else does. Method: what Linux says of the thread.
    @Test
    void readsAreNice() throws Exception {
        try (TestTarget target = new TestTarget(2, 10)) {
            IoPool.Lane lane = target.pool.lane();
            for (IoPool.Kind kind : IoPool.Kind.values()) {
                CompletableFuture<Integer> nice = new CompletableFuture<>();
                assertTrue(lane.tryExecute(() -> nice.complete(niceness()), kind));
                int expected = kind == IoPool.Kind.READ ? IoPool.NICE_OF_READS : niceness();
                assertEquals(expected, nice.get(), kind.name());
            }
        }
    }

    /// Field 19 of proc_pid_stat(5), behind a name in parentheses.
    private static int niceness() {
        try {
            String stat = Files.readString(Path.of("/proc/thread-self/stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
