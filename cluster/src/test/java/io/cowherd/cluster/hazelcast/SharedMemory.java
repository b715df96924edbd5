package io.cowherd.cluster.hazelcast;

import io.cowherd.cluster.Epoch;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.Service;
import io.cowherd.cluster.Storage;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Storage for nodes in one process: locks and epochs in memory, and who serves what.
///
/// **Threading.** *Thread-safe: one monitor.*
final class SharedMemory {
    private final Map<UUID, NodeId> locks = new HashMap<>();
    private final Map<UUID, Epoch> epochs = new HashMap<>();
    private final Map<UUID, OwnerFence> serving = new HashMap<>();

    /// A process has died: its locks are free.
    synchronized void died(NodeId node) {
        locks.values().removeIf(node::equals);
    }

    /// A node has made a family: it is locked, its epoch is 1, and it is served.
    synchronized void made(UUID family, NodeId node, OwnerFence fence) {
        locks.put(family, node);
        epochs.put(family, new Epoch(1, node));
        serving.put(family, fence);
    }

    synchronized @Nullable Epoch epoch(UUID family) {
        return epochs.get(family);
    }

    synchronized boolean isServedBy(UUID family, NodeId node) {
        OwnerFence fence = serving.get(family);
        return fence != null && fence.stands() && node.equals(locks.get(family));
    }

    Storage storage(NodeId node, Executor thread) {
        return new Storage() {
            @Override
            public void lock(UUID family, OwnerFence fence, Consumer<Lock> answer) {
                synchronized (SharedMemory.this) {
                    NodeId holder = locks.putIfAbsent(family, node);
                    Lock lock =
                            holder == null || holder.equals(node)
                                    ? new Lock.Locked()
                                    : new Lock.Held(Optional.of(holder));
                    thread.execute(() -> answer.accept(lock));
                }
            }

            @Override
            public void raiseEpoch(UUID family, Consumer<Raise> answer) {
                synchronized (SharedMemory.this) {
                    Epoch before = epochs.getOrDefault(family, new Epoch(0, node));
                    Epoch raised = new Epoch(before.number() + 1, node);
                    epochs.put(family, raised);
                    thread.execute(() -> answer.accept(new Raise.Raised(raised)));
                }
            }

            @Override
            public void check(UUID family, Consumer<Check> answer) {
                synchronized (SharedMemory.this) {
                    Check check = new Check.Stored(epochs.getOrDefault(family, new Epoch(0, node)));
                    thread.execute(() -> answer.accept(check));
                }
            }

            @Override
            public void unlock(UUID family, Runnable done) {
                synchronized (SharedMemory.this) {
                    locks.remove(family, node);
                    thread.execute(done);
                }
            }
        };
    }

    Service service(Executor thread) {
        return new Service() {
            @Override
            public void open(
                    UUID family, Epoch epoch, OwnerFence fence, Consumer<Optional<String>> answer) {
                synchronized (SharedMemory.this) {
                    serving.put(family, fence);
                }
                thread.execute(() -> answer.accept(Optional.empty()));
            }

            @Override
            public void drain(UUID family, Optional<NodeId> to, Consumer<Optional<String>> answer) {
                thread.execute(() -> answer.accept(Optional.empty()));
            }

            @Override
            public void close(UUID family, Consumer<Optional<String>> answer) {
                thread.execute(() -> answer.accept(Optional.empty()));
            }

            @Override
            public void abandon(UUID family, Runnable done) {
                thread.execute(done);
            }

            @Override
            public void halt(String reason) {
                throw new AssertionError(reason);
            }

            @Override
            public void kill(NodeId node, Consumer<Boolean> said) {
                thread.execute(() -> said.accept(false));
            }
        };
    }
}
