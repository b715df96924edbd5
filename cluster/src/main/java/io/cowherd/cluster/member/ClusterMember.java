package io.cowherd.cluster.member;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.ClusterNode;
import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.OwnershipState;
import io.cowherd.cluster.Service;
import io.cowherd.cluster.Storage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A node at work. Its rules run on a thread of their own, which the ports answer on and which never waits; a second one
/// looks whether the first is alive, and halts the process if a node that may not write any more does not let go.
///
/// **Threading.** *Thread-safe*: everything is passed to the node's thread. Questions wait for it [#PATIENCE] at most.
public final class ClusterMember implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);

    private static final Duration TICK = Duration.ofMillis(100);

    /// How long a caller waits for the node's thread, which answers in microseconds.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// How long the making of a family waits for the election.
    private static final Duration CREATE_PATIENCE = Duration.ofSeconds(15);

    /// Between two looks at whether an orderly stop has ended.
    private static final Duration STOP_LOOK = Duration.ofMillis(20);

    private final ElectionService elections;
    private final ClusterNode node;
    private final ScheduledExecutorService thread;
    private final Watchdog watchdog;

    /// The states at the last tick; owned by the node's thread.
    private Map<UUID, OwnershipState> seen = Map.of();

    private ClusterMember(
            ElectionService elections,
            ClusterNode node,
            ScheduledExecutorService thread,
            Watchdog watchdog) {
        this.elections = elections;
        this.node = node;
        this.thread = thread;
        this.watchdog = watchdog;
    }

    /// Starts a node that has joined an election.
    ///
    /// @param self as it has joined
    /// @param storage given the executor of the node's thread, on which it has to answer
    /// @param service given the same
    public static ClusterMember start(
            NodeId self,
            ClusterTimes times,
            ElectionService elections,
            Function<Executor, Storage> storage,
            Function<Executor, Service> service) {
        ScheduledExecutorService thread =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("cluster-" + self).daemon().factory());
        Executor guarded = task -> thread.execute(() -> runLogged(task));
        Service served = service.apply(guarded);
        var node =
                new ClusterNode(
                        self,
                        times,
                        elections,
                        storage.apply(guarded),
                        served,
                        System.currentTimeMillis(),
                        System::nanoTime);
        var watchdog = new Watchdog(node.lease(), times, served);
        var member = new ClusterMember(elections, node, thread, watchdog);
        elections.start(guarded, member.new Told());
        var _ =
                thread.scheduleWithFixedDelay(
                        () -> runLogged(member::tick), 0, TICK.toMillis(), TimeUnit.MILLISECONDS);
        watchdog.start();
        return member;
    }

    /// A task that fails must not end those that come after it.
    private static void runLogged(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | AssertionError e) {
            LOG.error("the rules of the cluster have failed; please report this", e);
        }
    }

    private void tick() {
        node.tick();
        watchdog.alive(node.mayWrite());
        Map<UUID, OwnershipState> now = node.states();
        now.forEach(
                (family, state) -> {
                    boolean tells = state.mayWrite() || state instanceof OwnershipState.Unavailable;
                    if (tells && !state.equals(seen.get(family))) {
                        LOG.info("family {}: {}", family, state);
                    }
                });
        seen = now;
    }

    /// What the catalogs say now: see [ClusterNode#families].
    public void families(Set<UUID> known) {
        thread.execute(() -> runLogged(() -> node.families(known)));
    }

    /// See [ClusterNode#create]; for a thread that may wait some seconds.
    ///
    /// @return empty if this node is not elected: no majority, or it is drained
    public Optional<OwnerFence> create(UUID family) {
        var answer = new CompletableFuture<Optional<OwnerFence>>();
        thread.execute(() -> runLogged(() -> node.create(family, answer::complete)));
        try {
            return answer.get(CREATE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            LOG.info("no election for the new family {} in time", family);
        }
        answer.complete(Optional.empty());
        return answer.join();
    }

    /// See [ClusterNode#created].
    public void created(UUID family, long epoch) {
        thread.execute(() -> runLogged(() -> node.created(family, epoch)));
    }

    /// See [ClusterNode#notCreated].
    public void notCreated(UUID family) {
        thread.execute(() -> runLogged(() -> node.notCreated(family)));
    }

    /// See [ClusterNode#removed].
    public void removed(UUID family) {
        thread.execute(() -> runLogged(() -> node.removed(family)));
    }

    /// See [ClusterNode#move].
    public Optional<String> move(UUID family, NodeId to) {
        return ask(() -> node.move(family, to));
    }

    /// See [ClusterNode#drain].
    public void drain() {
        ask(
                () -> {
                    node.drain();
                    return true;
                });
    }

    /// See [ClusterNode#undrain].
    public void undrain() {
        ask(
                () -> {
                    node.undrain();
                    return true;
                });
    }

    /// The part of this node in each family.
    public Map<UUID, OwnershipState> states() {
        return ask(node::states);
    }

    /// Who serves a family, as far as is known here.
    public Optional<NodeId> owner(UUID family) {
        return ask(() -> node.owner(family));
    }

    /// What each node that is heard says of itself.
    public Map<NodeId, Announcement> nodes() {
        return ask(node::nodes);
    }

    /// All that have joined, witnesses too.
    public List<Peer> peers() {
        return elections.peers();
    }

    /// See [ElectionService#voters].
    public Set<NodeId> voters() {
        return elections.voters();
    }

    /// See [ElectionService#isComplete].
    public boolean isComplete() {
        return elections.isComplete();
    }

    /// Whether enough voters have found each other.
    public boolean isReady() {
        return elections.isReady();
    }

    /// Gives every family back in order, then leaves.
    ///
    /// @return whether everything was given back in time; what was not ends with the session and the process
    public boolean stop(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        ask(
                () -> {
                    node.stop();
                    return true;
                });
        boolean empty = ask(node::holdsNothing);
        while (!empty && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(STOP_LOOK.toNanos());
            empty = ask(node::holdsNothing);
        }
        close();
        return empty;
    }

    /// Leaves at once: for a process that ends.
    @Override
    public void close() {
        watchdog.close();
        elections.close();
        thread.shutdownNow();
    }

    private <T> T ask(Supplier<T> question) {
        try {
            return CompletableFuture.supplyAsync(question, thread)
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the cluster was asked", e);
        } catch (TimeoutException | ExecutionException e) {
            throw new IllegalStateException("the cluster's thread does not answer", e);
        }
    }

    private final class Told implements ElectionService.Listener {
        @Override
        public void sessionConfirmed(long from) {
            node.sessionConfirmed(from);
        }

        @Override
        public void sessionLost(String why) {
            LOG.warn("session lost: {}", why);
            node.sessionLost(why);
        }

        @Override
        public void heard(Announcement announcement) {
            node.heard(announcement);
        }

        @Override
        public void left(NodeId other) {
            node.left(other);
        }
    }
}
