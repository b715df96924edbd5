package io.cowherd.server;

import io.cowherd.cluster.OwnerFence;
import io.cowherd.cluster.member.ClusterMember;
import io.cowherd.cluster.volumes.PoolStorage;
import io.cowherd.mapping.device.FencedException;
import io.cowherd.mapping.volume.FamilyListener;
import io.cowherd.mapping.volume.FamilyRecord;
import io.cowherd.mapping.volume.SharedVolumePool;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.WriteFence;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Families that come to be and go here. A new one is its maker's: this node is elected for it before anything of it is written, so
/// nobody else can ever have it in hand at the same time.
///
/// **Threading.** *Thread-safe*: one volatile reference and a concurrent map.
final class FamilyBirths {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyBirths.class);

    /// What is in no catalog that long after the election has not come to be.
    private static final Duration MAKING_LIMIT = Duration.ofMinutes(1);

    private static final WriteFence NOT_ELECTED =
            () -> {
                throw new FencedException(
                        "This node cannot make a volume now: it is drained, or no majority of nodes elects it");
            };

    /// Elected for, and in no catalog yet; with when that began, monotonic nanoseconds.
    private final Map<UUID, Long> making = new ConcurrentHashMap<>();

    private volatile @Nullable ClusterMember member;

    /// The fence of a family that is about to be made. Waits some seconds for the election.
    WriteFence fence(UUID family) {
        ClusterMember joined = member;
        Optional<OwnerFence> fence = joined == null ? Optional.empty() : joined.create(family);
        if (fence.isEmpty()) {
            return NOT_ELECTED;
        }
        making.put(family, System.nanoTime());
        return PoolStorage.asWriteFence(family, fence.get());
    }

    /// Elections have begun.
    ///
    /// @param hosts is told of each family that has been made
    /// @return hears what comes and goes
    FamilyListener begin(
            ClusterMember joined,
            SharedVolumePool pool,
            ClusterFamilies.HostsOfFamily hosts,
            Executor workers) {
        member = joined;
        return new FamilyListener() {
            @Override
            public void appeared(FamilyRecord family) {
                if (making.remove(family.uuid()) != null) {
                    workers.execute(() -> made(family.uuid(), joined, pool, hosts));
                }
            }

            @Override
            public void vanished(FamilyRecord family) {
                joined.removed(family.uuid());
            }
        };
    }

    private static void made(
            UUID family,
            ClusterMember joined,
            SharedVolumePool pool,
            ClusterFamilies.HostsOfFamily hosts) {
        try {
            long epoch = pool.readEpoch(family).number();
            hosts.welcome(family, epoch);
            joined.created(family, epoch);
        } catch (IOException | VolumeRefusedException e) {
            LOG.error("the new family {} cannot be served", family, e);
        }
    }

    /// Gives up the elections for what has not come to be.
    void forget() {
        ClusterMember joined = member;
        long now = System.nanoTime();
        making.forEach(
                (family, since) -> {
                    if (joined != null
                            && now - since > MAKING_LIMIT.toNanos()
                            && making.remove(family, since)) {
                        joined.notCreated(family);
                    }
                });
    }
}
