package io.cowherd.management;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.cowherd.access.AccessControl;
import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.access.AccessSettings;
import io.vertx.core.Vertx;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Goal: what `openapi.yaml` describes is what is served. Method: compare it with the router's table.
class OpenApiTest {
    @Test
    void theDescriptionNamesEveryRouteAndNoOther(@TempDir Path directory) throws Exception {
        assertEquals(described(), served(directory));
    }

    private static Set<String> described() throws Exception {
        var operations = new TreeSet<String>();
        try (InputStream file = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            JsonNode paths = new YAMLMapper().readTree(Objects.requireNonNull(file)).path("paths");
            paths.properties()
                    .forEach(
                            path ->
                                    path.getValue()
                                            .fieldNames()
                                            .forEachRemaining(
                                                    method -> {
                                                        if (!method.equals("parameters")) {
                                                            operations.add(
                                                                    method.toUpperCase(
                                                                                    java.util.Locale
                                                                                            .ROOT)
                                                                            + " "
                                                                            + path.getKey());
                                                        }
                                                    }));
        }
        return operations;
    }

    private static Set<String> served(Path directory) throws Exception {
        Vertx vertx = Vertx.vertx();
        var limits = ManagementLimits.DEFAULTS;
        var events = new EventLog(InstantSource.system(), 1, 1);
        var services =
                new ManagementServer.Services(
                        new FakeVolumes(),
                        new FakeHosts(),
                        AccessControl.open(directory, AccessSettings.DEFAULTS),
                        RunningApi.singleNode(new FakeVolumes()),
                        "node",
                        AccessToken.open(directory),
                        new Readiness(),
                        events);
        var operations = new TreeSet<String>();
        try {
            Routes.build(
                            vertx,
                            new HostPort("127.0.0.1", 0),
                            limits,
                            services,
                            new Workers(vertx, "query", limits),
                            new Workers(vertx, "change", limits),
                            new EventStream(vertx, events),
                            new ApiConnections(vertx, limits))
                    .getRoutes()
                    .forEach(
                            route -> {
                                if (route.methods() != null) {
                                    String path = route.getName();
                                    route.methods()
                                            .forEach(
                                                    method ->
                                                            operations.add(
                                                                    method
                                                                            + " "
                                                                            + path.replaceAll(
                                                                                    "/:(\\w+)",
                                                                                    "/{$1}")));
                                }
                            });
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
        return operations;
    }
}
