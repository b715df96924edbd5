package io.cowherd.iscsi.portal;

import io.cowherd.config.TransportSetting;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes Vert.x instances on a network transport, and logs what they run on. Measured on loopback: epoll and io_uring are
/// indistinguishable, NIO is slower.
///
/// **Threading.** *Immutable.*
public final class NetworkTransport {
    /// Event loops of iSCSI connections: one per processor, and two at least, as one at a time may be stuck in storage.
    static final int LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors());

    /// Vert.x warns that often of an event loop that is stuck, with its stack.
    private static final int BLOCKED_CHECK_SECONDS = 10;

    private static final Logger LOG = LoggerFactory.getLogger(NetworkTransport.class);

    private NetworkTransport() {}

    /// On what is best here, for iSCSI connections.
    public static Vertx preferred() {
        return vertx(best(), LOOPS, () -> null);
    }

    /// For iSCSI connections, on the transport that was asked for.
    ///
    /// @param stuck the thread that an event loop is known to be stuck with, null if none is: it gets no new connections.
    ///     Asked for each connection, by the accepting thread
    /// @throws TransportUnavailableException if it is not available here, with the cause
    public static Vertx of(TransportSetting setting, Supplier<@Nullable Thread> stuck)
            throws TransportUnavailableException {
        Transport transport = transport(setting);
        LOG.info("network transport {}, {} event loops", transport.name(), LOOPS);
        return vertx(transport, LOOPS, stuck);
    }

    /// For everything but iSCSI connections: one event loop that no storage ever stops.
    ///
    /// @throws TransportUnavailableException if it is not available here, with the cause
    public static Vertx aside(TransportSetting setting) throws TransportUnavailableException {
        return vertx(transport(setting), 1, () -> null);
    }

    private static Transport best() {
        return isAvailable(Transport.EPOLL) ? Transport.EPOLL : Transport.NIO;
    }

    private static Transport transport(TransportSetting setting)
            throws TransportUnavailableException {
        return switch (setting) {
            case AUTO -> best();
            case EPOLL -> required(setting, Transport.EPOLL);
            case IO_URING -> required(setting, Transport.IO_URING);
            case NIO -> Transport.NIO;
        };
    }

    private static boolean isAvailable(@Nullable Transport transport) {
        return transport != null && transport.available();
    }

    private static Transport required(TransportSetting setting, @Nullable Transport transport)
            throws TransportUnavailableException {
        if (transport == null || !transport.available()) {
            throw new TransportUnavailableException(
                    setting, transport == null ? null : transport.unavailabilityCause());
        }
        return transport;
    }

    private static Vertx vertx(Transport base, int loops, Supplier<@Nullable Thread> stuck) {
        return Vertx.builder()
                .with(
                        new VertxOptions()
                                .setEventLoopPoolSize(loops)
                                .setBlockedThreadCheckInterval(BLOCKED_CHECK_SECONDS)
                                .setBlockedThreadCheckIntervalUnit(TimeUnit.SECONDS))
                .withTransport(new Steering(base, stuck))
                .build();
    }

    /// The transport that Vert.x is given.
    private record Steering(Transport base, Supplier<@Nullable Thread> stuck) implements Transport {
        @Override
        public String name() {
            return base.name();
        }

        @Override
        public boolean available() {
            return base.available();
        }

        @Override
        public @Nullable Throwable unavailabilityCause() {
            return base.unavailabilityCause();
        }

        @Override
        public io.vertx.core.spi.transport.Transport implementation() {
            return new SteeringTransport(base.implementation(), stuck);
        }
    }
}
