package io.cowherd.management;

import io.cowherd.access.AccessControl;
import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.mapping.volume.Volumes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP server of the management API.
///
/// **Threading.** *Thread-safe*: requests are confined to their connection's event loop and their work to [Workers].
public final class ManagementServer {
    private static final Logger LOG = LoggerFactory.getLogger(ManagementServer.class);
    private static final int STOP_GRACE_SECONDS = 5;
    private static final int MAX_HEADER_BYTES = 8192;

    // Immutable
    private final HttpServer server;
    private final HostPort address;
    private final EventStream events;
    private final Workers queries;
    private final Workers changes;

    private ManagementServer(
            HttpServer server,
            HostPort address,
            EventStream events,
            Workers queries,
            Workers changes) {
        this.server = server;
        this.address = address;
        this.events = events;
        this.queries = queries;
        this.changes = changes;
    }

    /// What the API works on.
    ///
    /// @param volumes the volumes
    /// @param hosts who uses them
    /// @param access the rules about hosts
    /// @param nodes the cluster, if there is one
    /// @param owner this node's name
    /// @param token what requests must carry
    /// @param readiness what the probes answer
    /// @param events what event streams carry
    public record Services(
            Volumes volumes,
            HostAccess hosts,
            AccessControl access,
            Nodes nodes,
            String owner,
            AccessToken token,
            Readiness readiness,
            EventLog events) {}

    /// Binds the address and serves. Fails with the bind's exception.
    public static Future<ManagementServer> start(
            Vertx vertx, HostPort address, ManagementLimits limits, Services services) {
        var queries = new Workers(vertx, "management-query", limits);
        var changes = new Workers(vertx, "management-change", limits);
        var events = new EventStream(vertx, services.events());
        var connections = new ApiConnections(vertx, limits);
        Router router =
                Routes.build(
                        vertx, address, limits, services, queries, changes, events, connections);
        HttpServer server =
                vertx.createHttpServer(
                                new HttpServerOptions()
                                        .setHost(address.host())
                                        .setPort(address.port())
                                        .setIdleTimeout(limits.httpIdleSeconds())
                                        .setIdleTimeoutUnit(TimeUnit.SECONDS)
                                        .setMaxHeaderSize(MAX_HEADER_BYTES)
                                        .setHttp2ClearTextEnabled(false))
                        .requestHandler(router)
                        .exceptionHandler(e -> LOG.debug("a connection to the API failed", e))
                        .connectionHandler(connections::accept);
        return server.listen()
                .map(
                        bound ->
                                new ManagementServer(
                                        bound,
                                        new HostPort(address.host(), bound.actualPort()),
                                        events,
                                        queries,
                                        changes))
                .onFailure(
                        _ -> {
                            queries.close();
                            changes.close();
                        });
    }

    /// Where it listens, with the port that the system chose.
    public HostPort address() {
        return address;
    }

    /// Ends the streams, lets requests at work finish within some seconds, and closes.
    public Future<Void> stop() {
        events.close();
        return Future.join(queries.drain(), changes.drain())
                .timeout(STOP_GRACE_SECONDS, TimeUnit.SECONDS)
                .otherwiseEmpty()
                .eventually(server::close)
                .eventually(queries::close)
                .eventually(changes::close)
                .mapEmpty();
    }
}
