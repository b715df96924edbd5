package io.cowherd.cluster.simulation;

import io.cowherd.cluster.Epoch;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.Storage.Check;
import io.cowherd.cluster.Storage.Lock;
import io.cowherd.cluster.Storage.Raise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/// Shared storage: a lock, an epoch and some blocks for each family.
///
/// Its lock refuses a second holder, outlives its holder's freezing, ends with its process, and is revoked from a machine
/// that was not heard for [#REVOKED_AFTER]: that machine's older requests are then refused. Requests that are under way
/// when their process dies are carried out before its lock is free, or never.
///
/// The judge sits here too (I6): who raised the epoch last is the only one who may write.
final class SimulatedStorage {
    static final int BLOCKS = 4;

    /// The lease of a network file system, shortened so that much happens.
    static final long REVOKED_AFTER = 8 * World.SECONDS;

    /// How long an older epoch may write where only the epoch is left: until it is read again from a slow disk (1 s and
    /// 6 s), and what was issued before has ended or its process has been halted (2.5 s).
    static final long SEEN_AFTER = 10 * World.SECONDS;

    private static final long RETRY = 100 * World.MILLIS;
    private static final long LOOK_EVERY = 200 * World.MILLIS;

    private static final class Family {
        int lockedBy = -1;
        int lockLife;
        long epoch;
        NodeId holder = new NodeId("nobody");
        int newest;
        long newestSince;
        final long[] blocks = new long[BLOCKS];
    }

    private record Request(
            SimulatedNode node, int life, int generation, Runnable action, Runnable refused) {}

    private final World world;
    private final Setting setting;
    private final Map<UUID, Family> families = new HashMap<>();
    private final List<Request> underWay = new ArrayList<>();
    private final List<SimulatedNode> nodes;
    private final boolean[] cut;
    private final long[] unheardSince;
    private final int[] generation;
    private final long[] slowest;
    private int acquisitions;

    /// @param nodes filled by whoever calls
    SimulatedStorage(World world, Setting setting, List<SimulatedNode> nodes, int nodeCount) {
        this.world = world;
        this.setting = setting;
        this.nodes = nodes;
        cut = new boolean[nodeCount];
        unheardSince = new long[nodeCount];
        Arrays.fill(unheardSince, -1);
        generation = new int[nodeCount];
        slowest = new long[nodeCount];
        heal();
        world.after(LOOK_EVERY, this::look);
    }

    void heal() {
        Arrays.fill(cut, false);
        Arrays.fill(slowest, 4 * World.MILLIS);
    }

    void cut(int node) {
        cut[node] = true;
    }

    void slow(int node, long nanos) {
        slowest[node] = nanos;
    }

    private Family family(UUID id) {
        return families.computeIfAbsent(id, _ -> new Family());
    }

    boolean isLockedBy(UUID id, SimulatedNode node) {
        Family family = family(id);
        return family.lockedBy == node.index() && family.lockLife == node.life();
    }

    private void look() {
        nodes.forEach(this::look);
        world.after(LOOK_EVERY, this::look);
    }

    /// A machine is heard or not. One that is heard gives back what died with a process meanwhile.
    private void look(SimulatedNode node) {
        int index = node.index();
        if (!cut[index] && node.isMachineUp()) {
            unheardSince[index] = -1;
            families.values().stream()
                    .filter(it -> it.lockedBy == index)
                    .filter(it -> !node.isUp() || it.lockLife != node.life())
                    .forEach(it -> it.lockedBy = -1);
        } else if (unheardSince[index] < 0) {
            unheardSince[index] = world.now();
        } else if (world.now() - unheardSince[index] > REVOKED_AFTER) {
            unheardSince[index] = world.now();
            generation[index]++;
            freeLocksOf(index);
        }
    }

    private void freeLocksOf(int node) {
        families.values().stream()
                .filter(family -> family.lockedBy == node)
                .forEach(family -> family.lockedBy = -1);
    }

    /// The process is gone. What it had issued is done now, or never; then its locks are free, if the storage hears of it.
    void processDied(SimulatedNode node) {
        List<Request> its = underWay.stream().filter(it -> it.node() == node).toList();
        underWay.removeAll(its);
        boolean heard = !cut[node.index()] && node.isMachineUp();
        if (heard) {
            its.stream().filter(_ -> world.chance(0.5)).forEach(this::carryOut);
            freeLocksOf(node.index());
        }
    }

    /// Which life of its client a machine is in; requests of an older one are refused.
    int generation(SimulatedNode node) {
        return generation[node.index()];
    }

    private void request(SimulatedNode node, int client, Runnable action, Runnable refused) {
        var request = new Request(node, node.life(), client, action, refused);
        underWay.add(request);
        world.after(world.between(World.MILLIS / 5, slowest[node.index()]), () -> arrive(request));
    }

    private void arrive(Request request) {
        if (!underWay.contains(request)) {
            return;
        }
        if (cut[request.node().index()] || !request.node().isMachineUp()) {
            world.after(RETRY, () -> arrive(request));
            return;
        }
        underWay.remove(request);
        carryOut(request);
    }

    private void carryOut(Request request) {
        boolean revoked = request.generation() != generation[request.node().index()];
        if (revoked && setting.has(Setting.Fence.STORAGE_LOCK)) {
            request.node().run(request.life(), request.refused());
        } else {
            request.action().run();
        }
    }

    void lock(SimulatedNode node, UUID id, Consumer<Lock> answer) {
        int life = node.life();
        request(
                node,
                generation(node),
                () -> {
                    Family family = family(id);
                    boolean free =
                            family.lockedBy < 0
                                    || isLockedBy(id, node)
                                    || !setting.has(Setting.Fence.STORAGE_LOCK);
                    if (free) {
                        family.lockedBy = node.index();
                        family.lockLife = life;
                    }
                    Lock lock =
                            free
                                    ? new Lock.Locked()
                                    : new Lock.Held(Optional.of(nodes.get(family.lockedBy).id()));
                    node.run(life, () -> answer.accept(lock));
                },
                () -> answer.accept(new Lock.Failed("revoked")));
    }

    /// @param answer also given the number that the judge knows this ownership by
    void raiseEpoch(SimulatedNode node, UUID id, int client, RaiseListener answer) {
        int life = node.life();
        request(
                node,
                client,
                () -> {
                    Family family = family(id);
                    int judged = ++acquisitions;
                    family.newest = judged;
                    family.newestSince = world.now();
                    Epoch raised = new Epoch(family.epoch + 1, node.id());
                    if (setting.has(Setting.Fence.EPOCH)) {
                        family.epoch = raised.number();
                        family.holder = raised.holder();
                    }
                    world.note("%s raises %s to %s".formatted(node.id(), name(id), raised));
                    node.run(life, () -> answer.accept(judged, new Raise.Raised(raised)));
                },
                () -> answer.accept(0, new Raise.Failed("revoked")));
    }

    interface RaiseListener {
        void accept(int judged, Raise answer);
    }

    void check(SimulatedNode node, UUID id, int client, Consumer<Check> answer) {
        int life = node.life();
        request(
                node,
                client,
                () -> {
                    Epoch stored = new Epoch(family(id).epoch, family(id).holder);
                    Check check =
                            setting.has(Setting.Fence.EPOCH)
                                    ? new Check.Stored(stored)
                                    : new Check.Unknown();
                    node.run(life, () -> answer.accept(check));
                },
                () -> answer.accept(new Check.Revoked("the storage has revoked this machine")));
    }

    void unlock(SimulatedNode node, UUID id, Runnable done) {
        int life = node.life();
        request(
                node,
                generation(node),
                () -> {
                    if (isLockedBy(id, node)) {
                        family(id).lockedBy = -1;
                    }
                    node.run(life, done);
                },
                done);
    }

    void load(SimulatedNode node, UUID id, int client, Consumer<long[]> answer, Runnable refused) {
        int life = node.life();
        request(
                node,
                client,
                () -> {
                    long[] copy = family(id).blocks.clone();
                    node.run(life, () -> answer.accept(copy));
                },
                refused);
    }

    void write(
            SimulatedNode node,
            UUID id,
            int client,
            int judged,
            int block,
            long value,
            Consumer<Boolean> answer) {
        int life = node.life();
        request(
                node,
                client,
                () -> {
                    Family family = family(id);
                    judge(node, id, family, judged);
                    family.blocks[block] = value;
                    node.run(life, () -> answer.accept(true));
                },
                () -> answer.accept(false));
    }

    private void judge(SimulatedNode node, UUID id, Family family, int judged) {
        boolean tolerated =
                setting.strict() ? false : world.now() - family.newestSince <= SEEN_AFTER;
        if (judged != family.newest && !tolerated) {
            throw new Violation(
                    "I6: "
                            + node.id()
                            + " writes to "
                            + name(id)
                            + " as owner "
                            + judged
                            + ", but "
                            + family.newest
                            + " owns it");
        }
    }

    static String name(UUID family) {
        return "family " + family.getLeastSignificantBits();
    }
}
