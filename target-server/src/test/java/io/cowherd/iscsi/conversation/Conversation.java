package io.cowherd.iscsi.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.iscsi.login.LoginOffer;
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

    final ManualTimers timers = new ManualTimers();
    final FakeTarget fake = new FakeTarget();
    final List<TargetEntry> targets =
            new ArrayList<>(List.of(new TargetEntry(TARGET, "base", fake)));
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
                };
        server =
                new IscsiServer(
                        vertx,
                        limits,
                        LoginOffer.of(limits, unsolicited),
                        portals,
                        directory,
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
