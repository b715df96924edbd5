package io.cowherd.drill.initiator;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/// What a host measures time with, and how it waits.
///
/// **Threading.** *Thread-safe*: any thread may ask.
public interface HostClock {
    /// The system's.
    HostClock SYSTEM =
            new HostClock() {
                @Override
                public long nanos() {
                    return System.nanoTime();
                }

                @Override
                public void pause(Duration duration) {
                    LockSupport.parkNanos(duration.toNanos());
                }
            };

    /// Nanoseconds since some moment, never going back.
    long nanos();

    /// Waits about so long; less if the thread is interrupted.
    void pause(Duration duration);
}
