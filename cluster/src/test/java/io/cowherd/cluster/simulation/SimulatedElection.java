package io.cowherd.cluster.simulation;

import io.cowherd.cluster.ClusterTimes;
import io.cowherd.cluster.Elections.Ballot;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// The election as the rules may count on it: it answers who reaches a majority, a session that is not heard for its time
/// to live ends with its locks, and until then nobody else gets them. Unless its clock jumps, or somebody ends a session.
final class SimulatedElection {
    /// After which a call is given up.
    static final long CALL_TIMEOUT = 3 * World.SECONDS;

    /// After which a silent node is removed, and one whose connections broke.
    private static final long SILENT_REMOVED = 10 * World.SECONDS;

    private static final long CRASHED_REMOVED = 400 * World.MILLIS;
    private static final long LOOK_EVERY = 200 * World.MILLIS;

    private static final class Session {
        final int node;
        final int life;
        double expiry;

        Session(int node, int life) {
            this.node = node;
            this.life = life;
        }
    }

    private final World world;
    private final Setting setting;
    private final Network network;
    private final List<SimulatedNode> nodes;
    private final double rate;
    private final Map<Integer, Session> sessions = new HashMap<>();
    private final Map<UUID, Integer> locks = new HashMap<>();
    private final long[] unreachableSince;
    private int nextSession;
    private double jumped;

    /// @param nodes filled by whoever calls
    SimulatedElection(
            World world,
            Setting setting,
            Network network,
            List<SimulatedNode> nodes,
            int nodeCount) {
        this.world = world;
        this.setting = setting;
        this.network = network;
        this.nodes = nodes;
        this.rate = 0.98 + world.pick(5) / 100.0;
        this.unreachableSince = new long[nodeCount];
        Arrays.fill(unreachableSince, -1);
        world.after(LOOK_EVERY, this::look);
    }

    private double clock() {
        return world.now() * rate + jumped;
    }

    void jump() {
        jumped += 3600.0 * World.SECONDS;
        world.note("the election's clock jumps");
    }

    void elect(SimulatedNode node, UUID family, Consumer<Ballot> answer) {
        call(
                node,
                Ballot.UNKNOWN,
                answer,
                () -> {
                    if (!setting.has(Setting.Fence.ELECTION)) {
                        renewed(node);
                        return Ballot.WON;
                    }
                    int session = renewed(node);
                    Integer holder = locks.putIfAbsent(family, session);
                    return holder == null || holder == session ? Ballot.WON : Ballot.LOST;
                });
    }

    void resign(SimulatedNode node, UUID family, Runnable done) {
        call(
                node,
                false,
                resigned -> {
                    if (resigned) {
                        done.run();
                    } else {
                        resign(node, family, done);
                    }
                },
                () -> {
                    Session holder = sessions.get(locks.getOrDefault(family, -1));
                    if (holder != null
                            && holder.node == node.index()
                            && holder.life == node.life()) {
                        locks.remove(family);
                    }
                    return true;
                });
    }

    /// @param answer 1 confirmed, 0 there is no such session, -1 no answer
    void heartbeat(SimulatedNode node, Consumer<Integer> answer) {
        call(
                node,
                -1,
                answer,
                () -> {
                    if (sessionOf(node) < 0) {
                        return 0;
                    }
                    renewed(node);
                    return 1;
                });
    }

    private int sessionOf(SimulatedNode node) {
        for (var session : sessions.entrySet()) {
            if (session.getValue().node == node.index() && session.getValue().life == node.life()) {
                return session.getKey();
            }
        }
        return -1;
    }

    private int renewed(SimulatedNode node) {
        int number = sessionOf(node);
        if (number < 0) {
            number = nextSession++;
            sessions.put(number, new Session(node.index(), node.life()));
        }
        sessions.getOrDefault(number, new Session(0, 0)).expiry =
                clock() + ClusterTimes.DEFAULTS.sessionTtl().toNanos();
        return number;
    }

    /// There and back; on either way it may get lost, and who called never knows which.
    private <T> void call(SimulatedNode node, T unknown, Consumer<T> answer, Supplier<T> apply) {
        int life = node.life();
        boolean[] answered = new boolean[1];
        Consumer<T> once =
                value -> {
                    if (!answered[0]) {
                        answered[0] = true;
                        node.run(life, () -> answer.accept(value));
                    }
                };
        world.after(CALL_TIMEOUT, () -> once.accept(unknown));
        boolean alone = setting.may(Setting.Mischief.TWO_CLUSTERS) && node.index() == 0;
        world.after(
                network.delay(world),
                () -> {
                    // A request under way needs no process any more, only its way.
                    if (network.loses(world)
                            || life != node.life()
                            || !(alone || network.hasMajority(node, nodes))) {
                        return;
                    }
                    T value = alone ? alone(unknown, apply) : apply.get();
                    world.after(
                            network.delay(world),
                            () -> {
                                if (!network.loses(world)
                                        && (alone || network.hasMajority(node, nodes))) {
                                    once.accept(value);
                                }
                            });
                });
    }

    /// Node 0's own cluster of one, which always agrees with it.
    @SuppressWarnings("unchecked") // the caller's T is what `unknown` is
    private <T> T alone(T unknown, Supplier<T> apply) {
        if (unknown instanceof Ballot) {
            return (T) Ballot.WON;
        }
        if (unknown instanceof Integer) {
            return (T) Integer.valueOf(1);
        }
        return apply.get();
    }

    private void look() {
        boolean anyMajority = nodes.stream().anyMatch(node -> network.hasMajority(node, nodes));
        if (anyMajority) {
            sessions.entrySet().removeIf(it -> it.getValue().expiry < clock());
            removeMembers();
        }
        locks.values().removeIf(session -> !sessions.containsKey(session));
        world.after(LOOK_EVERY, this::look);
    }

    private void removeMembers() {
        for (SimulatedNode node : nodes) {
            int index = node.index();
            if (node.isRunning() && network.hasMajority(node, nodes)) {
                unreachableSince[index] = -1;
            } else if (unreachableSince[index] < 0) {
                unreachableSince[index] = world.now();
            } else if (world.now() - unreachableSince[index]
                    > (node.isUp() ? SILENT_REMOVED : CRASHED_REMOVED)) {
                removed(node);
            }
        }
    }

    private void removed(SimulatedNode node) {
        if (setting.may(Setting.Mischief.FORCED_SESSIONS)) {
            sessions.values().removeIf(session -> session.node == node.index());
        }
        nodes.stream()
                .filter(other -> other != node && other.isRunning())
                .forEach(other -> other.left(node));
    }
}
