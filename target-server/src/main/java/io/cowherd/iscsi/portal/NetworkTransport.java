package io.cowherd.iscsi.portal;

import io.cowherd.config.TransportSetting;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a Vert.x on a network transport, with one event loop per processor, and logs what it runs on. Measured on loopback:
/// epoll and io_uring are indistinguishable, NIO is slower.
///
/// **Threading.** *Immutable.*
public final class NetworkTransport {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkTransport.class);

    private NetworkTransport() {}

    /// On what is best here.
    public static Vertx preferred() {
        return vertx(isAvailable(Transport.EPOLL) ? Transport.EPOLL : Transport.NIO);
    }

    /// On the transport that was asked for.
    ///
    /// @throws TransportUnavailableException if it is not available here, with the cause
    public static Vertx of(TransportSetting setting) throws TransportUnavailableException {
        return switch (setting) {
            case AUTO -> preferred();
            case EPOLL -> vertx(required(setting, Transport.EPOLL));
            case IO_URING -> vertx(required(setting, Transport.IO_URING));
            case NIO -> vertx(Transport.NIO);
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

    private static Vertx vertx(Transport transport) {
        int loops = Runtime.getRuntime().availableProcessors();
        LOG.info("network transport {}, {} event loops", transport.name(), loops);
        return Vertx.builder()
                .with(new VertxOptions().setEventLoopPoolSize(loops))
                .withTransport(transport)
                .build();
    }
}
