package io.cowherd.drill;

import io.cowherd.drill.initiator.HostClock;
import io.cowherd.drill.initiator.Paths;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;

/// The workers of a drill, each on a virtual thread of its own.
///
/// **Threading.** *Confined to the thread that runs the drill.*
final class Load {
    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final StallMeter meter;
    private final Troubles troubles;
    private final HostClock clock;
    private volatile boolean isStopping;

    /// Starts them.
    ///
    /// @param paths of the worker with that index
    Load(DrillSettings settings, IntFunction<Paths> paths, Troubles troubles, HostClock clock) {
        this.troubles = troubles;
        this.clock = clock;
        meter = new StallMeter(settings.workers(), clock.nanos());
        var random = new SplittableRandom(settings.seed());
        var pattern = new BlockPattern(settings.seed());
        for (int i = 0; i < settings.workers(); i++) {
            var ledger = new Ledger(pattern, settings.blocksOf(i));
            workers.add(
                    new Worker(i, ledger, paths.apply(i), meter, troubles, clock, random.split()));
        }
        for (int i = 0; i < workers.size(); i++) {
            int index = i;
            threads.add(Thread.ofVirtual().name("drill-" + i).start(() -> run(index)));
        }
    }

    private void run(int index) {
        Worker worker = workers.get(index);
        try (Paths _ = worker.paths()) {
            while (!isStopping && worker.step()) {}
        } catch (RuntimeException | AssertionError e) {
            troubles.failed("the drill itself failed: " + e); // else it would seem that all is well
        } finally {
            meter.ended(index);
        }
    }

    void open() {
        meter.open();
    }

    StallMeter.Stalls close() {
        return meter.close(clock.nanos());
    }

    /// See [StallMeter#awaitEveryone].
    boolean awaitEveryone(Duration limit) throws InterruptedException {
        return meter.awaitEveryone(limit);
    }

    /// Lets each worker finish its command, and waits for that.
    void stop() throws InterruptedException {
        isStopping = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /// Reads everything back, once the load has been stopped.
    ///
    /// @return how many blocks were read
    int verify(Paths fresh) {
        return workers.stream().mapToInt(worker -> worker.verify(fresh)).sum();
    }

    long acknowledgedWrites() {
        return workers.stream().mapToLong(Worker::acknowledgedWrites).sum();
    }
}
