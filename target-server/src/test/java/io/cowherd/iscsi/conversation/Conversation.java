package io.cowherd.iscsi.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.admission.FailedLogins;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginOffer;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.portal.NetworkTransport;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A running server with a [FakeTarget], and the initiators that talk to it. When it is closed, everything that was
/// accounted must be zero again.
final class Conversation implements AutoCloseable {
    static final String TARGET = "iqn.2026-11.io.cowherd:test.base";
    private static final int PATIENCE_SECONDS = 30;
    private static final int MAX_DELAY_MILLIS = FailedLogins.MAX_DELAY_MILLIS;

    final ManualTimers timers = new ManualTimers();
    final FakeTarget fake = new FakeTarget();
    final List<TargetEntry> targets =
            new ArrayList<>(List.of(new TargetEntry(TARGET, "base", fake)));
    List<Portal> portalsElsewhere = List.of();
    final IscsiServer server;
    private final Vertx vertx = NetworkTransport.preferred();
    private final List<ScriptedInitiator> initiators = new ArrayList<>();

    Conversation() {
        this(Limits.DEFAULTS, LoginOffer.UnsolicitedDataOut.REFUSED);
    }

    Conversation(Limits limits, LoginOffer.UnsolicitedDataOut unsolicited) {
        this(limits, unsolicited, List.of(Portal.on(new HostPort("127.0.0.1", 0))));
    }

    Conversation(Limits limits, LoginOffer.UnsolicitedDataOut unsolicited, List<Portal> portals) {
        this(limits, unsolicited, portals, Reception.OPEN);
    }

    Conversation(Reception reception) {
        this(
                Limits.DEFAULTS,
                LoginOffer.UnsolicitedDataOut.REFUSED,
                List.of(Portal.on(new HostPort("127.0.0.1", 0))),
                reception);
    }

    private Conversation(
            Limits limits,
            LoginOffer.UnsolicitedDataOut unsolicited,
            List<Portal> portals,
            Reception reception) {
        TargetDirectory directory =
                new TargetDirectory() {
                    @Override
                    public List<TargetEntry> targets() {
                        return targets;
                    }

                    @Override
                    public @Nullable TargetEntry find(String iqn) {
                        return targets.stream()
                                .filter(entry -> entry.name().equals(iqn))
                                .findFirst()
                                .orElse(null);
                    }

                    @Override
                    public List<Portal> portalsElsewhere() {
                        return portalsElsewhere;
                    }
                };
        server =
                new IscsiServer(
                        vertx,
                        limits,
                        LoginOffer.of(limits, unsolicited),
                        portals,
                        directory,
                        reception,
                        timers,
                        InstantSource.system());
        await(server.start());
    }

    HostPort address() {
        return server.boundAddresses().getFirst();
    }

    ScriptedInitiator initiator() {
        ScriptedInitiator initiator = new ScriptedInitiator(address());
        initiators.add(initiator);
        return initiator;
    }

    /// An initiator with a normal session and default parameters but for what is given.
    ScriptedInitiator session(String... keys) {
        ScriptedInitiator initiator = initiator();
        initiator.logsIn(TARGET, keys);
        return initiator;
    }

    static void await(Future<?> future) {
        try {
            future.toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("does not end", e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /// Waits, without a fixed pause, for something that another thread is about to do.
    static void eventually(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "never: " + what);
            Thread.onSpinWait();
        }
    }

    /// Waits until some work waits for just that long.
    void waitsForTimer(long millis) {
        eventually("a timer of " + millis + " ms", () -> timers.isPending(millis));
    }

    /// Moves time on if nothing has come but something waits for it, for a second at most.
    void skipsDelay(ScriptedInitiator initiator) {
        eventually(
                "an answer or a delay",
                () -> initiator.available() > 0 || timers.isPendingWithin(MAX_DELAY_MILLIS));
        if (initiator.available() == 0) {
            timers.advance(MAX_DELAY_MILLIS);
        }
    }

    @Override
    public void close() {
        initiators.forEach(ScriptedInitiator::close);
        eventually("no connection is left", () -> server.connections() == 0);
        eventually("no session is left", () -> server.sessions().isEmpty());
        assertEquals(0, server.bufferedBytes(), "buffered bytes");
        assertEquals(List.of(), fake.openPorts(), "open nexuses");
        await(server.stop(Duration.ZERO));
        await(vertx.close());
    }
}
