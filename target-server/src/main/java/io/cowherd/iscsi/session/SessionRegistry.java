package io.cowherd.iscsi.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// All sessions. Lets at most one session of an initiator port into a target portal group: a login of a port that already
/// has one **reinstates** it (RFC 7143 6.3.5), that is, the old session is closed and all its tasks have ended before the
/// new one begins. So an old write can never land after a new one. The same holds for a session by another portal group that
/// has lost its connection, but not for one that is in use.
///
/// A login closes another session only when it asks to come in. While it waits it closes nobody, and one that comes after
/// it takes its turn: a login that was forgotten long ago cannot end the session of today.
///
/// **Threading.** *Thread-safe: a concurrent map, and one lock that is never held while anybody else is called.*
public final class SessionRegistry {
    private static final int MAX_TSIH = 0xFFFF;

    /// Who may be here once. Discovery sessions may be here any number of times: hosts use one ISID for all of them.
    private record Port(String initiatorName, long isid, String target, int groupTag) {}

    /// A login that asks to come in.
    private record Login(Session session, Consumer<LoginStatus> result) {}

    /// What a port has here: its session, and the newest login that waits for the end of that.
    private record Place(Session session, @Nullable Login next) {}

    private final int maxSessions;
    private final int maxPerInitiator;

    // Guarded by itself
    private final Map<Port, Place> places = new HashMap<>();

    // Any thread
    private final ConcurrentHashMap<Integer, Session> byTsih = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Integer> countByInitiator = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger lastTsih = new AtomicInteger();
    private volatile boolean isClosed;

    /// An empty registry.
    ///
    /// @param maxSessions most sessions at once; at most 65535
    /// @param maxPerInitiator most sessions at once of one initiator name, whatever their ISIDs
    public SessionRegistry(int maxSessions, int maxPerInitiator) {
        this.maxPerInitiator = maxPerInitiator;
        this.maxSessions = Math.min(maxSessions, MAX_TSIH);
    }

    /// Lets a session in, after the one that it reinstates has ended, and gives it its TSIH.
    ///
    /// @param result is told SUCCESS, or why not, once; maybe before this returns, maybe on another thread. SERVICE
    ///     UNAVAILABLE if a newer login of the same port has taken its turn. Whose connection has gone by then has to
    ///     [#remove] what was admitted.
    void admit(Session session, Consumer<LoginStatus> result) {
        Login login = new Login(session, result);
        Port port = port(session);
        Place before = port == null ? null : stand(port, login);
        if (before == null) {
            enter(login);
            return;
        }
        if (before.next() != null) {
            before.next().result().accept(LoginStatus.SERVICE_UNAVAILABLE);
        }
        before.session().close("reinstated by a new login of the same initiator port");
    }

    /// Takes the port, or the one place behind its session.
    ///
    /// @return what was there before; null if the port was free
    private @Nullable Place stand(Port port, Login login) {
        synchronized (places) {
            Place before = places.get(port);
            places.put(
                    port,
                    before == null
                            ? new Place(login.session(), null)
                            : new Place(before.session(), login));
            return before;
        }
    }

    /// Lets in the login that has the port, after what its initiator port has left running elsewhere has ended: a host that
    /// has lost one portal comes back by another.
    private void enter(Login login) {
        CompletableFuture<?>[] past = endingElsewhere(login.session());
        Runnable comeIn = () -> login.result().accept(register(login.session()));
        if (past.length == 0) {
            comeIn.run();
        } else {
            CompletableFuture<Void> _ = CompletableFuture.allOf(past).thenRun(comeIn);
        }
    }

    /// Ends of the sessions that this initiator port had with this target by other portal groups, and whose commands
    /// still run. Those that are in use are none of our business: a host may have one by each.
    private CompletableFuture<?>[] endingElsewhere(Session session) {
        Port port = port(session);
        synchronized (places) {
            return places.values().stream()
                    .map(Place::session)
                    .filter(other -> other.isEnding() && isSamePort(port(other), port))
                    .map(other -> other.gone().toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
        }
    }

    private static boolean isSamePort(@Nullable Port one, @Nullable Port other) {
        return one != null
                && other != null
                && one.groupTag() != other.groupTag()
                && one.isid() == other.isid()
                && one.target().equals(other.target())
                && one.initiatorName().equals(other.initiatorName());
    }

    private LoginStatus register(Session session) {
        if (isClosed) {
            leave(session);
            return LoginStatus.SERVICE_UNAVAILABLE;
        }
        if (!tryCount(session.identity().initiatorName())) {
            leave(session);
            return LoginStatus.OUT_OF_RESOURCES;
        }
        int tsih;
        do { // ends: there are fewer sessions than handles
            tsih = lastTsih.incrementAndGet() & MAX_TSIH;
        } while (tsih == 0 || byTsih.putIfAbsent(tsih, session) != null);
        session.tsih(tsih);
        return LoginStatus.SUCCESS;
    }

    private boolean tryCount(String initiator) {
        int all = count.incrementAndGet(); // both, for uncount takes back both
        int byInitiator = countByInitiator.merge(initiator, 1, Integer::sum);
        boolean fits = all <= maxSessions && byInitiator <= maxPerInitiator;
        if (!fits) {
            uncount(initiator);
        }
        return fits;
    }

    private void uncount(String initiator) {
        countByInitiator.computeIfPresent(initiator, (_, n) -> n == 1 ? null : n - 1);
        count.decrementAndGet();
    }

    /// Gives the session's port to the login that waits for it.
    private void leave(Session session) {
        Port port = port(session);
        Login next = null;
        synchronized (places) {
            Place place = places.get(port);
            if (port != null && place != null && place.session() == session) {
                next = place.next();
                if (next == null) {
                    places.remove(port);
                } else {
                    places.put(port, new Place(next.session(), null));
                }
            }
        }
        session.isGone();
        if (next != null) {
            enter(next);
        }
    }

    private static @Nullable Port port(Session session) {
        String target = session.targetName();
        return target == null
                ? null
                : new Port(
                        session.identity().initiatorName(),
                        session.identity().isid(),
                        target,
                        session.portal().groupTag());
    }

    /// Takes out a session that was admitted and has ended; whoever waits for its port may come in.
    void remove(Session session) {
        if (byTsih.remove(session.tsih(), session)) {
            uncount(session.identity().initiatorName());
        }
        leave(session);
    }

    boolean exists(int tsih) {
        return byTsih.containsKey(tsih);
    }

    /// The session of that handle, or null.
    public @Nullable Session find(int tsih) {
        return byTsih.get(tsih);
    }

    /// Lets nobody in any more.
    public void close() {
        isClosed = true;
    }

    /// Lets sessions in again after [#close()].
    public void open() {
        isClosed = false;
    }

    /// All sessions at this moment.
    public List<Session> all() {
        return List.copyOf(byTsih.values());
    }
}
