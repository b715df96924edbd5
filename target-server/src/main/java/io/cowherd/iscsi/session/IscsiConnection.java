package io.cowherd.iscsi.session;

import io.cowherd.config.access.LunRights;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.SendTargets;
import io.cowherd.iscsi.login.LoginExchange;
import io.cowherd.iscsi.login.LoginPolicy;
import io.cowherd.iscsi.login.Visitor;
import io.cowherd.iscsi.pdu.ConnectionFailed;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import io.cowherd.iscsi.wire.PduReceiver;
import io.cowherd.iscsi.wire.PduStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection of an initiator: first a [LoginPhase], then a [FullFeaturePhase].
///
/// The one place that decides what a protocol failure costs: a Reject, or the connection.
///
/// **Threading.** *Confined to the connection's event loop.*
public final class IscsiConnection implements PduReceiver, Session.Control {
    private static final Logger LOG = LoggerFactory.getLogger(IscsiConnection.class);

    /// What the server hears of a connection; called on its event loop.
    public interface Listener {
        /// An honest peer is behind it: it has proved who it is, or its login has ended well.
        void trusted();

        /// The connection is gone; once.
        void closed();
    }

    // Immutable
    private final PduStream stream;
    private final ServerScope scope;
    private final Portal portal;
    private final Listener listener;

    // Owned by the event loop
    private Phase phase;
    private LoginExchange.@Nullable Route route;
    private Timers.Timer loginTimer = Timers.Timer.NONE;
    private Timers.Timer closeTimer = Timers.Timer.NONE;
    private boolean isClosing;

    /// A connection that waits for its first login request. [#accepted()] starts its clock.
    ///
    /// @param stream not yet in a pipeline
    /// @param portal that the initiator has connected to
    public IscsiConnection(PduStream stream, ServerScope scope, Portal portal, Listener listener) {
        this.stream = stream;
        this.scope = scope;
        this.portal = portal;
        this.listener = listener;
        this.phase = new LoginPhase(this);
        stream.receiver(this);
    }

    /// Starts the login timer; once the stream is in its pipeline.
    public void accepted() {
        InetSocketAddress peer = stream.peer();
        if (peer != null) {
            route = new LoginExchange.Route(peer.getAddress(), stream.localAddress());
        }
        int timeout = scope.limits().loginTimeoutMillis();
        loginTimer =
                scope.timers()
                        .after(
                                stream.loop(),
                                timeout,
                                () -> close("no login within " + timeout + " ms"));
    }

    @Override
    public @Nullable ByteBuffer header() throws ProtocolFailure {
        stream.check();
        return phase.header();
    }

    @Override
    public void complete() throws ProtocolFailure {
        phase.complete();
    }

    @Override
    public void failed(ProtocolFailure failure) {
        if (isClosing) {
            return;
        }
        switch (failure) {
            case PduRejected refusal -> {
                say("PDU rejected: " + refusal.getMessage());
                phase.rejected(refusal);
            }
            case ConnectionFailed fatal -> close(fatal.getMessage());
        }
    }

    @Override
    public void closed() {
        isClosing = true;
        loginTimer.cancel();
        closeTimer.cancel();
        phase.closed();
        listener.closed();
    }

    @Override
    public void requestLogout(int withinSeconds) {
        if (phase instanceof FullFeaturePhase full && !isClosing) {
            full.requestLogout(withinSeconds);
        }
    }

    @Override
    public void drop(String reason) {
        if (phase instanceof FullFeaturePhase full && !isClosing) {
            full.announceDrop();
        }
        finish(reason);
    }

    private void finish(String reason) {
        if (phase instanceof FullFeaturePhase full && !isClosing) {
            full.finish(() -> close(reason));
        } else {
            close(reason);
        }
    }

    /// Sends what is queued, which gets `Limits.logoutTimeoutMillis`, and closes.
    @Override
    public void close(String reason) {
        stream.check();
        if (!isClosing) {
            isClosing = true;
            say("connection closed: " + reason);
            stream.closeAfterFlush();
            closeTimer =
                    scope.timers()
                            .after(
                                    stream.loop(),
                                    scope.limits().logoutTimeoutMillis(),
                                    stream::closeNow);
        }
    }

    /// Closes at once, to make room; whoever asks for it says so in the log.
    public void evict() {
        stream.check();
        isClosing = true;
        stream.closeNow();
    }

    /// Strangers get a bounded number of lines in the log, hosts all that they need.
    private void say(String what) {
        String line = stream.remoteAddress() + ": " + what;
        switch (phase) {
            case LoginPhase _ -> scope.loginFailures().say(line);
            case FullFeaturePhase _ -> LOG.info(line);
        }
    }

    boolean isClosing() {
        return isClosing;
    }

    /// The host has proved who it is: its place is safe.
    void trusted() {
        listener.trusted();
    }

    @Override
    public void reconsider() {
        if (phase instanceof FullFeaturePhase full && !isClosing) {
            full.reconsider();
        }
    }

    /// Where the host has come from, and to; null if it was gone when it was accepted.
    LoginExchange.@Nullable Route route() {
        return route;
    }

    /// What the session's host may do at its target now, or that it may discover.
    ///
    /// @return null if to it there is no such target, or it has not proved what is demanded there now
    @Nullable LunRights rights(Session session) {
        LoginExchange.Route from = route;
        if (from == null) {
            return null;
        }
        Visitor host = from.visitor(session.identity().initiatorName());
        String name = session.targetName();
        String target = name == null ? null : name.toLowerCase(Locale.ROOT);
        LoginPolicy policy = scope.reception().policy();
        if (!session.proof().meets(policy.demand(host, target))) {
            return null;
        }
        return target == null ? LunRights.ALL : policy.rights(host, target);
    }

    @Override
    public boolean isEntitled(Session session) {
        return rights(session) != null;
    }

    /// Goes over to full feature phase.
    void enter(FullFeaturePhase next) {
        loginTimer.cancel();
        phase = next;
        listener.trusted();
    }

    PduStream stream() {
        return stream;
    }

    ServerScope scope() {
        return scope;
    }

    Portal portal() {
        return portal;
    }

    SendTargets sendTargets() {
        return new SendTargets(
                scope.portals().get(),
                scope.directory().portalsElsewhere(),
                portal,
                stream.localAddress());
    }
}
