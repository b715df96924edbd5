package io.cowherd.management;

import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.mapping.volume.Volumes;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// Which path leads to which endpoint: the table of the API. `openapi.yaml` describes the same; a test compares them.
///
/// **Threading.** *Immutable*: handlers run on the connection's event loop.
final class Routes {
    private static final Set<String> NO_QUERY = Set.of();
    private static final int BODY_BROKE_OFF = 200;

    private final Router router;
    private final Workers queries;
    private final Workers changes;

    private final Peers peers;

    private Routes(Router router, Peers peers, Workers queries, Workers changes) {
        this.router = router;
        this.peers = peers;
        this.queries = queries;
        this.changes = changes;
    }

    /// @param queries where GET works
    /// @param changes where all else works; they may wait for storage, for one another, and for hosts
    static Router build(
            Vertx vertx,
            HostPort address,
            ManagementLimits limits,
            ManagementServer.Services services,
            Workers queries,
            Workers changes,
            EventStream events,
            ApiConnections connections) {
        Router router = Router.router(vertx);
        var guard = new Guard(services.token(), address);
        router.route().handler(connections::begun);
        router.route().handler(guard::checkHost);
        router.route("/v1/*").handler(guard::checkToken);
        // Uploads are for forms, which this API has none of.
        router.route("/v1/*")
                .handler(BodyHandler.create(false).setBodyLimit(limits.httpBodyBytes()));
        router.route("/v1/*").handler(connections::complete);
        var peers = new Peers(services.nodes(), services.owner());
        var routes = new Routes(router, peers, queries, changes);
        routes.addHealth(services.readiness(), services.volumes());
        routes.addVolumes(
                new VolumesApi(
                        services.volumes(),
                        services.hosts(),
                        services.access(),
                        services.nodes(),
                        services.owner()));
        routes.addNodes(new NodesApi(services.nodes()));
        routes.addAccess(new AccessApi(services.access(), services.hosts()));
        routes.addInspection(new InspectionApi(services.volumes(), services.hosts()));
        router.get("/v1/events").handler(events::answer);
        routes.addFailures(limits);
        return router;
    }

    private void addHealth(Readiness readiness, Volumes volumes) {
        addProbe("/health/live", readiness, _ -> true, Map::of);
        addProbe("/health/started", readiness, state -> state != Readiness.State.STARTING, Map::of);
        addProbe(
                "/health/ready",
                readiness,
                state -> state == Readiness.State.READY,
                () -> Map.of("broken_groups", volumes.brokenGroups()));
        byte[] description = description();
        router.get("/openapi.yaml")
                .handler(
                        context ->
                                context.response()
                                        .putHeader("Content-Type", "application/yaml")
                                        .end(io.vertx.core.buffer.Buffer.buffer(description)));
    }

    /// @param detail what is answered beside the state
    private void addProbe(
            String path,
            Readiness readiness,
            Predicate<Readiness.State> good,
            Supplier<Map<String, Object>> detail) {
        router.get(path)
                .handler(
                        context -> {
                            Readiness.State state = readiness.state();
                            var body = new LinkedHashMap<String, Object>();
                            body.put("state", state.name());
                            body.putAll(detail.get());
                            int status = good.test(state) ? 200 : Problem.UNAVAILABLE;
                            Answers.send(context, new Reply(status, body, null));
                        });
    }

    private static byte[] description() {
        try (InputStream file = Routes.class.getResourceAsStream("/openapi.yaml")) {
            if (file == null) {
                throw new IllegalStateException("openapi.yaml is not on the class path");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void addVolumes(VolumesApi api) {
        add(
                HttpMethod.GET,
                "/v1/volumes",
                NO_QUERY,
                peers.everywhere("volumes", Peers.VOLUMES, api::list));
        add(HttpMethod.POST, "/v1/volumes", NO_QUERY, api::create);
        add(HttpMethod.GET, "/v1/volumes/:vg/:lv", NO_QUERY, peers.atOwner(api::show));
        add(
                HttpMethod.DELETE,
                "/v1/volumes/:vg/:lv",
                Set.of("force", "withSnapshots"),
                peers.atOwner(api::remove));
        add(
                HttpMethod.POST,
                "/v1/volumes/:vg/:lv/snapshots",
                NO_QUERY,
                peers.atOwner(api::snapshot));
        addVerb("fork", peers.atOwner(api::fork));
        addVerb("extend", peers.atOwner(api::extend));
        addVerb("rename", peers.atOwner(api::rename));
    }

    private void addNodes(NodesApi api) {
        add(HttpMethod.GET, "/v1/nodes", NO_QUERY, api::list);
        addVerb("move", peers.atOwner(api::move));
        add(HttpMethod.PUT, "/v1/nodes/:node/drain", NO_QUERY, peers.atNode(api::drain));
        add(HttpMethod.DELETE, "/v1/nodes/:node/drain", NO_QUERY, peers.atNode(api::undrain));
    }

    private void addInspection(InspectionApi api) {
        add(
                HttpMethod.GET,
                "/v1/table",
                NO_QUERY,
                peers.everywhere("lines", Peers.LINES, api::tables));
        add(HttpMethod.GET, "/v1/table/:device", NO_QUERY, api::table);
        add(
                HttpMethod.GET,
                "/v1/status",
                NO_QUERY,
                peers.everywhere("lines", Peers.LINES, api::statuses));
        add(HttpMethod.GET, "/v1/status/:device", NO_QUERY, api::status);
        add(HttpMethod.GET, "/v1/targets", NO_QUERY, api::targets);
        add(
                HttpMethod.GET,
                "/v1/sessions",
                NO_QUERY,
                peers.everywhere("sessions", Peers.AS_THEY_COME, api::sessions));
        add(HttpMethod.DELETE, "/v1/sessions/:id", NO_QUERY, api::disconnect);
    }

    private void addAccess(AccessApi api) {
        add(HttpMethod.GET, "/v1/access", NO_QUERY, api::show);
        add(HttpMethod.GET, "/v1/failed-logins", NO_QUERY, api::failedLogins);
        Set<String> disconnect = Set.of("disconnect");
        add(HttpMethod.PUT, "/v1/access/grants", disconnect, api::grant);
        add(
                HttpMethod.DELETE,
                "/v1/access/grants",
                Set.of("target", "initiator", "disconnect"),
                api::revoke);
        add(HttpMethod.PUT, "/v1/access/chap", disconnect, api::setAccount);
        add(HttpMethod.DELETE, "/v1/access/chap", Set.of("name", "disconnect"), api::removeAccount);
        add(HttpMethod.PUT, "/v1/access/redirects", disconnect, api::redirect);
        add(
                HttpMethod.DELETE,
                "/v1/access/redirects",
                Set.of("target", "disconnect"),
                api::unredirect);
    }

    private void add(HttpMethod method, String path, Set<String> query, Endpoint endpoint) {
        router.route(method, path).handler(context -> work(context, query, endpoint));
    }

    /// A verb on a volume, `/v1/volumes/{vg}/{lv}:verb`. Names have no colon, so this is unambiguous.
    private void addVerb(String verb, Endpoint endpoint) {
        router.routeWithRegex(HttpMethod.POST, "/v1/volumes/(?<vg>[^/:]+)/(?<lv>[^/:]+):" + verb)
                .setName("/v1/volumes/:vg/:lv:" + verb)
                .handler(context -> work(context, NO_QUERY, endpoint));
    }

    private void work(RoutingContext context, Set<String> query, Endpoint endpoint) {
        Call call;
        try {
            call = new Call(context, query);
        } catch (RequestRefusedException e) {
            Answers.sendFailure(context, e);
            return;
        }
        boolean isQuery = context.request().method().equals(HttpMethod.GET);
        (isQuery ? queries : changes)
                .submit(() -> endpoint.answer(call))
                .onSuccess(reply -> Answers.send(context, reply))
                .onFailure(failure -> Answers.sendFailure(context, failure));
    }

    private void addFailures(ManagementLimits limits) {
        // What Vert.x reports when a connection ends before its request's body: nobody is there to
        // be answered.
        router.errorHandler(BODY_BROKE_OFF, _ -> {});
        router.errorHandler(
                Problem.NOT_FOUND,
                context ->
                        Answers.send(
                                context,
                                new Problem(
                                        Problem.NOT_FOUND,
                                        "NO_SUCH_PATH",
                                        "No such path",
                                        context.request().path() + " is not a path of this API.",
                                        "GET /openapi.yaml describes it.")));
        router.errorHandler(
                Problem.METHOD_NOT_ALLOWED,
                context ->
                        Answers.send(
                                context,
                                new Problem(
                                        Problem.METHOD_NOT_ALLOWED,
                                        "METHOD_NOT_ALLOWED",
                                        "Method not allowed",
                                        context.request().path()
                                                + " does not know "
                                                + context.request().method()
                                                + ".",
                                        "GET /openapi.yaml describes it.")));
        router.errorHandler(
                Problem.BODY_TOO_LARGE,
                context ->
                        Answers.send(
                                context,
                                new Problem(
                                        Problem.BODY_TOO_LARGE,
                                        "BODY_TOO_LARGE",
                                        "Body too large",
                                        "The body is larger than "
                                                + limits.httpBodyBytes()
                                                + " bytes (httpBodyBytes).",
                                        "No request of this API needs as much.")));
        router.errorHandler(
                Problem.BAD_REQUEST,
                context ->
                        Answers.send(
                                context,
                                Problem.invalid("The request is malformed.", "Check its URL.")));
        router.errorHandler(
                Problem.INTERNAL_ERROR,
                context ->
                        Answers.sendFailure(
                                context,
                                context.failure() == null
                                        ? new IllegalStateException("no cause is known")
                                        : context.failure()));
    }
}
