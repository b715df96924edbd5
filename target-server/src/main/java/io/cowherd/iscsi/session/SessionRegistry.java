package io.cowherd.iscsi.session;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jscsi.parser.login.LoginStatus;
import org.jspecify.annotations.Nullable;

/// All sessions. Lets at most one session of an initiator port into a target portal group: a login of a port that already
/// has one **reinstates** it (RFC 7143 6.3.5), that is, the old session is closed and all its tasks have ended before the
/// new one begins. So an old write can never land after a new one.
///
/// **Threading.** *Thread-safe: concurrent maps.*
public final class SessionRegistry {
    private static final int MAX_TSIH = 0xFFFF;

    /// Times that a login displaces another one before it gives up: only logins of one port that race can get there.
    private static final int MAX_REINSTATEMENTS = 8;

    /// Who may be here once. Discovery sessions may be here any number of times: hosts use one ISID for all of them.
    private record Port(String initiatorName, long isid, String target, int groupTag) {}

    private final int maxSessions;
    private final ConcurrentHashMap<Port, Session> byPort = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Session> byTsih = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicInteger lastTsih = new AtomicInteger();
    private volatile boolean isClosed;

    /// An empty registry.
    ///
    /// @param maxSessions most sessions at once; at most 65535
    public SessionRegistry(int maxSessions) {
        this.maxSessions = Math.min(maxSessions, MAX_TSIH);
    }

    /// Lets a session in, after the one that it reinstates has ended, and gives it its TSIH.
    ///
    /// @param result is told SUCCESS, or why not, once; maybe before this returns, maybe on another thread
    void admit(Session session, Consumer<LoginStatus> result) {
        admit(session, 0, result);
    }

    private void admit(Session session, int attempt, Consumer<LoginStatus> result) {
        Port port = port(session);
        Session previous = port == null ? null : byPort.putIfAbsent(port, session);
        if (previous == null) {
            result.accept(register(session));
        } else if (attempt == MAX_REINSTATEMENTS) {
            result.accept(LoginStatus.SERVICE_UNAVAILABLE);
        } else {
            previous.close("reinstated by a new login of the same initiator port");
            previous.whenGone(() -> admit(session, attempt + 1, result));
        }
    }

    private LoginStatus register(Session session) {
        if (isClosed) {
            forget(session);
            return LoginStatus.SERVICE_UNAVAILABLE;
        }
        if (count.incrementAndGet() > maxSessions) {
            count.decrementAndGet();
            forget(session);
            return LoginStatus.OUT_OF_RESOURCES;
        }
        int tsih;
        do { // ends: there are fewer sessions than handles
            tsih = lastTsih.incrementAndGet() & MAX_TSIH;
        } while (tsih == 0 || byTsih.putIfAbsent(tsih, session) != null);
        session.tsih(tsih);
        return LoginStatus.SUCCESS;
    }

    private void forget(Session session) {
        Port port = port(session);
        if (port != null) {
            byPort.remove(port, session);
        }
        session.isGone();
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
            count.decrementAndGet();
        }
        forget(session);
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
