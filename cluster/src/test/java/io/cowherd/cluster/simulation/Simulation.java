package io.cowherd.cluster.simulation;

import io.cowherd.cluster.NodeId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Three nodes, some families, their hosts, and a seed's worth of mischief: rounds of chaos, each followed by a calm in
/// which a majority can talk, and in which every family must be served again in time.
final class Simulation {
    private static final int NODES = 3;
    private static final int FAMILIES = 2;
    private static final int ROUNDS = 2;
    private static final long CHAOS = 25 * World.SECONDS;

    /// From the moment at which a majority can talk and nothing more goes wrong until every family is served: the
    /// session's time to live (10 s), what the storage takes to free a dead machine's lock (8 s), lease, settling, a
    /// restart and some attempts.
    static final long SERVED_WITHIN = 35 * World.SECONDS;

    /// The same where a frozen process keeps the lock until the fence command is called.
    static final long SERVED_BY_FENCE_COMMAND = SERVED_WITHIN + 22 * World.SECONDS;

    private final long seed;
    private final Setting setting;
    private final World world;
    private final Network network;
    private final SimulatedElection election;
    private final SimulatedStorage storage;
    private final boolean fenceCommand;
    private final List<UUID> families = new ArrayList<>();
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<SimulatedHost> hosts = new ArrayList<>();
    private boolean chaos;

    private Simulation(long seed, Setting setting) {
        this.seed = seed;
        this.setting = setting;
        world = new World(seed);
        network = new Network(NODES);
        storage = new SimulatedStorage(world, setting, nodes, NODES);
        fenceCommand = world.chance(0.5);
        for (int i = 0; i < FAMILIES; i++) {
            families.add(new UUID(0x636f77, i + 1));
        }
        election = new SimulatedElection(world, setting, network, nodes, NODES);
        var shared =
                new SimulatedNode.Cluster(
                        families, election, storage, network, nodes, fenceCommand);
        for (int i = 0; i < NODES; i++) {
            nodes.add(new SimulatedNode(i, world, setting, shared));
        }
        for (UUID family : families) {
            hosts.add(new SimulatedHost(world, family, nodes, setting.strict()));
        }
    }

    /// Runs one seed.
    ///
    /// @throws Violation with seed and history
    static void run(long seed, Setting setting) {
        var simulation = new Simulation(seed, setting);
        try {
            simulation.run();
        } catch (Violation | AssertionError e) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + " in "
                            + setting
                            + ": "
                            + e.getMessage()
                            + "\n"
                            + simulation.world.trace(),
                    e);
        }
    }

    private void run() {
        nodes.forEach(node -> world.after(world.between(0, World.SECONDS), node::start));
        for (int round = 0; round < ROUNDS; round++) {
            chaos = true;
            mischief();
            world.runUntil(world.now() + CHAOS);
            chaos = false;
            calm(round == ROUNDS - 1);
        }
    }

    /// Heals everything, but perhaps for one node, and looks whether all is served in time.
    private void calm(boolean last) {
        network.heal();
        storage.heal();
        nodes.forEach(node -> node.rules().ifPresent(it -> it.undrain()));
        boolean leaveOne = !last && world.chance(0.5);
        int left = leaveOne ? world.pick(NODES) : -1;
        boolean stuck = false;
        for (SimulatedNode node : nodes) {
            if (node.index() != left) {
                node.dieAfter(0);
                node.goOn();
            }
        }
        if (leaveOne) {
            stuck = leaveOut(nodes.get(left));
        }
        long start = world.now();
        world.note("calm; left out: %d".formatted(left));
        world.runUntil(start + (stuck && fenceCommand ? SERVED_BY_FENCE_COMMAND : SERVED_WITHIN));
        if (!setting.may(Setting.Mischief.TWO_CLUSTERS)) {
            checkServed(left, start);
        }
        nodes.forEach(SimulatedNode::goOn);
    }

    /// One of three stays away: off the network, or frozen.
    ///
    /// @return whether it is frozen
    private boolean leaveOut(SimulatedNode node) {
        if (setting.may(Setting.Mischief.FREEZE) && world.chance(0.5)) {
            node.goOn();
            node.freeze(SERVED_BY_FENCE_COMMAND + World.SECONDS);
            return true;
        }
        network.isolate(node.index());
        return false;
    }

    private void checkServed(int left, long start) {
        for (int i = 0; i < families.size(); i++) {
            UUID family = families.get(i);
            // A frozen process keeps the lock: unavailable rather than wrong, until somebody kills
            // it.
            boolean excused =
                    left >= 0
                            && !fenceCommand
                            && storage.isLockedBy(family, nodes.get(left))
                            && !nodes.get(left).isRunning();
            if (!excused && hosts.get(i).servedAt() < start) {
                throw new Violation(
                        SimulatedStorage.name(family)
                                + " is not served within the bound; "
                                + states());
            }
        }
    }

    private String states() {
        var states = new StringBuilder();
        for (SimulatedNode node : nodes) {
            states.append(node.id())
                    .append(node.isRunning() ? " " : " (stopped) ")
                    .append(node.rules().map(it -> it.states().toString()).orElse("down"))
                    .append("; ");
        }
        return states.toString();
    }

    private void mischief() {
        if (chaos) {
            somethingHappens(nodes.get(world.pick(NODES)), nodes.get(world.pick(NODES)));
            world.after(world.between(World.SECONDS / 2, 4 * World.SECONDS), this::mischief);
        }
    }

    private void somethingHappens(SimulatedNode node, SimulatedNode other) {
        long length = world.between(World.SECONDS, CHAOS);
        switch (world.pick(15)) {
            case 0 -> node.crash();
            case 1 -> node.powerOff(length);
            case 2 -> node.dieAfter(1 + world.pick(12));
            case 3 -> network.cut(node.index(), other.index());
            case 4 -> {
                network.cut(node.index(), other.index());
                network.cut(other.index(), node.index());
            }
            case 5 -> network.isolate(node.index());
            case 6 -> network.heal();
            case 7 ->
                    network.impair(
                            world.pick(30) / 100.0, world.between(World.MILLIS, World.SECONDS));
            case 8 -> {
                if (setting.may(Setting.Mischief.STORAGE_CUT)) {
                    storage.cut(node.index());
                }
            }
            case 9 -> storage.heal();
            case 10 -> storage.slow(node.index(), world.between(World.MILLIS, 6 * World.SECONDS));
            case 11 -> operator(node, other.id());
            case 12 -> {
                if (setting.may(Setting.Mischief.FREEZE)) {
                    node.freeze(length);
                }
            }
            case 13 -> {
                if (setting.may(Setting.Mischief.SUSPEND)) {
                    node.suspend(length, world.chance(0.5));
                }
            }
            default -> rarely(node);
        }
    }

    private void rarely(SimulatedNode node) {
        if (world.chance(0.3)) {
            nodes.forEach(SimulatedNode::crash);
        } else if (setting.may(Setting.Mischief.CLOCK_JUMP)) {
            election.jump();
        } else {
            node.crash();
        }
    }

    private void operator(SimulatedNode node, NodeId other) {
        node.rules()
                .filter(_ -> node.isRunning())
                .ifPresent(
                        rules -> {
                            switch (world.pick(3)) {
                                case 0 -> rules.drain();
                                case 1 -> rules.undrain();
                                default -> families.forEach(family -> rules.move(family, other));
                            }
                        });
    }

    @Override
    public String toString() {
        return "seed " + seed;
    }
}
