package io.cowherd.cluster.simulation;

import io.cowherd.cluster.Epoch;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.Service;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A process that serves hosts: asks its fence, then writes. Between the two it can be frozen.
final class SimulatedService implements Service {
    /// An answer to a host: what a read has read, or one of these.
    static final long REFUSED = -1;

    static final long WRITTEN = -2;

    private static final class Open {
        final int client;
        int judged;
        @Nullable OwnerFence fence;
        boolean lets;
        int underWay;
        final boolean[] busy = new boolean[SimulatedStorage.BLOCKS];
        @Nullable Runnable whenIdle;

        Open(int client) {
            this.client = client;
        }
    }

    private final SimulatedNode node;
    private final World world;
    private final SimulatedStorage storage;
    private final Map<UUID, Open> families = new HashMap<>();
    private final Map<UUID, Integer> hostSession = new HashMap<>();

    SimulatedService(SimulatedNode node, World world, SimulatedStorage storage) {
        this.node = node;
        this.world = world;
        this.storage = storage;
    }

    private Open of(UUID family) {
        return families.computeIfAbsent(family, _ -> new Open(storage.generation(node)));
    }

    /// A new ownership begins: files are opened anew, with what the machine is to the storage now.
    void begins(UUID family) {
        families.put(family, new Open(storage.generation(node)));
    }

    int client(UUID family) {
        return of(family).client;
    }

    void judgedAs(UUID family, int judged) {
        of(family).judged = judged;
    }

    @Override
    public void open(
            UUID family, Epoch epoch, OwnerFence fence, Consumer<Optional<String>> answer) {
        node.step();
        Open open = of(family);
        open.fence = fence;
        open.underWay++;
        storage.load(
                node,
                family,
                open.client,
                _ -> {
                    open.lets = true;
                    ended(open);
                    answer.accept(Optional.empty());
                },
                () -> {
                    ended(open);
                    answer.accept(Optional.of("the storage has revoked this machine"));
                });
    }

    @Override
    public void drain(UUID family, Optional<NodeId> to, Consumer<Optional<String>> answer) {
        node.step();
        Open open = of(family);
        open.lets = false;
        whenIdle(open, () -> answer.accept(Optional.empty()));
    }

    @Override
    public void close(UUID family, Consumer<Optional<String>> answer) {
        node.step();
        Open open = of(family);
        node.after(
                world.between(World.MILLIS, 50 * World.MILLIS),
                () -> whenIdle(open, () -> answer.accept(Optional.empty())));
    }

    @Override
    public void abandon(UUID family, Runnable done) {
        node.step();
        Open open = of(family);
        open.lets = false;
        whenIdle(open, done);
    }

    @Override
    public void halt(String reason) {
        world.note("%s halts: %s".formatted(node.id(), reason));
        node.crash();
    }

    @Override
    public void kill(NodeId other, Consumer<Boolean> said) {
        node.kill(other, said);
    }

    private void whenIdle(Open open, Runnable action) {
        if (open.underWay == 0) {
            node.after(World.MILLIS, action);
        } else {
            open.whenIdle = action;
        }
    }

    private void ended(Open open) {
        open.underWay--;
        Runnable action = open.whenIdle;
        if (open.underWay == 0 && action != null) {
            open.whenIdle = null;
            node.after(0, action);
        }
    }

    /// A host that has lost patience comes back with a new session; what its old one had sent is not begun any more.
    private boolean isStale(UUID family, int session) {
        int newest = hostSession.merge(family, session, Math::max);
        return session < newest;
    }

    /// A host's write: answered with [#WRITTEN] or [#REFUSED].
    void write(UUID family, int session, int block, long value, LongConsumer answer) {
        Open open = families.get(family);
        if (isStale(family, session) || open == null || !open.lets || open.busy[block]) {
            answer.accept(REFUSED);
            return;
        }
        OwnerFence fence = open.fence;
        if (fence == null || !fence.stands()) {
            answer.accept(REFUSED);
            return;
        }
        open.busy[block] = true;
        open.underWay++;
        // Here a process may be frozen: it has asked its fence, and has not written yet.
        node.after(
                world.between(0, 2 * World.MILLIS),
                () ->
                        storage.write(
                                node,
                                family,
                                open.client,
                                open.judged,
                                block,
                                value,
                                written -> {
                                    open.busy[block] = false;
                                    ended(open);
                                    answer.accept(written ? WRITTEN : REFUSED);
                                }));
    }

    /// A host's read: answered with the block or [#REFUSED].
    void read(UUID family, int session, int block, LongConsumer answer) {
        Open open = families.get(family);
        if (isStale(family, session) || open == null || !open.lets) {
            answer.accept(REFUSED);
            return;
        }
        open.underWay++;
        storage.load(
                node,
                family,
                open.client,
                blocks -> {
                    OwnerFence fence = open.fence;
                    ended(open);
                    answer.accept(fence != null && fence.stands() ? blocks[block] : REFUSED);
                },
                () -> {
                    ended(open);
                    answer.accept(REFUSED);
                });
    }
}
