package io.cowherd.cluster.member;

import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.Lease;
import io.cowherd.cluster.Service;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// Halts the process if the node's own thread has not let go of its families some time after the lease has run out: it may be
/// stuck, and so may the I/O that it should have waited for. The threads that write need nobody for this; they see the
/// lease themselves.
///
/// **Threading.** *Thread-safe*: one volatile flag, and a daemon thread of its own that waits for nobody.
final class Watchdog implements AutoCloseable {
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    private final Lease lease;
    private final Service service;
    private final long grace;
    private final Thread thread;

    /// Whether anything might have been under way when the node's thread was last alive.
    private volatile boolean mayWrite;

    private volatile boolean closed;

    Watchdog(Lease lease, ClusterTimes times, Service service) {
        this.lease = lease;
        this.service = service;
        // The rules come first, with settle; what is left of the session's time to live is for
        // this.
        long gone = times.lease().plus(times.settle()).toNanos();
        this.grace = times.settle().toNanos() + (times.sessionTtl().toNanos() - gone) / 2;
        this.thread = Thread.ofPlatform().name("cluster-watchdog").daemon().unstarted(this::watch);
    }

    void start() {
        thread.start();
    }

    /// The node's thread is alive, and this is what it says.
    void alive(boolean writes) {
        mayWrite = writes;
    }

    private void watch() {
        boolean running = true;
        long since = System.nanoTime();
        while (!closed) {
            long now = System.nanoTime();
            if (!mayWrite || lease.holds(now)) {
                running = true;
            } else if (running) {
                running = false;
                since = now;
            } else if (now - since > grace) {
                service.halt("the lease ran out, and families are still held");
                return;
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
