package io.cowherd.server;

import io.cowherd.access.AccessControl;
import io.cowherd.config.ClusterSettings;
import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.login.Reception;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.iscsi.portal.NetworkTransport;
import io.cowherd.iscsi.portal.TransportUnavailableException;
import io.cowherd.management.AccessToken;
import io.cowherd.management.EventLog;
import io.cowherd.management.ManagementServer;
import io.cowherd.management.Nodes;
import io.cowherd.management.Readiness;
import io.cowherd.management.SingleNode;
import io.cowherd.mapping.device.FileFault;
import io.cowherd.mapping.device.LoopTurn;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumePool;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeState;
import io.cowherd.mapping.volume.Volumes;
import io.cowherd.scsi.alua.PortGroup;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.target.IoPool;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running server. Started from the bottom up:
///
/// 1. volumes are opened, and the data directory locked;
/// 2. every volume becomes a LUN, and further ones will as they come;
/// 3. the API listens: its probes say *starting*;
/// 4. portals are bound, hosts can log in: the probes say *ready*.
///
/// Stopped from the top down, in the reverse order, after hosts were asked to log out.
///
/// **Threading.** *Confined to the thread that starts it*, which may block; [#stop] may come from any one thread.
public final class CowherdServer {
    private static final Logger LOG = LoggerFactory.getLogger(CowherdServer.class);

    /// Target port group of this node's portals.
    private static final int NODE_GROUP = 1;

    /// Beyond the time that task management may take, so that it has had its chance.
    private static final int MARGIN_MILLIS = 5_000;

    // Immutable
    private final ServerSettings settings;
    private final Readiness readiness = new Readiness();

    /// What [#stop] undoes, the latest first.
    private final Deque<Step> toUndo = new ArrayDeque<>();

    private List<String> advertisedPortals = List.of();
    private HostPort httpAddress;

    /// One step back.
    private record Step(String name, Undo undo) {
        interface Undo {
            void run() throws Exception;
        }
    }

    /// Something to do with the volumes before hosts can.
    public interface Preparation {
        /// Nothing.
        Preparation NONE = _ -> {};

        /// Does it.
        void prepare(Volumes volumes) throws IOException, VolumeRefusedException;
    }

    private CowherdServer(ServerSettings settings) {
        this.settings = settings;
        this.httpAddress = settings.http();
    }

    /// Starts a server; when this returns, hosts can log in.
    ///
    /// @param preparation is done when the volumes are open, before they are served
    /// @throws StartFailedException with cause and correction, if it cannot; nothing is left running then
    public static CowherdServer start(ServerSettings settings, Preparation preparation)
            throws StartFailedException {
        var server = new CowherdServer(settings);
        try {
            server.startUp(preparation);
            return server;
        } catch (IOException e) {
            server.stop();
            throw new StartFailedException(sentence(e), correction(e), e);
        } catch (VolumeRefusedException e) {
            server.stop();
            throw new StartFailedException(String.valueOf(e.getMessage()), e.correction(), e);
        } catch (StartFailedException | RuntimeException e) {
            server.stop();
            throw e;
        }
    }

    private static String sentence(IOException e) {
        return e.getClass().getPackageName().startsWith("io.cowherd")
                ? String.valueOf(e.getMessage())
                : "The server cannot start: " + FileFault.describe(e) + ".";
    }

    private static String correction(IOException e) {
        return e instanceof FileSystemException system && system.getReason() == null
                ? "Let this user read and write there, or name another directory with --data."
                : "";
    }

    private void startUp(Preparation preparation)
            throws IOException, VolumeRefusedException, StartFailedException {
        LOG.info("Cowherd starts, data in {}", settings.dataDirectory().toAbsolutePath());
        ClusterParts cluster = enter();
        Volumes volumes = cluster == null ? openVolumes() : cluster.volumes();
        preparation.prepare(volumes);
        AccessToken token;
        AccessControl access;
        try (Closeable _ = cluster == null ? () -> {} : cluster.startLock()) {
            token = AccessToken.open(settings.dataDirectory());
            access =
                    cluster == null
                            ? AccessControl.open(settings.dataDirectory(), settings.access())
                            : cluster.access();
        }
        Exposure.check(settings, access.rules());

        IoPool pool = new IoPool(settings.limits());
        undoBy("end I/O", () -> endIo(pool));
        List<Portal> portals =
                portals(settings.portals(), cluster == null ? 1 : cluster.firstTag());
        var targets =
                new ServedTargets(
                        settings.limits(),
                        pool,
                        cluster == null ? portGroups(portals) : cluster.portGroups(),
                        cluster == null
                                ? LogicalUnit.WriteCache.VOLATILE
                                : LogicalUnit.WriteCache.NONE);
        undoBy("end erasures", () -> endErasures(targets));
        volumes.addListener(targets);
        volumes.list().forEach(targets::attach);

        Vertx vertx = vertx().exceptionHandler(CowherdServer::logFault);
        undoBy("end event loops", () -> await(vertx.close()));
        Vertx aside = aside().exceptionHandler(CowherdServer::logFault);
        undoBy("end the API's event loop", () -> await(aside.close()));
        watchStalls(aside);
        TargetDirectory directory = cluster == null ? targets : cluster.routes(targets, vertx);
        var iscsi =
                new IscsiServer(
                        vertx,
                        settings.limits(),
                        portals,
                        directory,
                        new Reception(access, access));
        long patience = (long) settings.limits().taskManagementTimeoutMillis() + MARGIN_MILLIS;
        var hosts = new LoggedInHosts(targets, directory, iscsi, settings.portals(), patience);
        Nodes nodes = cluster == null ? alone(hosts, volumes) : new ClusterNodes(cluster);
        startManagement(aside, volumes, token, access, hosts, nodes);
        startPortals(iscsi);
        advertisedPortals = hosts.portals();
        if (cluster != null) {
            join(cluster, iscsi, vertx, access);
        }
        readiness.become(Readiness.State.READY);
        LOG.info("ready: {}", describe(volumes.list()));
    }

    private VolumePool openVolumes() throws IOException {
        VolumePool volumes =
                VolumePool.open(
                        settings.dataDirectory(),
                        LOG::warn,
                        InstantSource.system(),
                        settings.limits().largestLun());
        undoBy("close volumes", volumes::close);
        return volumes;
    }

    private @Nullable ClusterParts enter() throws IOException, StartFailedException {
        ClusterSettings joining = settings.cluster();
        if (joining == null) {
            return null;
        }
        try {
            ClusterParts cluster = ClusterParts.enter(settings, joining, version());
            undoBy("leave the shared directory", cluster::close);
            return cluster;
        } catch (IllegalArgumentException e) {
            throw new StartFailedException(String.valueOf(e.getMessage()), "", e);
        }
    }

    /// Hosts can log in already; families come as soon as a majority of nodes has found each other.
    private void join(ClusterParts cluster, IscsiServer iscsi, Vertx vertx, AccessControl access)
            throws IOException {
        InetSocketAddress forward = await(Future.fromCompletionStage(cluster.listen(iscsi, vertx)));
        List<HostPort> portals =
                advertisedPortals.stream().map(portal -> HostPort.parse(portal, 0)).toList();
        cluster.join(portals, httpAddress, forward, access);
        undoBy("hand over to other nodes", cluster::leave);
    }

    private String version() {
        String version = getClass().getPackage().getImplementationVersion();
        return version == null ? "" : version;
    }

    private Vertx vertx() throws StartFailedException {
        try {
            return NetworkTransport.of(settings.transport(), CowherdServer::stuckLoop);
        } catch (TransportUnavailableException e) {
            throw explained(e);
        }
    }

    /// The API and the probes have an event loop of their own: they answer whatever storage does.
    private Vertx aside() throws StartFailedException {
        try {
            return NetworkTransport.aside(settings.transport());
        } catch (TransportUnavailableException e) {
            throw explained(e);
        }
    }

    private static StartFailedException explained(TransportUnavailableException e) {
        return new StartFailedException(
                String.valueOf(e.getMessage()),
                "Use --transport auto, or allow it: sysctl kernel.io_uring_disabled=0 for io_uring.",
                e);
    }

    private static @Nullable Thread stuckLoop() {
        LoopTurn.Stall stall = LoopTurn.stall();
        return stall == null ? null : stall.thread();
    }

    private static void watchStalls(Vertx aside) {
        var watch = new StallWatch(LoopTurn::stall, LOG::warn, LOG::info);
        aside.setPeriodic(StallWatch.EVERY_MILLIS, _ -> watch.look());
    }

    private void startManagement(
            Vertx vertx,
            Volumes volumes,
            AccessToken token,
            AccessControl access,
            LoggedInHosts hosts,
            Nodes nodes)
            throws StartFailedException {
        ManagementLimits limits = settings.managementLimits();
        var events =
                new EventLog(
                        InstantSource.system(), limits.eventBacklog(), limits.eventSubscribers());
        volumes.addListener(events);
        try {
            ManagementServer management =
                    await(
                            ManagementServer.start(
                                    vertx,
                                    settings.http(),
                                    limits,
                                    new ManagementServer.Services(
                                            volumes,
                                            hosts,
                                            access,
                                            nodes,
                                            settings.nodeName(),
                                            token,
                                            readiness,
                                            events)));
            undoBy("close the API", () -> await(management.stop()));
            httpAddress = management.address();
            LOG.info("management API on http://{}", httpAddress);
            if (!settings.http().isLoopback()) {
                LOG.warn("the API is not on loopback: its token crosses the network unencrypted");
            }
        } catch (IOException e) {
            throw Bindings.explain(List.of(settings.http()), "--http", e);
        }
    }

    private Nodes alone(LoggedInHosts hosts, Volumes volumes) {
        return new SingleNode(
                settings.nodeName(), hosts::portals, () -> httpAddress, version(), volumes);
    }

    private void startPortals(IscsiServer iscsi) throws StartFailedException {
        try {
            await(iscsi.start());
        } catch (IOException e) {
            throw Bindings.explain(
                    settings.portals().stream().map(PortalSetting::listen).toList(), "--portal", e);
        }
        Duration grace = Duration.ofMillis(settings.limits().logoutTimeoutMillis());
        undoBy("let hosts log out", () -> await(iscsi.stop(grace)));
    }

    /// Each portal is a target port of its own, with its number as portal group tag and relative port identifier: a host that
    /// logs in over two of them has two paths.
    ///
    /// @param firstTag that of the first
    private static List<Portal> portals(List<PortalSetting> settings, int firstTag) {
        var portals = new ArrayList<Portal>();
        for (PortalSetting setting : settings) {
            HostPort advertised = setting.advertise();
            HostPort asBound = new HostPort(setting.listen().host(), 0);
            portals.add(
                    new Portal(
                            setting.listen(),
                            advertised == null ? asBound : advertised,
                            firstTag + portals.size()));
        }
        return portals;
    }

    /// One target port group with the ports of all portals: while there is one node, all reach everything equally well.
    private static PortGroups portGroups(List<Portal> portals) {
        return new PortGroups(
                List.of(
                        PortGroup.active(
                                NODE_GROUP, portals.stream().map(Portal::groupTag).toList())));
    }

    private static String describe(List<Volume> volumes) {
        List<Volume> served = volumes.stream().filter(CowherdServer::isReachable).toList();
        long origins = served.stream().filter(volume -> volume.origin() == null).count();
        int unreachable = volumes.size() - served.size();
        return "%d origins, %d snapshots".formatted(origins, served.size() - origins)
                + (unreachable == 0 ? "" : "; %d volumes are out of reach".formatted(unreachable));
    }

    private static boolean isReachable(Volume volume) {
        return volume.state() != VolumeState.UNREACHABLE;
    }

    private static void logFault(Throwable fault) {
        LOG.error("a fault on an event loop", fault);
    }

    private void undoBy(String name, Step.Undo undo) {
        toUndo.push(new Step(name, undo));
    }

    private void endErasures(ServedTargets targets)
            throws InterruptedException, ExecutionException, TimeoutException {
        int patience = settings.limits().taskManagementTimeoutMillis();
        targets.retire().toCompletableFuture().get(patience, TimeUnit.MILLISECONDS);
    }

    private void endIo(IoPool pool) throws InterruptedException {
        if (!pool.close(settings.limits().taskManagementTimeoutMillis())) {
            LOG.error("storage did not answer in time; some I/O is still running");
        }
    }

    /// Waits for a future's end.
    ///
    /// @throws IOException if it failed
    private <T> T await(Future<T> future) throws IOException {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(settings.managementLimits().stopTimeoutMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | CompletionException e) {
            throw new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new IOException("no end within the time of stopTimeoutMillis", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /// What hosts are told to connect to, by portal.
    public List<String> advertisedPortals() {
        return advertisedPortals;
    }

    /// Where the API listens, with the port that the system chose.
    public HostPort httpAddress() {
        return httpAddress;
    }

    /// Stops: hosts are asked to log out, running commands end and are answered, everything is flushed and closed. What fails
    /// on the way is logged, and the rest is done all the same. Idempotent.
    public synchronized void stop() {
        if (readiness.state() != Readiness.State.STOPPING) {
            LOG.info("stopping");
            readiness.become(Readiness.State.STOPPING);
        }
        while (!toUndo.isEmpty()) {
            Step step = toUndo.pop();
            try {
                step.undo().run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                LOG.error("stopping: could not {}", step.name(), e);
            } catch (Exception e) { // the outermost loop of stopping: the next step must come
                LOG.error("stopping: could not {}", step.name(), e);
            }
        }
        LOG.info("stopped");
    }
}
