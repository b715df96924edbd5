package io.cowherd.iscsi.portal;

import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How sockets reach the kernel. Measured on loopback: epoll and io_uring are indistinguishable, NIO is slower.
///
/// **Threading.** *Immutable.*
public enum NetworkTransport {
    /// epoll where it is available, else NIO.
    AUTO,
    /// io_uring; fails where the kernel does not let it.
    IO_URING,
    /// Java's own; runs everywhere.
    NIO;

    private static final Logger LOG = LoggerFactory.getLogger(NetworkTransport.class);

    /// Builds a Vert.x with this transport and one event loop per processor, and logs what it runs on.
    ///
    /// @throws IllegalStateException if the transport is not available here, with the cause
    public Vertx vertx() {
        int loops = Runtime.getRuntime().availableProcessors();
        VertxBuilder builder = Vertx.builder().with(new VertxOptions().setEventLoopPoolSize(loops));
        Transport chosen =
                switch (this) {
                    case AUTO ->
                            Transport.EPOLL != null && Transport.EPOLL.available()
                                    ? Transport.EPOLL
                                    : Transport.NIO;
                    case IO_URING -> Transport.IO_URING;
                    case NIO -> Transport.NIO;
                };
        if (chosen == null || !chosen.available()) {
            throw new IllegalStateException(
                    "The transport " + this + " is not available here. Leave the setting at auto.",
                    chosen == null ? null : chosen.unavailabilityCause());
        }
        LOG.info("network transport {}, {} event loops", chosen.name(), loops);
        return builder.withTransport(chosen).build();
    }
}
