package io.cowherd.server;

import io.cowherd.cluster.Epoch;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.Service;
import io.cowherd.cluster.volumes.PoolStorage;
import io.cowherd.mapping.volume.SharedVolumePool;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does on this node what the cluster's rules decide about a family that is locked: opens it and shows it to hosts, and the way back.
///
/// **Threading.** *Thread-safe*: the rules call from the node's thread; the work is done by workers, which may block, and
/// answered on the node's thread.
final class ClusterFamilies implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterFamilies.class);

    private final SharedVolumePool pool;
    private final HostsOfFamily hosts;
    private final ExecutorService workers;
    private final Executor node;
    private final Consumer<String> halt;

    /// What hosts have to do with a family.
    interface HostsOfFamily {
        /// It is served here from now on: hosts may come.
        void welcome(UUID family, long epoch);

        /// It is not served here any more: hosts are held back, and who is at work ends that.
        ///
        /// @return completes when no command of a host, and no copy or erasure, touches it
        CompletionStage<?> send(UUID family);
    }

    /// @param workers one thread for each family that has something to do, at the most
    /// @param node the node's thread
    /// @param halt ends the process at once
    ClusterFamilies(
            SharedVolumePool pool,
            HostsOfFamily hosts,
            ExecutorService workers,
            Executor node,
            Consumer<String> halt) {
        this.pool = pool;
        this.hosts = hosts;
        this.workers = workers;
        this.node = node;
        this.halt = halt;
    }

    /// Something that may block, and fail.
    private interface Work<T> {
        T make() throws IOException, VolumeRefusedException;
    }

    private <T> void work(Work<T> work, Consumer<T> answer, Function<Exception, T> failed) {
        workers.execute(
                () -> {
                    T outcome;
                    try {
                        outcome = work.make();
                    } catch (IOException | VolumeRefusedException | RuntimeException e) {
                        outcome = failed.apply(e);
                    }
                    T told = outcome;
                    node.execute(() -> answer.accept(told));
                });
    }

    private static String reason(Exception e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    @Override
    public void open(
            UUID family, Epoch epoch, OwnerFence fence, Consumer<Optional<String>> answer) {
        work(
                () -> {
                    pool.open(family, PoolStorage.asWriteFence(family, fence));
                    hosts.welcome(family, epoch.number());
                    LOG.info("family {} is served here, epoch {}", family, epoch.number());
                    return Optional.empty();
                },
                answer,
                e -> Optional.of(reason(e)));
    }

    @Override
    public void drain(UUID family, Optional<NodeId> to, Consumer<Optional<String>> answer) {
        hosts.send(family)
                .whenComplete(
                        (_, failure) ->
                                node.execute(
                                        () ->
                                                answer.accept(
                                                        Optional.ofNullable(failure)
                                                                .map(Throwable::toString))));
    }

    @Override
    public void close(UUID family, Consumer<Optional<String>> answer) {
        work(
                () -> {
                    pool.close(family);
                    LOG.info("family {} is not served here any more", family);
                    return Optional.empty();
                },
                answer,
                e -> isGone(e) ? Optional.empty() : Optional.of(reason(e)));
    }

    /// A family that has been removed has nothing left to close.
    private static boolean isGone(Exception e) {
        return e instanceof VolumeRefusedException refused
                && refused.reason() == VolumeRefusedException.Reason.NOT_FOUND;
    }

    @Override
    public void abandon(UUID family, Runnable done) {
        CompletionStage<?> gone = hosts.send(family);
        work(
                () -> {
                    pool.abandon(family);
                    LOG.warn(
                            "family {} is given up: this node may not write to it any more",
                            family);
                    return "";
                },
                _ -> gone.whenComplete((_, _) -> node.execute(done)),
                e -> {
                    // Not done: the rules end the process when that takes too long.
                    LOG.error("family {} cannot be given up", family, e);
                    halt.accept("family " + family + " cannot be given up: " + reason(e));
                    return "";
                });
    }

    @Override
    public void halt(String reason) {
        halt.accept(reason);
    }

    @Override
    public void kill(NodeId victim, Consumer<Boolean> said) {
        node.execute(() -> said.accept(false)); // no fence command is configured
    }
}
