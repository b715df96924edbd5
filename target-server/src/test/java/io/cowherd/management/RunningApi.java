package io.cowherd.management;

import io.cowherd.access.AccessControl;
import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.mapping.volume.Volumes;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// A management API over fakes, on a free port of loopback.
public final class RunningApi implements AutoCloseable {
    private static final long WAIT_SECONDS = 30;

    public final FakeVolumes volumes = new FakeVolumes();
    public final FakeHosts hosts = new FakeHosts();
    public final Readiness readiness = new Readiness();
    public final AccessControl access;
    public final Path tokenFile;
    public final String token;
    private final Vertx vertx = Vertx.vertx();
    private final ManagementServer server;

    public RunningApi(Path directory) throws IOException {
        this(directory, ManagementLimits.DEFAULTS);
    }

    public RunningApi(Path directory, ManagementLimits limits) throws IOException {
        this(directory, limits, RunningApi::singleNode);
    }

    /// A node of a cluster: those of one directory have one token.
    public RunningApi(Path directory, ManagementLimits limits, Function<Volumes, Nodes> nodes)
            throws IOException {
        access = AccessControl.open(directory, AccessSettings.DEFAULTS);
        AccessToken secret = AccessToken.open(directory);
        tokenFile = directory.resolve(AccessToken.FILE_NAME);
        token = Files.readString(tokenFile).strip();
        var events =
                new EventLog(
                        InstantSource.system(), limits.eventBacklog(), limits.eventSubscribers());
        volumes.addListener(events);
        server =
                await(
                        ManagementServer.start(
                                vertx,
                                new HostPort("127.0.0.1", 0),
                                limits,
                                new ManagementServer.Services(
                                        volumes,
                                        hosts,
                                        access,
                                        nodes.apply(volumes),
                                        "node-1",
                                        secret,
                                        readiness,
                                        events)));
        readiness.become(Readiness.State.READY);
    }

    /// The node `node-1`, alone.
    public static Nodes singleNode(Volumes volumes) {
        return new SingleNode(
                "node-1",
                () -> List.of("127.0.0.1:3260"),
                () -> new HostPort("127.0.0.1", 3261),
                "1.0",
                volumes);
    }

    /// Where it listens.
    public String url() {
        return "http://" + address();
    }

    /// The same.
    public HostPort address() {
        return server.address();
    }

    @Override
    public void close() {
        await(server.stop().compose(_ -> vertx.close()));
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException
                | java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
