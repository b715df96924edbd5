package io.cowherd.iscsi.discovery;

import io.cowherd.admission.BoundedMemory;
import io.cowherd.config.HostPort;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Keeps redirects from going round: never to ourselves, never to an address of another family (Windows ends the login over
/// one), and not for ever, as between two servers that each send to the other.
///
/// **Threading.** *Thread-safe: one lock, which is never held while anybody else is called.*
public final class RedirectGuard {
    /// Redirects of one initiator port for one target within [#WINDOW_NANOS] that are honest: a host and its retries.
    static final int MAX_IN_WINDOW = 8;

    /// Hosts come back at once when they go round.
    static final long WINDOW_NANOS = 10_000_000_000L;

    /// Initiator ports that are remembered; the ones that came longest ago are forgotten.
    static final int MAX_REMEMBERED = 1024;

    /// How often one came, and since when.
    private record Rounds(long sinceNanos, int count) {}

    // Immutable
    private final Supplier<List<Portal>> own;
    private final LongSupplier nanoTime;

    // Guarded by this
    private final Map<String, Rounds> remembered = new BoundedMemory<>(MAX_REMEMBERED);

    /// @param own our portals, bound
    public RedirectGuard(Supplier<List<Portal>> own, LongSupplier nanoTime) {
        this.own = own;
        this.nanoTime = nanoTime;
    }

    /// The portal to send a host to; null if none of them will do.
    ///
    /// @param local address that the host has connected to
    public @Nullable HostPort choose(List<HostPort> portals, InetSocketAddress local) {
        for (HostPort portal : portals) {
            if (isOfFamily(portal, local.getAddress()) && !isOurs(portal, local)) {
                return portal;
            }
        }
        return null;
    }

    /// A name fits any family: what it stands for is the host's to find out.
    private static boolean isOfFamily(HostPort portal, InetAddress local) {
        InetAddress literal = literal(portal.host());
        return literal == null
                || (literal instanceof Inet6Address) == (local instanceof Inet6Address);
    }

    private boolean isOurs(HostPort portal, InetSocketAddress local) {
        InetAddress address = literal(portal.host());
        boolean isHere =
                portal.port() == local.getPort()
                        && address != null
                        && address.equals(local.getAddress());
        return isHere
                || own.get().stream()
                        .anyMatch(p -> p.listen().equals(portal) || p.advertise().equals(portal));
    }

    private static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException _) {
            return null; // a name
        }
    }

    /// Counts a redirect; false if this initiator port has been sent away from the target too often.
    public boolean mayGo(String initiatorPort, String target) {
        long now = nanoTime.getAsLong();
        synchronized (this) {
            Rounds rounds =
                    remembered.merge(
                            initiatorPort + " " + target,
                            new Rounds(now, 1),
                            (before, first) ->
                                    now - before.sinceNanos() > WINDOW_NANOS
                                            ? first
                                            : new Rounds(before.sinceNanos(), before.count() + 1));
            return rounds.count() <= MAX_IN_WINDOW;
        }
    }
}
