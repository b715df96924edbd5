package io.cowherd.admission;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Gives connections their places. When there is no room, the **oldest exposed** one goes, not the newest: peers that open
/// connections and say nothing push each other out, and an honest one, which needs its place for milliseconds, gets through.
///
/// Three bounds ([Bounds]): on all, on those that are exposed, and on those that are exposed and of one address. Secure ones are
/// not counted by address: many hosts share one behind a router. Of IPv6 the first 64 bits count, because whoever
/// has one address has the other 2^64 as well. Where no address is at its own bound, the one with the most loses its oldest.
///
/// **Threading.** *Thread-safe: one lock, which is never held while anybody else is called.*
public final class Admission {
    /// Evicted connections that are not closed yet, at most: a loop that takes in a burst closes those of other loops late.
    static final int MAX_CLOSING = 1024;

    /// Room.
    ///
    /// @param connections all that have a place, 1 or more
    /// @param exposed of these, those that may be evicted, 1 or more
    /// @param exposedPerAddress of these, those of one address, 1 or more
    public record Bounds(int connections, int exposed, int exposedPerAddress) {
        /// Validates the bounds.
        public Bounds {
            if (connections < 1 || exposed < 1 || exposedPerAddress < 1) {
                throw new IllegalArgumentException(
                        "Room for nobody: "
                                + connections
                                + ", "
                                + exposed
                                + ", "
                                + exposedPerAddress);
            }
        }
    }

    private enum State {
        /// May be evicted; from SECURE or new.
        EXPOSED,
        /// Stays.
        SECURE,
        /// Was told to go, and will leave.
        EVICTED,
        /// Is gone.
        LEFT
    }

    // Immutable
    private final Bounds bounds;

    // Guarded by this
    private final Map<Long, LinkedHashSet<Place>> exposedByAddress = new LinkedHashMap<>();
    private int exposed;
    private int secure;
    private int closing;

    /// Empty.
    public Admission(Bounds bounds) {
        this.bounds = bounds;
    }

    /// A place for a new connection, exposed; may evict another.
    ///
    /// @param peer address and port of the peer
    /// @param evict closes the connection, soon; called at most once, by any thread
    /// @return null if there is no room and nobody to evict
    public @Nullable Place enter(SocketAddress peer, Runnable evict) {
        Place evicted;
        Place entered;
        synchronized (this) {
            entered = new Place(network(peer), evict);
            evicted = whoGoesFor(entered.network);
            boolean isFull = evicted == null && exposed + secure >= bounds.connections();
            if (isFull || closing >= MAX_CLOSING) {
                return null;
            }
            if (evicted != null) {
                become(evicted, State.EVICTED);
            }
            add(entered);
        }
        if (evicted != null) {
            evicted.evict.run();
        }
        return entered;
    }

    /// All connections at this moment, with those that were evicted and are not closed yet.
    public synchronized int connections() {
        return exposed + secure + closing;
    }

    private @Nullable Place whoGoesFor(long network) {
        LinkedHashSet<Place> neighbours = exposedByAddress.get(network);
        if (neighbours != null && neighbours.size() >= bounds.exposedPerAddress()) {
            return neighbours.getFirst();
        }
        if (exposed < bounds.exposed() && exposed + secure < bounds.connections()) {
            return null;
        }
        LinkedHashSet<Place> most = null;
        for (LinkedHashSet<Place> places : exposedByAddress.values()) {
            if (most == null || places.size() > most.size()) {
                most = places;
            }
        }
        return most == null ? null : most.getFirst();
    }

    private void add(Place place) {
        exposedByAddress.computeIfAbsent(place.network, _ -> new LinkedHashSet<>()).add(place);
        exposed++;
    }

    private void become(Place place, State next) {
        switch (place.state) {
            case EXPOSED -> {
                exposed--;
                exposedByAddress.computeIfPresent(
                        place.network,
                        (_, places) -> places.remove(place) && places.isEmpty() ? null : places);
            }
            case SECURE -> secure--;
            case EVICTED -> closing--;
            case LEFT -> throw new AssertionError("A connection has left twice.");
        }
        place.state = next;
        switch (next) {
            case EXPOSED -> add(place);
            case SECURE -> secure++;
            case EVICTED -> closing++;
            case LEFT -> {}
        }
    }

    private static long network(SocketAddress peer) {
        InetAddress address = peer instanceof InetSocketAddress inet ? inet.getAddress() : null;
        return address == null ? 0 : network(address); // a name not resolved, a local socket
    }

    /// What counts as one address: an IPv4 address, or the first half of an IPv6 address. The two do not meet.
    static long network(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address
                ? bytes.getLong()
                : Integer.toUnsignedLong(bytes.getInt());
    }

    /// One connection's place.
    public final class Place {
        private final long network;
        private final Runnable evict;
        private State state = State.EXPOSED;

        private Place(long network, Runnable evict) {
            this.network = network;
            this.evict = evict;
        }

        /// From now on it stays, whoever comes; no effect if it was evicted.
        public void secure() {
            synchronized (Admission.this) {
                if (state == State.EXPOSED) {
                    become(this, State.SECURE);
                }
            }
        }

        /// From now on it may be evicted, as the newest of those; no effect if it was.
        public void expose() {
            synchronized (Admission.this) {
                if (state == State.SECURE) {
                    become(this, State.EXPOSED);
                }
            }
        }

        /// The connection is closed; once.
        public void leave() {
            synchronized (Admission.this) {
                become(this, State.LEFT);
            }
        }
    }
}
