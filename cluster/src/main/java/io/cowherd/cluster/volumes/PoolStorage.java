package io.cowherd.cluster.volumes;

import io.cowherd.cluster.Epoch;
import io.cowherd.cluster.NodeId;
import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.Storage;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.volume.FamilyEpoch;
import io.cowherd.mapping.volume.FamilyInUseException;
import io.cowherd.mapping.volume.SharedVolumePool;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.WriteFence;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lock and epoch of families in a data directory that nodes share.
///
/// **Threading.** *Immutable*. Each call runs on a worker, since storage may hang, and is answered on the node's thread.
public final class PoolStorage implements Storage {
    private static final Logger LOG = LoggerFactory.getLogger(PoolStorage.class);

    /// As `SharedVolumePool` writes it into the lock.
    private static final Pattern HOLDER = Pattern.compile("node (\\S+), .*");

    private final SharedVolumePool pool;
    private final Executor workers;
    private final Executor nodeThread;

    /// @param workers threads that may block, more than families that may hang at once
    /// @param nodeThread as `ClusterMember.start` gives it
    public PoolStorage(SharedVolumePool pool, Executor workers, Executor nodeThread) {
        this.pool = pool;
        this.workers = workers;
        this.nodeThread = nodeThread;
    }

    /// A node's fence as the mapping asks it.
    ///
    /// @param family for the message
    public static WriteFence asWriteFence(UUID family, OwnerFence fence) {
        return () -> {
            if (!fence.stands()) {
                throw new FencedException(
                        "this node does not own the family " + family + " any more");
            }
        };
    }

    private interface Call<T> {
        T run() throws IOException, VolumeRefusedException;
    }

    private <T> void answer(Call<T> call, Consumer<T> answer) {
        workers.execute(
                () -> {
                    try {
                        T value = call.run();
                        nodeThread.execute(() -> answer.accept(value));
                    } catch (IOException | VolumeRefusedException e) {
                        throw new AssertionError("each call answers for its failures", e);
                    }
                });
    }

    @Override
    public void lock(UUID family, OwnerFence fence, Consumer<Lock> answer) {
        answer(() -> lock(family), answer);
    }

    private Lock lock(UUID family) {
        try {
            pool.lock(family);
            return new Lock.Locked();
        } catch (FamilyInUseException e) {
            return new Lock.Held(holder(e.holder()));
        } catch (IOException | VolumeRefusedException e) {
            return new Lock.Failed("the family cannot be locked: " + e.getMessage());
        }
    }

    static Optional<NodeId> holder(String said) {
        Matcher matcher = HOLDER.matcher(said);
        try {
            return matcher.matches() ? Optional.of(new NodeId(matcher.group(1))) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public void raiseEpoch(UUID family, Consumer<Raise> answer) {
        answer(() -> raise(family), answer);
    }

    private Raise raise(UUID family) {
        try {
            return new Raise.Raised(epoch(pool.raiseEpoch(family)));
        } catch (IOException e) {
            return new Raise.Failed("the epoch cannot be raised: " + e.getMessage());
        }
    }

    private static Epoch epoch(FamilyEpoch stored) {
        return new Epoch(stored.number(), new NodeId(stored.node()));
    }

    @Override
    public void check(UUID family, Consumer<Check> answer) {
        answer(() -> check(family), answer);
    }

    private Check check(UUID family) {
        try {
            FamilyEpoch stored = pool.readEpoch(family);
            return stored.equals(FamilyEpoch.NONE)
                    ? new Check.Unknown()
                    : new Check.Stored(epoch(stored));
        } catch (IOException | VolumeRefusedException e) {
            LOG.warn("the epoch of family {} cannot be read", family, e);
            return new Check.Unknown();
        }
    }

    @Override
    public void unlock(UUID family, Runnable done) {
        answer(
                () -> {
                    try {
                        pool.unlock(family);
                    } catch (IOException e) {
                        LOG.warn("the lock of family {} could not be given up", family, e);
                    }
                    return family;
                },
                _ -> done.run());
    }
}
