package io.cowherd.iscsi.portal;

import io.cowherd.admission.AcceptFailures;
import io.cowherd.admission.Admission;
import io.cowherd.admission.FailedLogins;
import io.cowherd.admission.RefusalLog;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.RedirectGuard;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.login.LoginOffer;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.session.ServerScope;
import io.cowherd.iscsi.session.Session;
import io.cowherd.iscsi.session.SessionInfo;
import io.cowherd.iscsi.session.SessionRegistry;
import io.cowherd.iscsi.session.Timers;
import io.cowherd.iscsi.wire.BufferBudget;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An iSCSI target node: listens on portals, serves the targets of a directory (RFC 7143).
///
/// **Threading.** *Thread-safe: its state changes under its lock; connections are confined to their event loops.*
public final class IscsiServer {
    private static final Logger LOG = LoggerFactory.getLogger(IscsiServer.class);

    /// Enough to see what is wrong with one host, however often it tries.
    private static final int LOGIN_FAILURES_PER_MINUTE = 30;

    // Immutable
    private final Vertx vertx;
    private final List<Portal> configured;
    private final SessionRegistry registry;
    private final BufferBudget budget;
    private final Admission admission;
    private final RefusalLog evictions;
    private final AcceptFailures acceptFailures;
    private final FailedLogins failedLogins;
    private final ServerScope scope;

    // Any thread
    private volatile List<PortalListener> listeners = List.of();

    /// A server with real timers that refuses unsolicited Data-Out.
    ///
    /// @param vertx its event loops serve the connections; see [NetworkTransport]
    /// @param limits bounds on what peers control
    /// @param portals one or more, each with an own group tag or sharing one
    /// @param directory the targets
    public IscsiServer(
            Vertx vertx, Limits limits, List<Portal> portals, TargetDirectory directory) {
        this(vertx, limits, portals, directory, Reception.OPEN);
    }

    /// The same for hosts that have to be let in.
    ///
    /// @param reception whom logins ask
    public IscsiServer(
            Vertx vertx,
            Limits limits,
            List<Portal> portals,
            TargetDirectory directory,
            Reception reception) {
        this(
                vertx,
                limits,
                LoginOffer.of(limits, LoginOffer.UnsolicitedDataOut.REFUSED),
                portals,
                directory,
                reception,
                Timers.ofEventLoops(),
                InstantSource.system());
    }

    /// A server whose offer and clocks are given.
    ///
    /// @param vertx its event loops serve the connections
    /// @param limits bounds on what peers control
    /// @param offer what logins may agree on
    /// @param portals one or more
    /// @param directory the targets
    /// @param reception whom logins ask
    /// @param timers for all deadlines
    /// @param clock for what people read
    public IscsiServer(
            Vertx vertx,
            Limits limits,
            LoginOffer offer,
            List<Portal> portals,
            TargetDirectory directory,
            Reception reception,
            Timers timers,
            InstantSource clock) {
        if (portals.isEmpty()) {
            throw new IllegalArgumentException("A server needs a portal to listen on.");
        }
        this.vertx = vertx;
        this.configured = List.copyOf(portals);
        this.registry = new SessionRegistry(limits.maxSessions(), limits.maxSessionsPerInitiator());
        this.budget = new BufferBudget(limits.bufferedBytes());
        this.admission =
                new Admission(
                        new Admission.Bounds(
                                limits.maxConnections(),
                                limits.maxUnauthenticatedConnections(),
                                limits.maxUnauthenticatedPerAddress()));
        RefusalLog.Delay delay = (millis, work) -> timers.after(anyLoop(), millis, work);
        this.evictions =
                new RefusalLog(LOG::warn, delay, 1, "%d more connections had to make room");
        this.acceptFailures = new AcceptFailures(delay, LOG::warn);
        var loginFailures =
                new RefusalLog(
                        LOG::info,
                        delay,
                        LOGIN_FAILURES_PER_MINUTE,
                        "%d more things went wrong before a login had ended");
        this.failedLogins = new FailedLogins(System::nanoTime, clock);
        this.scope =
                new ServerScope(
                        limits,
                        offer,
                        directory,
                        reception,
                        new RedirectGuard(this::portals, System::nanoTime),
                        failedLogins,
                        registry,
                        budget,
                        this::portals,
                        loginFailures,
                        timers,
                        clock);
    }

    private Executor anyLoop() {
        return ((VertxInternal) vertx).eventLoopGroup().next();
    }

    /// Listens on all portals.
    ///
    /// @return fails if one of them cannot be bound; none is listened on then
    public synchronized Future<Void> start() {
        if (!listeners.isEmpty()) {
            return Future.failedFuture(new IllegalStateException("The server is running."));
        }
        registry.open();
        List<PortalListener> starting = new ArrayList<>();
        List<Future<?>> bound = new ArrayList<>();
        for (Portal portal : configured) {
            PortalListener listener =
                    new PortalListener(vertx, portal, scope, admission, evictions, acceptFailures);
            starting.add(listener);
            bound.add(listener.start());
        }
        listeners = List.copyOf(starting);
        return Future.join(bound)
                .onSuccess(_ -> LOG.info("iSCSI portals {}", boundAddresses()))
                .recover(cause -> closeListeners().transform(_ -> Future.failedFuture(cause)))
                .mapEmpty();
    }

    private List<Portal> portals() {
        return listeners.stream().map(PortalListener::portal).toList();
    }

    /// The addresses that are listened on, in the order of the portals, with the ports that the system chose.
    public List<HostPort> boundAddresses() {
        return portals().stream().map(Portal::listen).toList();
    }

    /// All sessions at this moment.
    public List<SessionInfo> sessions() {
        return registry.all().stream().map(Session::info).toList();
    }

    /// Who wanted in and may not.
    public FailedLogins failedLogins() {
        return failedLogins;
    }

    /// Has every session show its host what the rules let it see now.
    ///
    /// @return the normal sessions whose host has no right to its target any more, or has not proved what that takes now; they go
    ///     on as before. A discovery session ends
    public List<SessionInfo> rulesChanged() {
        List<Session> all = registry.all();
        all.forEach(Session::reconsider);
        return all.stream()
                .filter(session -> session.targetName() != null && !session.isEntitled())
                .map(Session::info)
                .toList();
    }

    /// The memory for data of all connections; what other nodes' hosts send takes its part of it.
    public BufferBudget budget() {
        return budget;
    }

    /// Bytes that are held for data of all connections.
    public long bufferedBytes() {
        return budget.usedBytes();
    }

    /// Connections at this moment, logged in or not.
    public int connections() {
        return admission.connections();
    }

    /// Drops all sessions of a target: they are told (asynchronous event 3), running commands finish, connections close.
    /// Keeps nobody from logging in again; take the target out of the directory first.
    ///
    /// @param targetName iSCSI name in lower case
    /// @param reason for the log
    /// @return completes when no task of these sessions is left
    public Future<Void> disconnect(String targetName, String reason) {
        List<Session> affected =
                registry.all().stream()
                        .filter(session -> targetName.equals(session.targetName()))
                        .toList();
        return all(affected, session -> session.drop(reason));
    }

    /// Drops one session as [#disconnect(String, String)] does. Its host may log in again.
    ///
    /// @param tsih target session identifying handle
    /// @param reason for the log
    /// @return completes with true when no task of it is left, with false if there is no such session
    public Future<Boolean> disconnect(int tsih, String reason) {
        Session session = registry.find(tsih);
        return session == null
                ? Future.succeededFuture(false)
                : all(List.of(session), s -> s.drop(reason)).map(true);
    }

    /// Stops gracefully: new logins are sent away (status 0301, they retry), hosts are asked to log out (asynchronous event
    /// 1), those that do not are told that they are dropped (event 3) and cut off after `grace` once their running commands
    /// have been answered, and then the portals close.
    ///
    /// @param grace time for hosts to log out; 0 or more
    /// @return completes when nothing is left
    public Future<Void> stop(Duration grace) {
        registry.close();
        List<Session> all = registry.all();
        int seconds = (int) Math.min(0xFFFF, grace.toSeconds());
        all.forEach(session -> session.requestLogout(seconds));
        Promise<Void> waited = Promise.promise();
        Timers.Timer timer = scope.timers().after(anyLoop(), grace.toMillis(), waited::tryComplete);
        Future<Void> loggedOut = all(all, _ -> {}).onComplete(_ -> waited.tryComplete());
        return waited.future()
                .onComplete(_ -> timer.cancel())
                .compose(_ -> all(registry.all(), session -> session.drop("server stops")))
                .compose(_ -> loggedOut)
                .transform(_ -> closeListeners());
    }

    private static Future<Void> all(List<Session> sessions, Consumer<Session> action) {
        List<CompletableFuture<?>> gone = new ArrayList<>();
        for (Session session : sessions) {
            action.accept(session);
            gone.add(session.gone().toCompletableFuture());
        }
        CompletableFuture<Void> together =
                CompletableFuture.allOf(gone.toArray(CompletableFuture<?>[]::new));
        return Future.fromCompletionStage(together);
    }

    private Future<Void> closeListeners() {
        List<Future<?>> closed = new ArrayList<>();
        for (PortalListener listener : listeners) {
            closed.add(listener.close());
        }
        listeners = List.of();
        return Future.join(closed).mapEmpty();
    }
}
