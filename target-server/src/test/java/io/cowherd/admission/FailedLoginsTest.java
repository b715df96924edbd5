package io.cowherd.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Delays that grow, end, and are forgiven; memory that does not grow.
class FailedLoginsTest {
    private static final InetAddress HOST = InetAddress.ofLiteral("192.0.2.7");

    private long nanos;
    private final FailedLogins failed = new FailedLogins(() -> nanos, () -> Instant.EPOCH);

    @Test
    void delaysGrowToASecond() {
        var delays = new ArrayList<Integer>();
        for (int i = 0; i < 10; i++) {
            delays.add(failed.failed(HOST, "why"));
        }
        assertEquals(List.of(0, 0, 0, 125, 250, 500, 1000, 1000, 1000, 1000), delays);
        assertEquals(1000, failed.delayMillis(HOST));
        assertEquals(0, failed.delayMillis(InetAddress.ofLiteral("192.0.2.8")));
    }

    @Test
    void failuresAreForgiven() {
        for (int i = 0; i < 1000; i++) {
            failed.failed(HOST, "why");
        }
        nanos += Duration.ofSeconds(10).toNanos();
        assertEquals(1000, failed.delayMillis(HOST));
        nanos += Duration.ofSeconds(40).toNanos();
        assertEquals(0, failed.delayMillis(HOST), "after less than a minute, however often");
        assertEquals(1000, failed.addresses().getFirst().count());
        nanos += Duration.ofSeconds(40).toNanos();
        assertEquals(0, failed.failed(HOST, "why"), "the first again");
    }

    @Test
    void halfAnIpv6AddressIsOne() {
        for (int i = 0; i < 5; i++) {
            failed.failed(InetAddress.ofLiteral("2001:db8::" + i), "why");
        }
        assertEquals(1, failed.addresses().size());
        assertTrue(failed.delayMillis(InetAddress.ofLiteral("2001:db8::ffff")) > 0);
        assertEquals(0, failed.delayMillis(InetAddress.ofLiteral("2001:db8:0:1::")));
    }

    @Test
    void memoryIsBounded() {
        for (int i = 0; i < 3 * FailedLogins.MAX_ADDRESSES; i++) {
            failed.failed(
                    InetAddress.ofLiteral("10.0." + i / 256 + "." + i % 256), "x".repeat(10_000));
            failed.failed(HOST, "why");
        }
        assertEquals(FailedLogins.MAX_ADDRESSES, failed.addresses().size());
        assertEquals(6L * FailedLogins.MAX_ADDRESSES, failed.total());
        assertTrue(
                failed.addresses().stream().allMatch(address -> address.reason().length() < 300));
        assertEquals(
                3L * FailedLogins.MAX_ADDRESSES,
                failed.addresses().stream()
                        .filter(address -> address.address().equals("192.0.2.7"))
                        .findFirst()
                        .orElseThrow()
                        .count(),
                "who goes on failing is not forgotten");
    }
}
