package io.cowherd.admission;

import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/// Who wanted to log in and may not: counted by address, and slowed down.
///
/// **The delay** is that of an address's answers to proofs (CHAP responses), right and wrong ones alike, and of its refusals. It begins with the
/// [#FREE]th failure, doubles with each up to [#MAX_DELAY_MILLIS], and a failure is forgiven after each [#FORGIVEN_AFTER_NANOS] without another.
/// If only wrong proofs waited, a guesser would hang up on all that do not answer at once. As places before the login are
/// few, an address gets through no more than `maxUnauthenticatedPerAddress` guesses in a delay; and because a right proof makes the place safe
/// before it waits, an honest host behind the same address loses the delay, a second at most, and never its turn.
///
/// What counts as one address is as in [Admission]. [#MAX_ADDRESSES] are remembered; those that were looked at longest ago are forgotten.
///
/// **Threading.** *Thread-safe: one lock.*
public final class FailedLogins {
    /// Addresses that are remembered.
    public static final int MAX_ADDRESSES = 1024;

    /// Longest delay. Hosts give up on a login after 3 s (Kubernetes' attacher) to 30 s.
    public static final int MAX_DELAY_MILLIS = 1000;

    /// Failures that cost nothing: a wrong secret typed, a target misspelled.
    static final int FREE = 4;

    static final int FIRST_DELAY_MILLIS = 125;
    static final long FORGIVEN_AFTER_NANOS = 10_000_000_000L;

    private static final int MAX_WEIGHT = 8;
    private static final int MAX_REASON_CHARS = 256;

    /// An address that has failed.
    ///
    /// @param address the last address that counts here
    /// @param count how often, since it is remembered
    /// @param last when it last did
    /// @param reason why, then
    /// @param delayMillis what its logins wait at present
    public record Address(
            String address, long count, Instant last, String reason, int delayMillis) {}

    /// What is remembered. The weight is that of the failures that are not forgiven yet, at the time.
    private record Known(
            String address, long count, Instant last, String reason, int weight, long atNanos) {}

    // Immutable
    private final LongSupplier nanoTime;
    private final InstantSource clock;

    // Guarded by this
    private final Map<Long, Known> byNetwork = new BoundedMemory<>(MAX_ADDRESSES);
    private long total;

    /// Nobody has failed.
    ///
    /// @param clock for what people read
    public FailedLogins(LongSupplier nanoTime, InstantSource clock) {
        this.nanoTime = nanoTime;
        this.clock = clock;
    }

    /// Counts a failure.
    ///
    /// @param reason a sentence without secrets
    /// @return how long its answer is to wait, in milliseconds, 0 to [#MAX_DELAY_MILLIS]
    public synchronized int failed(InetAddress address, String reason) {
        total++;
        long network = Admission.network(address);
        Known before = byNetwork.get(network);
        int weight = before == null ? 0 : weight(before);
        long count = before == null ? 0 : before.count();
        String why =
                reason.length() <= MAX_REASON_CHARS
                        ? reason
                        : reason.substring(0, MAX_REASON_CHARS) + "…";
        byNetwork.put(
                network,
                new Known(
                        address.getHostAddress(),
                        count + 1,
                        clock.instant(),
                        why,
                        Math.min(MAX_WEIGHT, weight + 1),
                        nanoTime.getAsLong()));
        return delay(weight + 1);
    }

    /// How long the answer to a proof from there is to wait, in milliseconds, 0 to [#MAX_DELAY_MILLIS].
    public synchronized int delayMillis(InetAddress address) {
        Known entry = byNetwork.get(Admission.network(address));
        return entry == null ? 0 : delay(weight(entry));
    }

    private int weight(Known entry) {
        long forgiven = (nanoTime.getAsLong() - entry.atNanos()) / FORGIVEN_AFTER_NANOS;
        return (int) Math.max(0, entry.weight() - forgiven);
    }

    private static int delay(int weight) {
        return weight < FREE
                ? 0
                : Math.min(MAX_DELAY_MILLIS, FIRST_DELAY_MILLIS << Math.min(weight - FREE, 16));
    }

    /// Failures of all addresses, since the server started.
    public synchronized long total() {
        return total;
    }

    /// The addresses that are remembered, the latest first.
    public synchronized List<Address> addresses() {
        var all = new ArrayList<Address>();
        for (Known entry : byNetwork.values()) {
            all.add(
                    new Address(
                            entry.address(),
                            entry.count(),
                            entry.last(),
                            entry.reason(),
                            delay(weight(entry))));
        }
        all.sort(java.util.Comparator.comparing(Address::last).reversed());
        return all;
    }
}
