package io.cowherd.server;

import io.cowherd.access.AccessControl;
import io.cowherd.access.PrivateFile;
import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnershipState;
import io.cowherd.cluster.hazelcast.HazelcastElections;
import io.cowherd.cluster.hazelcast.HazelcastSettings;
import io.cowherd.cluster.member.ClusterMember;
import io.cowherd.cluster.member.IncompatiblePeerException;
import io.cowherd.cluster.member.Peer;
import io.cowherd.cluster.volumes.PoolStorage;
import io.cowherd.config.ClusterSettings;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.forward.ClusterSecret;
import io.cowherd.forward.ClusterTarget;
import io.cowherd.forward.ForwardListener;
import io.cowherd.forward.ForwardSettings;
import io.cowherd.forward.ForwardTransport;
import io.cowherd.forward.OwnerLookup;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.portal.IscsiServer;
import io.cowherd.mapping.device.LockFile;
import io.cowherd.mapping.volume.FamilyRecord;
import io.cowherd.mapping.volume.SharedVolumePool;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.Volumes;
import io.cowherd.nodes.NodeRecord;
import io.cowherd.nodes.NodeRegistry;
import io.cowherd.scsi.alua.PortGroups;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a server has besides if it is a node of a cluster. Made in this order, and left in the reverse one:
///
/// 1. **Enter**: this node's number, and the shared directory, in which nothing is open yet.
/// 2. **Show**: targets of all families, which move under hosts; where other nodes bring their hosts' commands.
/// 3. **Join**: elections; from then on families come and go. That needs a majority of nodes, which the start does not wait for.
///
/// **Threading.** *Thread-safe: its parts are*, but for the three steps, which come one after the other.
final class ClusterParts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterParts.class);

    private static final String CLUSTER_NAME = "cowherd";
    private static final int MAX_SECRET_BYTES = 1024;
    private static final String SECRET_CURE = "Give all nodes the same file, with mode 600";

    /// Others' changes of catalogs, nodes and rules are looked for as often.
    private static final int LOOK_MILLIS = 500;

    /// Who serves what, as other nodes announce it, is looked at as often: a host's commands wait for it.
    private static final int ROUTE_MILLIS = 25;

    /// Commands of other nodes' hosts get that long to end in a planned move; then they are aborted, and their hosts told to try
    /// again.
    private static final int DRAIN_MILLIS = 1_000;

    /// Longer than a change of the rules takes.
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(10);

    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(15);
    private static final int EXIT_FENCED = 3;

    private final ServerSettings settings;
    private final ClusterSettings cluster;
    private final NodeId self;
    private final String version;
    private final byte[] secret;
    private final NodeRegistry registry;
    private final SharedVolumePool pool;
    private final FamilyBirths births;
    private final ExecutorService workers =
            Executors.newCachedThreadPool(
                    Thread.ofPlatform().name("cluster-work-", 0).daemon().factory());
    private final ScheduledExecutorService looker =
            Executors.newScheduledThreadPool(
                    2, Thread.ofPlatform().name("cluster-look-", 0).daemon().factory());

    private volatile List<NodeRecord> nodes;
    // Step 2's, of the thread that starts
    private @Nullable ServedTargets targets;
    private @Nullable FamilyRoutes routes;

    // Any thread, once it is set
    private volatile @Nullable Shown shown;
    private volatile @Nullable ForwardListener listener;
    private volatile @Nullable ClusterMember member;
    private volatile boolean leaving;

    /// What step 2 has made.
    private record Shown(ServedTargets targets, FamilyRoutes routes, IscsiServer iscsi) {}

    private ClusterParts(
            ServerSettings settings,
            ClusterSettings cluster,
            String version,
            byte[] secret,
            NodeRegistry registry,
            SharedVolumePool pool,
            FamilyBirths births)
            throws IOException {
        this.settings = settings;
        this.cluster = cluster;
        this.self = new NodeId(settings.nodeName());
        this.version = version;
        this.secret = secret;
        this.registry = registry;
        this.pool = pool;
        this.births = births;
        this.nodes = NodeRegistry.read(settings.dataDirectory());
    }

    // -- 1. enter --

    /// Enters the directory.
    static ClusterParts enter(ServerSettings settings, ClusterSettings cluster, String version)
            throws IOException {
        byte[] secret =
                new String(
                                PrivateFile.read(
                                        cluster.secretFile(), MAX_SECRET_BYTES, SECRET_CURE),
                                StandardCharsets.UTF_8)
                        .strip()
                        .getBytes(StandardCharsets.UTF_8);
        var _ = new ClusterSecret(secret); // refuses one that is too short, before anything is made
        var births = new FamilyBirths();
        SharedVolumePool pool =
                SharedVolumePool.open(
                        settings.dataDirectory(),
                        settings.nodeName(),
                        births::fence,
                        LOG::warn,
                        InstantSource.system(),
                        settings.limits().largestLun());
        try {
            NodeRegistry registry =
                    NodeRegistry.enter(settings.dataDirectory(), settings.nodeName());
            return new ClusterParts(settings, cluster, version, secret, registry, pool, births);
        } catch (IOException | RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /// The volumes that are served here.
    Volumes volumes() {
        return pool.volumes();
    }

    /// The rules about hosts, which all nodes have in common.
    AccessControl access() throws IOException {
        Path lock = settings.dataDirectory().resolve("access.lock");
        return AccessControl.openShared(
                settings.dataDirectory(), settings.access(), () -> locked(lock));
    }

    private LockFileGuard locked(Path file) throws IOException {
        return new LockFileGuard(
                LockFile.lock(file, LockFile.Mode.EXCLUSIVE, "node " + self, LOCK_PATIENCE));
    }

    private record LockFileGuard(LockFile lock) implements Closeable {
        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /// Keeps other nodes from making at the same time what all have in common.
    Closeable startLock() throws IOException {
        return locked(settings.dataDirectory().resolve("start.lock"));
    }

    /// Portal group tag of this node's first portal.
    int firstTag() {
        return NodeRecord.tag(registry.number(), 0);
    }

    /// As hosts are told by this node, of the families that it serves.
    PortGroups portGroups() {
        var all = new ArrayList<>(nodes);
        all.removeIf(node -> node.number() == registry.number());
        List<HostPort> portals = settings.portals().stream().map(PortalSetting::listen).toList();
        all.add(
                new NodeRecord(
                        registry.number(),
                        self.name(),
                        portals,
                        settings.http(),
                        cluster.forward(),
                        version));
        all.sort((one, other) -> Integer.compare(one.number(), other.number()));
        return ClusterPorts.groups(all, registry.number());
    }

    // -- 2. show --

    /// The targets that hosts see.
    TargetDirectory routes(ServedTargets targets, Vertx vertx) {
        ForwardSettings forward = forwardSettings(settings.limits());
        ForwardTransport transport = transport(vertx);
        var routes =
                new FamilyRoutes(
                        targets::device,
                        (name, lookup) -> new ClusterTarget(name, lookup, forward, transport),
                        this::dropSessions);
        routes.families(pool.families());
        this.targets = targets;
        this.routes = routes;
        return routes;
    }

    private ForwardSettings forwardSettings(Limits limits) {
        return ForwardSettings.of(new ClusterSecret(secret), null, limits.maxTransferBytes());
    }

    private static ForwardTransport transport(Vertx vertx) {
        var inside = (VertxInternal) vertx;
        return new ForwardTransport(
                inside.eventLoopGroup(),
                inside.transport().channelFactory(false),
                inside.transport().serverChannelFactory(false));
    }

    private void dropSessions(String target) {
        Shown all = shown;
        if (all != null) {
            var _ = all.iscsi().disconnect(target, "the volume has been removed or renamed");
        }
    }

    /// Listens for other nodes' commands.
    ///
    /// @return where
    CompletionStage<InetSocketAddress> listen(IscsiServer iscsi, Vertx vertx) {
        ServedTargets served = Objects.requireNonNull(targets);
        FamilyRoutes ways = Objects.requireNonNull(routes);
        shown = new Shown(served, ways, iscsi);
        var taking =
                new ForwardListener(
                        forwardSettings(settings.limits()),
                        transport(vertx),
                        ways::owner,
                        iscsi.budget(),
                        settings.limits().bufferedBytes());
        listener = taking;
        HostPort address = cluster.forward();
        return taking.start(new InetSocketAddress(address.host(), address.port()));
    }

    // -- 3. join --

    /// Tells the others how this node is reached, and takes part from here on.
    ///
    /// @param forward where it takes others' commands
    /// @param access the rules, looked at again as often as others may have changed them
    void join(
            List<HostPort> portals,
            HostPort management,
            InetSocketAddress forward,
            AccessControl access)
            throws IOException {
        HostPort forwarding = new HostPort(cluster.forward().host(), forward.getPort());
        registry.publish(portals, management, forwarding, version);
        look(access);
        var _ =
                looker.scheduleWithFixedDelay(
                        () -> look(access), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        workers.execute(() -> elect(portals, management, forwarding));
    }

    private void elect(List<HostPort> portals, HostPort management, HostPort forwarding) {
        var peer =
                new Peer(
                        self,
                        false,
                        version,
                        1,
                        1,
                        portals.stream().map(HostPort::toString).toList(),
                        "http://" + management,
                        forwarding.toString());
        var joining =
                new HazelcastSettings(
                        CLUSTER_NAME,
                        new String(secret, StandardCharsets.UTF_8),
                        cluster.listen().host(),
                        cluster.listen().port(),
                        cluster.members().stream().map(HostPort::toString).toList(),
                        peer);
        try {
            HazelcastElections elections = HazelcastElections.join(joining);
            if (leaving) {
                elections.close();
                return;
            }
            Shown all = Objects.requireNonNull(shown);
            var halt = new Halt(self);
            var hosts = new Hosts(all);
            ClusterMember joined =
                    ClusterMember.start(
                            self,
                            ClusterTimes.DEFAULTS,
                            elections,
                            thread -> new PoolStorage(pool, workers, thread),
                            thread -> new ClusterFamilies(pool, hosts, workers, thread, halt));
            member = joined;
            pool.addListener(births.begin(joined, pool, hosts, workers));
            var _ =
                    looker.scheduleWithFixedDelay(
                            this::route, 0, ROUTE_MILLIS, TimeUnit.MILLISECONDS);
            LOG.info("node {} takes part in the cluster", self);
        } catch (IncompatiblePeerException | RuntimeException e) {
            LOG.error("node {} cannot join the cluster: {}", self, e.getMessage(), e);
        }
    }

    /// Ends the process at once: somebody else may be the owner.
    private record Halt(NodeId self) implements Consumer<String> {
        @Override
        public void accept(String reason) {
            LOG.error("node {} ends at once: {}", self, reason);
            StopSignals.halt(EXIT_FENCED);
        }
    }

    /// What hosts have to do with the families that come and go.
    private final class Hosts implements ClusterFamilies.HostsOfFamily {
        private final Shown all;

        Hosts(Shown all) {
            this.all = all;
        }

        @Override
        public void welcome(UUID family, long epoch) {
            all.routes().families(pool.families());
            all.targets().portGroups(portGroups());
            all.routes().arrived(family, epoch);
        }

        @Override
        public CompletionStage<?> send(UUID family) {
            String target = all.routes().nameOf(family);
            CompletableFuture<?> own = all.routes().left(family).toCompletableFuture();
            ForwardListener taking = listener;
            CompletableFuture<?> others =
                    target == null || taking == null
                            ? CompletableFuture.completedFuture(null)
                            : taking.leave(target, DRAIN_MILLIS).toCompletableFuture();
            return CompletableFuture.allOf(own, others)
                    .thenCompose(_ -> all.targets().retire(family));
        }
    }

    // -- looking at what others do --

    private void look(AccessControl access) {
        Shown all = Objects.requireNonNull(shown);
        try {
            pool.refresh();
            nodes = NodeRegistry.read(settings.dataDirectory());
            all.targets().portGroups(portGroups());
            all.routes().families(pool.families());
            all.routes().portalsElsewhere(ClusterPorts.elsewhere(nodes, registry.number()));
            ClusterMember joined = member;
            if (joined != null) {
                joined.families(
                        pool.families().stream()
                                .map(FamilyRecord::uuid)
                                .collect(Collectors.toSet()));
                births.forget();
            }
            if (access.refresh()) {
                var _ = all.iscsi().rulesChanged();
            }
        } catch (IOException e) {
            LOG.warn("what other nodes have changed cannot be read: {}", e.toString());
        } catch (RuntimeException e) { // the next look must come
            LOG.error("a fault while looking at what other nodes have changed", e);
        }
    }

    private void route() {
        try {
            var owners = new HashMap<UUID, OwnerLookup.Remote>();
            present()
                    .forEach(
                            (node, said) ->
                                    said.held()
                                            .forEach(
                                                    (family, epoch) ->
                                                            add(node, family, epoch, owners)));
            Shown all = Objects.requireNonNull(shown);
            if (owners.keySet().stream().anyMatch(family -> all.routes().nameOf(family) == null)) {
                pool.refresh(); // another node has made it just now
                all.routes().families(pool.families());
            }
            all.routes().elsewhere(owners);
        } catch (IOException | RuntimeException e) { // the next look must come
            LOG.error("a fault while looking where volumes are served", e);
        }
    }

    private void add(NodeId node, UUID family, long epoch, Map<UUID, OwnerLookup.Remote> owners) {
        if (epoch == 0 || node.equals(self)) {
            return;
        }
        OwnerLookup.Remote known = owners.get(family);
        for (NodeRecord record : nodes) {
            if (record.name().equals(node.name()) && (known == null || known.epoch() < epoch)) {
                HostPort address = record.forward();
                owners.put(
                        family,
                        new OwnerLookup.Remote(
                                new InetSocketAddress(address.host(), address.port()), epoch));
            }
        }
    }

    // -- for management --

    NodeId self() {
        return self;
    }

    int number() {
        return registry.number();
    }

    /// All nodes, up and down, as of the last look.
    List<NodeRecord> nodes() {
        return nodes;
    }

    /// The nodes that are up, with what they say of themselves.
    Map<NodeId, Announcement> present() {
        ClusterMember joined = member;
        return joined == null ? Map.of() : joined.nodes();
    }

    /// False for a node without which there are too few votes, and which has none yet.
    boolean votes(NodeId node) {
        ClusterMember joined = member;
        return joined != null && (joined.isComplete() || joined.voters().contains(node));
    }

    Optional<NodeId> owner(UUID family) {
        ClusterMember joined = member;
        return joined == null ? Optional.empty() : joined.owner(family);
    }

    /// Why a family cannot move, or nothing.
    Optional<String> move(UUID family, NodeId to) {
        ClusterMember joined = member;
        return joined == null
                ? Optional.of("this node has not joined the cluster yet")
                : joined.move(family, to);
    }

    void drain() {
        ClusterMember joined = member;
        if (joined != null) {
            joined.drain();
        }
    }

    void undrain() {
        ClusterMember joined = member;
        if (joined != null) {
            joined.undrain();
        }
    }

    boolean servesNothing() {
        ClusterMember joined = member;
        return joined == null
                || joined.states().values().stream().noneMatch(OwnershipState::isHeld);
    }

    /// The family of a volume, as of the last look; null if there is none.
    @Nullable FamilyRecord familyOf(VolumeName volume) {
        return pool.families().stream()
                .filter(family -> family.volumes().anyMatch(v -> v.name().equals(volume)))
                .findFirst()
                .orElse(null);
    }

    // -- leave --

    /// Hands everything over, in order; hosts that are logged in here go on by way of the other nodes until the portals close.
    void leave() {
        leaving = true;
        ClusterMember joined = member;
        if (joined != null && !joined.stop(LEAVE_LIMIT)) {
            LOG.error("not everything was handed over in {}", LEAVE_LIMIT);
        }
    }

    /// Closes the directory. After [#leave].
    @Override
    public void close() throws IOException {
        leaving = true;
        looker.shutdownNow();
        ForwardListener taking = listener;
        if (taking != null) {
            taking.close();
        }
        workers.shutdown();
        try (registry) {
            pool.close();
        }
    }
}
