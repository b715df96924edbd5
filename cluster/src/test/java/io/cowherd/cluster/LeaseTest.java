package io.cowherd.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LeaseTest {
    /// A monotonic clock may be anywhere; here it passes from positive to negative soon.
    private static final long START = Long.parseLong("9223372036854775307");

    private final Lease lease = new Lease(Duration.ofNanos(1000), START);

    @Test
    void beginsWithTheFirstConfirmation() {
        assertFalse(lease.holds(START));
        lease.renew(START);
        assertTrue(lease.holds(START + 999));
        assertFalse(lease.holds(START + 1000));
    }

    /// The call that confirmed started at 100 and took 800: the lease is counted from 100.
    @Test
    void isCountedFromTheStartOfTheCall() {
        lease.renew(START + 100);
        assertTrue(lease.holds(START + 1099));
        assertFalse(lease.holds(START + 1100));
    }

    @Test
    void aLateAnswerToAnEarlierCallDoesNotShortenIt() {
        lease.renew(START + 300);
        lease.renew(START + 100);
        assertTrue(lease.holds(START + 1299));
    }

    @Test
    void endsWithTheSession() {
        lease.renew(START);
        lease.end(START + 10);
        assertFalse(lease.holds(START + 10));
    }

    @Test
    void aFenceThatWasFoundFallenDoesNotRiseWithTheLease() {
        var clock = new AtomicLong(START);
        lease.renew(START);
        var asked = new OwnerFence(lease, clock::get);
        var notAsked = new OwnerFence(lease, clock::get);
        assertTrue(asked.stands());
        clock.set(START + 1000);
        assertFalse(asked.stands());
        lease.renew(START + 900);
        assertFalse(asked.stands(), "somebody was told that it has fallen");
        assertTrue(notAsked.stands());
        notAsked.fall();
        assertFalse(notAsked.stands());
    }

    @Test
    void timesThatWouldLetALeaseOutliveItsSessionAreRefused() {
        ClusterTimes good = ClusterTimes.DEFAULTS;
        var thrown =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> withLease(good, Duration.ofSeconds(7)));
        assertTrue(String.valueOf(thrown.getMessage()).contains("session's time to live PT10S"));
        assertEquals(good, withLease(good, good.lease()));
    }

    private static ClusterTimes withLease(ClusterTimes times, Duration lease) {
        return new ClusterTimes(
                times.sessionTtl(),
                lease,
                times.settle(),
                times.lockRetry(),
                times.lockPatience(),
                times.drainLimit(),
                times.epochCheck(),
                times.announceEvery(),
                times.silentAfter(),
                times.rankDelay(),
                times.retryAfter(),
                times.offerFor(),
                times.balanceAfter());
    }
}
