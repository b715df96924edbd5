package io.cowherd.cluster.simulation;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.ClusterNode;
import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.Elections;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.OwnershipState;
import io.cowherd.cluster.Storage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A machine with one process of ours: it can stop, with or without its machine, die, and start again.
final class SimulatedNode {
    private static final long TICK = 100 * World.MILLIS;
    private static final long HEARTBEAT = 2 * World.SECONDS;

    /// What a supervisor takes to start a process that has died.
    private static final long RESTART = 2 * World.SECONDS;

    private final int index;
    private final NodeId id;
    private final World world;
    private final Setting setting;
    private final Cluster cluster;
    private final double clockRate;
    private final long clockOffset;
    private final Deque<Runnable> waiting = new ArrayDeque<>();

    private int life;
    private boolean up;
    private boolean machineUp = true;
    private boolean frozen;

    /// By how much the clock lags behind, having stood still.
    private long stoodStill;

    /// Port calls until the process dies, to die at any step of a hand-over; 0: not planned.
    private int stepsToDeath;

    private @Nullable ClusterNode node;
    private SimulatedService service;

    /// What nodes share.
    record Cluster(
            List<UUID> families,
            SimulatedElection election,
            SimulatedStorage storage,
            Network network,
            List<SimulatedNode> nodes,
            boolean fenceCommand) {}

    SimulatedNode(int index, World world, Setting setting, Cluster cluster) {
        this.index = index;
        this.id = new NodeId("node-" + index);
        this.world = world;
        this.setting = setting;
        this.cluster = cluster;
        this.clockRate = 0.98 + world.pick(41) / 1000.0;
        this.clockOffset = world.between(-World.SECONDS, World.SECONDS) * 1_000_000;
        this.service = new SimulatedService(this, world, cluster.storage());
    }

    int index() {
        return index;
    }

    NodeId id() {
        return id;
    }

    int life() {
        return life;
    }

    boolean isUp() {
        return up;
    }

    boolean isMachineUp() {
        return machineUp;
    }

    /// Whether it does anything at all.
    boolean isRunning() {
        return up && !frozen;
    }

    SimulatedService service() {
        return service;
    }

    Optional<ClusterNode> rules() {
        return Optional.ofNullable(node);
    }

    private long clock() {
        return clockOffset + (long) ((world.now() - stoodStill) * clockRate);
    }

    /// Has the process do something now; later if it is frozen, never if it is another life of it by then.
    void run(int ofLife, Runnable action) {
        if (ofLife != life || !up) {
            return;
        }
        if (frozen) {
            waiting.add(() -> run(ofLife, action));
        } else {
            action.run();
        }
    }

    void after(long delay, Runnable action) {
        int mine = life;
        world.after(delay, () -> run(mine, action));
    }

    void start() {
        if (up || !machineUp) {
            return;
        }
        up = true;
        life++;
        world.note("%s starts".formatted(id));
        service = new SimulatedService(this, world, cluster.storage());
        ClusterNode started =
                new ClusterNode(
                        id,
                        ClusterTimes.DEFAULTS,
                        new ElectionPort(),
                        new StoragePort(),
                        service,
                        world.now() / World.MILLIS,
                        this::clock);
        node = started;
        started.families(Set.copyOf(cluster.families()));
        tick(started);
        heartbeat(started);
    }

    private void tick(ClusterNode mine) {
        if (!setting.has(Setting.Fence.LEASE)) {
            mine.sessionConfirmed(clock());
        }
        mine.tick();
        after(TICK, () -> tick(mine));
    }

    private void heartbeat(ClusterNode mine) {
        long from = clock();
        cluster.election()
                .heartbeat(
                        this,
                        answer -> {
                            if (answer == 1) {
                                mine.sessionConfirmed(from);
                            } else if (answer == 0 && setting.has(Setting.Fence.LEASE)) {
                                mine.sessionLost("the election knows no session of this node");
                            }
                        });
        after(HEARTBEAT, () -> heartbeat(mine));
    }

    void left(SimulatedNode other) {
        run(life, () -> rules().ifPresent(it -> it.left(other.id())));
    }

    void dieAfter(int steps) {
        stepsToDeath = steps;
    }

    /// One port call less to live.
    void step() {
        if (stepsToDeath > 0 && --stepsToDeath == 0) {
            world.note("%s dies at a step".formatted(id));
            after(0, this::crash);
        }
    }

    /// The process dies; a supervisor starts it again if the machine is there.
    void crash() {
        if (!up) {
            return;
        }
        world.note("%s crashes, serving %s".formatted(id, serving()));
        up = false;
        frozen = false;
        waiting.clear();
        node = null;
        cluster.storage().processDied(this);
        world.after(RESTART + world.between(0, RESTART), this::start);
    }

    void powerOff(long length) {
        if (!machineUp) {
            return;
        }
        machineUp = false;
        crash();
        world.after(
                length,
                () -> {
                    machineUp = true;
                    start();
                });
    }

    /// The process stops, its machine and clock go on.
    void freeze(long length) {
        if (!isRunning()) {
            return;
        }
        world.note(
                "%s freezes for %d ms, serving %s".formatted(id, length / World.MILLIS, serving()));
        int mine = life;
        frozen = true;
        world.after(length, () -> thaw(mine));
    }

    /// The whole machine stops.
    void suspend(long length, boolean clockToo) {
        if (!isRunning() || !machineUp) {
            return;
        }
        world.note("%s is suspended, clock too: %s, serving %s".formatted(id, clockToo, serving()));
        int mine = life;
        frozen = true;
        machineUp = false;
        world.after(
                length,
                () -> {
                    machineUp = true;
                    stoodStill += clockToo ? length : 0;
                    thaw(mine);
                });
    }

    /// Ends whatever holds it up.
    void goOn() {
        machineUp = true;
        thaw(life);
        start();
    }

    private void thaw(int ofLife) {
        if (ofLife != life || !frozen) {
            return;
        }
        world.note("%s goes on".formatted(id));
        frozen = false;
        while (!waiting.isEmpty() && isRunning()) {
            waiting.remove().run();
        }
    }

    List<UUID> serving() {
        return rules().stream()
                .flatMap(it -> it.states().entrySet().stream())
                .filter(it -> it.getValue() instanceof OwnershipState.Serving)
                .map(Map.Entry::getKey)
                .toList();
    }

    /// The fence command at another node: it kills what it is told to, if that is configured.
    void kill(NodeId other, Consumer<Boolean> said) {
        Optional<SimulatedNode> target =
                cluster.nodes().stream().filter(it -> it.id().equals(other)).findAny();
        if (!cluster.fenceCommand() || target.isEmpty()) {
            after(World.MILLIS, () -> said.accept(false));
            return;
        }
        target.get().crash();
        after(World.SECONDS, () -> said.accept(true));
    }

    private final class ElectionPort implements Elections {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void elect(UUID family, Consumer<Ballot> answer) {
            step();
            cluster.election()
                    .elect(
                            SimulatedNode.this,
                            family,
                            ballot -> {
                                answer.accept(ballot);
                                confirmSoon();
                            });
        }

        private void confirmSoon() {
            ClusterNode mine = node;
            if (mine != null) {
                long from = clock();
                cluster.election()
                        .heartbeat(
                                SimulatedNode.this,
                                answer -> {
                                    if (answer == 1) {
                                        mine.sessionConfirmed(from);
                                    }
                                });
            }
        }

        @Override
        public void resign(UUID family, Runnable done) {
            step();
            cluster.election().resign(SimulatedNode.this, family, done);
        }

        @Override
        public void announce(Announcement announcement) {
            for (SimulatedNode other : cluster.nodes()) {
                boolean apart =
                        setting.may(Setting.Mischief.TWO_CLUSTERS)
                                && (index == 0) != (other.index == 0);
                if (other != SimulatedNode.this
                        && !apart
                        && cluster.network().connected(index, other.index)
                        && !cluster.network().loses(world)) {
                    int life = other.life;
                    world.after(
                            cluster.network().delay(world),
                            () ->
                                    other.run(
                                            life,
                                            () ->
                                                    other.rules()
                                                            .ifPresent(
                                                                    it -> it.heard(announcement))));
                }
            }
        }
    }

    private final class StoragePort implements Storage {
        @Override
        public void lock(UUID family, OwnerFence fence, Consumer<Lock> answer) {
            step();
            service.begins(family);
            cluster.storage().lock(SimulatedNode.this, family, answer);
        }

        @Override
        public void raiseEpoch(UUID family, Consumer<Raise> answer) {
            step();
            cluster.storage()
                    .raiseEpoch(
                            SimulatedNode.this,
                            family,
                            service.client(family),
                            (judged, raise) -> {
                                service.judgedAs(family, judged);
                                answer.accept(raise);
                            });
        }

        @Override
        public void check(UUID family, Consumer<Check> answer) {
            cluster.storage().check(SimulatedNode.this, family, service.client(family), answer);
        }

        @Override
        public void unlock(UUID family, Runnable done) {
            step();
            cluster.storage().unlock(SimulatedNode.this, family, done);
        }
    }
}
