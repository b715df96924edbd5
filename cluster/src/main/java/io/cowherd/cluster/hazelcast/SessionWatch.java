package io.cowherd.cluster.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.cp.CPGroupId;
import com.hazelcast.cp.internal.RaftGroupId;
import com.hazelcast.cp.internal.RaftInvocationManager;
import com.hazelcast.cp.internal.RaftService;
import com.hazelcast.cp.internal.session.AbstractProxySessionManager;
import com.hazelcast.cp.internal.session.ProxySessionManagerService;
import com.hazelcast.cp.internal.session.SessionExpiredException;
import com.hazelcast.cp.internal.session.operation.HeartbeatSessionOp;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.spi.impl.NodeEngine;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Confirms this node's CP session, which all its locks hang on, once a second.
///
/// Hazelcast sends heartbeats itself, but does not tell when one was last committed; so this sends its own, and takes
/// the time **before** it does. Classes of `com.hazelcast.cp.internal` are used for that: the version is pinned.
///
/// **Threading.** *Confined to its own thread* but for `begin` and `close`.
final class SessionWatch {
    private static final Duration EVERY = Duration.ofSeconds(1);

    /// After which a confirmation is of no use any more.
    private static final Duration CALL_LIMIT = Duration.ofSeconds(5);

    /// Whom to tell.
    interface Listener {
        void confirmed(long from);

        void lost(String why);
    }

    private final ProxySessionManagerService sessions;
    private final RaftInvocationManager invocations;
    private final Listener listener;
    private final Thread thread;
    private volatile @Nullable RaftGroupId group;
    private volatile boolean closed;

    private long known = AbstractProxySessionManager.NO_SESSION_ID;

    SessionWatch(HazelcastInstance hazelcast, Listener listener) {
        NodeEngine engine = ((HazelcastInstanceProxy) hazelcast).getOriginal().node.getNodeEngine();
        sessions = engine.getService(ProxySessionManagerService.SERVICE_NAME);
        RaftService raft = engine.getService(RaftService.SERVICE_NAME);
        invocations = raft.getInvocationManager();
        this.listener = listener;
        thread = Thread.ofPlatform().name("cluster-session").daemon().unstarted(this::watch);
        thread.start();
    }

    /// A lock was asked for: there may be a session now.
    void begin(CPGroupId ofLocks) {
        group = (RaftGroupId) ofLocks;
        LockSupport.unpark(thread);
    }

    void close() {
        closed = true;
        thread.interrupt();
    }

    private void watch() {
        while (!closed) {
            RaftGroupId ofLocks = group;
            if (ofLocks != null) {
                try {
                    look(ofLocks);
                } catch (InterruptedException e) {
                    return;
                } catch (RuntimeException e) {
                    // Not confirmed, and that is all.
                    LockSupport.parkNanos(EVERY.toNanos());
                }
            }
            LockSupport.parkNanos(EVERY.toNanos());
        }
    }

    private void look(RaftGroupId ofLocks) throws InterruptedException {
        long session = sessions.getSession(ofLocks);
        if (session != known && known != AbstractProxySessionManager.NO_SESSION_ID) {
            listener.lost("session " + known + " was replaced");
        }
        known = session;
        if (session == AbstractProxySessionManager.NO_SESSION_ID) {
            return;
        }
        long from = System.nanoTime();
        try {
            invocations
                    .invoke(ofLocks, new HeartbeatSessionOp(session))
                    .get(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            listener.confirmed(from);
        } catch (TimeoutException e) {
            // Not confirmed; the lease runs out by itself.
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SessionExpiredException) {
                sessions.invalidateSession(ofLocks, session);
                known = AbstractProxySessionManager.NO_SESSION_ID;
                listener.lost("session " + session + " has expired or was closed");
            }
        }
    }
}
