package io.cowherd.cluster.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.topic.ITopic;
import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.member.ElectionService;
import io.cowherd.cluster.member.IncompatiblePeerException;
import io.cowherd.cluster.member.Peer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Elections by the locks of Hazelcast's CP subsystem, announcements by one of its topics.
///
/// It elects, fast and by majority. It fences nobody: see `io.cowherd.cluster`. A *witness* joins with this and does
/// nothing else.
///
/// **Threading.** *Thread-safe*. One thread per family that this node is elected for or tries to be, one for the session, one
/// for slow work; Hazelcast's own besides.
public final class HazelcastElections implements ElectionService {
    private static final Logger LOG = LoggerFactory.getLogger(HazelcastElections.class);

    private static final String TOPIC = "cowherd-announcements";

    /// How long a node waits for a member of its own name to go: its former process, which is noticed by its connections,
    /// or after `max.no.heartbeat` at the latest.
    private static final Duration NAMESAKE_PATIENCE = Duration.ofSeconds(15);

    private static final Duration NAMESAKE_LOOK = Duration.ofMillis(200);
    private static final Duration MEND_EVERY = Duration.ofSeconds(1);

    private final HazelcastInstance hazelcast;
    private final NodeId self;
    private final CpMembership membership;
    private final ScheduledExecutorService slowWork;
    private final ITopic<byte[]> topic;
    private final Map<UUID, ElectionThread> threads = new ConcurrentHashMap<>();
    private volatile @Nullable SessionWatch session;
    private volatile @Nullable Executor nodeThread;

    private HazelcastElections(HazelcastInstance hazelcast, Peer self) {
        this.hazelcast = hazelcast;
        this.self = self.node();
        this.membership = new CpMembership(hazelcast);
        this.topic = hazelcast.getTopic(TOPIC);
        this.slowWork =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("cluster-members").daemon().factory());
        var _ =
                slowWork.scheduleWithFixedDelay(
                        this::mend,
                        MEND_EVERY.toMillis(),
                        MEND_EVERY.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /// Joins, or begins a cluster that others will join. Returns when those that were reached have been asked who they are,
    /// which takes some seconds; elections begin when [MemberConfiguration#CP_MEMBERS] have joined once.
    ///
    /// @throws IncompatiblePeerException if this node does not fit those that are there
    public static HazelcastElections join(HazelcastSettings settings)
            throws IncompatiblePeerException {
        // Sessions of two processes with one name would be taken for each other.
        String instance = settings.self().node() + "/" + UUID.randomUUID();
        HazelcastInstance hazelcast =
                Hazelcast.newHazelcastInstance(MemberConfiguration.of(settings, instance));
        try {
            if (hazelcast.getConfig().getCPSubsystemConfig().getCPMemberCount()
                    < MemberConfiguration.CP_MEMBERS) {
                throw new AssertionError("the CP subsystem is off");
            }
            checkPeers(hazelcast, settings.self());
            return new HazelcastElections(hazelcast, settings.self());
        } catch (IncompatiblePeerException | RuntimeException | Error e) {
            hazelcast.getLifecycleService().terminate();
            throw e;
        }
    }

    private static void checkPeers(HazelcastInstance hazelcast, Peer self)
            throws IncompatiblePeerException {
        long deadline = System.nanoTime() + NAMESAKE_PATIENCE.toNanos();
        while (true) {
            Optional<Peer> namesake = Optional.empty();
            for (Member member : hazelcast.getCluster().getMembers()) {
                Optional<Peer> peer = PeerAttributes.peer(member);
                if (member.localMember() || peer.isEmpty()) {
                    continue;
                }
                if (peer.get().node().equals(self.node())) {
                    namesake = peer;
                } else if (!peer.get().isCompatible(self)) {
                    throw new IncompatiblePeerException(incompatibility(peer.get(), self));
                }
            }
            if (namesake.isEmpty()) {
                return;
            }
            if (System.nanoTime() - deadline > 0 || !pause()) {
                throw new IncompatiblePeerException(
                        "another node is called "
                                + self.node()
                                + "; give each node a name of its own");
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(NAMESAKE_LOOK);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String incompatibility(Peer there, Peer self) {
        return "node %s (%s, reads data formats %d to %d) does not fit node %s (%s, %d to %d), which is in the cluster; upgrade one version at a time, all nodes"
                .formatted(
                        self.node(),
                        self.productVersion(),
                        self.oldestFormat(),
                        self.format(),
                        there.node(),
                        there.productVersion(),
                        there.oldestFormat(),
                        there.format());
    }

    @Override
    public void start(Executor executor, Listener listener) {
        nodeThread = executor;
        session =
                new SessionWatch(
                        hazelcast,
                        new SessionWatch.Listener() {
                            @Override
                            public void confirmed(long from) {
                                onNodeThread(() -> listener.sessionConfirmed(from));
                            }

                            @Override
                            public void lost(String why) {
                                onNodeThread(() -> listener.sessionLost(why));
                            }
                        });
        topic.addMessageListener(
                message ->
                        AnnouncementFormat.decode(message.getMessageObject())
                                .ifPresent(said -> onNodeThread(() -> listener.heard(said))));
        hazelcast.getCluster().addMembershipListener(new Membership(listener));
    }

    private void onNodeThread(Runnable task) {
        Executor executor = nodeThread;
        if (executor != null) {
            try {
                executor.execute(task);
            } catch (RejectedExecutionException e) {
                LOG.debug("the node has stopped", e);
            }
        }
    }

    @Override
    public boolean isReady() {
        return membership.isDiscovered();
    }

    @Override
    public boolean isComplete() {
        return voters().size() >= MemberConfiguration.CP_MEMBERS;
    }

    @Override
    public Set<NodeId> voters() {
        Set<Address> voting = membership.voters();
        return hazelcast.getCluster().getMembers().stream()
                .filter(member -> voting.contains(member.getAddress()))
                .flatMap(member -> PeerAttributes.peer(member).stream())
                .map(Peer::node)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// Whether this node is one of those that keep the locks.
    boolean isVoter() {
        return membership.isVoter();
    }

    /// Ends the sessions of another node, as if it had been removed.
    void endSessionsOf(HazelcastElections other) throws InterruptedException {
        membership.endSessions(other.hazelcast.getName());
    }

    @Override
    public List<Peer> peers() {
        return hazelcast.getCluster().getMembers().stream()
                .flatMap(member -> PeerAttributes.peer(member).stream())
                .toList();
    }

    @Override
    public void elect(UUID family, Consumer<Ballot> answer) {
        SessionWatch watch = session;
        if (watch == null || !isReady()) {
            onNodeThread(() -> answer.accept(Ballot.LOST));
            return;
        }
        threads.computeIfAbsent(family, it -> new ElectionThread(hazelcast, it, watch))
                .elect(ballot -> onNodeThread(() -> answer.accept(ballot)));
    }

    @Override
    public void resign(UUID family, Runnable done) {
        ElectionThread thread = threads.get(family);
        if (thread == null) {
            onNodeThread(done);
        } else {
            thread.resign(() -> onNodeThread(done));
        }
    }

    @Override
    public void announce(Announcement announcement) {
        try {
            var _ = topic.publishAsync(AnnouncementFormat.encode(announcement));
        } catch (RuntimeException e) {
            LOG.debug("{} could not announce anything", self, e);
        }
    }

    private void mend() {
        try {
            membership.mend();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.info("the CP members could not be completed; trying again: {}", e.toString());
        }
    }

    /// Leaves at once. A shutdown in order would first move this node's vote to another, which can take as long as it
    /// likes; the others take out the dead member themselves.
    @Override
    public void close() {
        slowWork.shutdownNow();
        SessionWatch watch = session;
        if (watch != null) {
            watch.close();
        }
        threads.values().forEach(ElectionThread::close);
        hazelcast.getLifecycleService().terminate();
    }

    private final class Membership extends MembershipAdapter {
        private final Listener listener;

        Membership(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void memberAdded(MembershipEvent event) {
            LOG.info("{} has joined", describe(event.getMember()));
        }

        @Override
        public void memberRemoved(MembershipEvent event) {
            Member gone = event.getMember();
            LOG.warn("{} is gone", describe(gone));
            membership.left(gone.getAddress());
            try {
                slowWork.execute(() -> removed(gone));
            } catch (RejectedExecutionException e) {
                LOG.debug("this node is leaving", e);
            }
        }

        private void removed(Member gone) {
            try {
                membership.endSessions(PeerAttributes.instance(gone));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                PeerAttributes.peer(gone)
                        .ifPresent(peer -> onNodeThread(() -> listener.left(peer.node())));
            }
        }

        private String describe(Member member) {
            return PeerAttributes.peer(member)
                    .map(peer -> "node " + peer.node() + " (" + peer.productVersion() + ")")
                    .orElse("a member that is no node of ours, " + member.getAddress());
        }
    }
}
