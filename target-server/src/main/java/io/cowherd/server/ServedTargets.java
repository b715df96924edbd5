package io.cowherd.server;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeListener;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.copy.HostReach;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.target.IoPool;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One target per family, kept in step with the volumes: LUN 0 is the origin, LUN n the snapshot of number n.
///
/// Hosts compare names without case (RFC 3722), so the directory is keyed by the name in lower case; what they are shown is
/// the name as its volume is written.
///
/// **Threading.** *Thread-safe*: families change under the lock, logins read an immutable map.
final class ServedTargets implements TargetDirectory, VolumeListener {
    /// What every target's name begins with (design 3.4).
    static final String NAME_PREFIX = "iqn.2026-11.io.cowherd:";

    private static final Logger LOG = LoggerFactory.getLogger(ServedTargets.class);

    // Immutable
    private final Limits limits;
    private final IoPool pool;
    private final LogicalUnit.WriteCache cache;

    // Guarded by this
    private PortGroups portGroups;
    private final Map<UUID, ServedFamily> families = new HashMap<>();

    // Written under the lock, read by any thread
    private volatile List<ServedFamily> served = List.of();
    private volatile Map<String, TargetEntry> byName = Map.of();

    ServedTargets(Limits limits, IoPool pool) {
        this(limits, pool, PortGroups.SINGLE, LogicalUnit.WriteCache.VOLATILE);
    }

    /// @param portGroups by which hosts reach every target
    /// @param cache when writes are durable: without a cache they outlive this machine, as a cluster promises
    ServedTargets(Limits limits, IoPool pool, PortGroups portGroups, LogicalUnit.WriteCache cache) {
        this.cache = cache;
        this.limits = limits;
        this.pool = pool;
        this.portGroups = portGroups;
    }

    static String targetName(VolumeName origin) {
        return NAME_PREFIX + origin.group() + "." + origin.volume();
    }

    private static Volume originOf(Volume volume) {
        Volume origin = volume.origin();
        return origin == null ? volume : origin;
    }

    /// Has hosts told of other ports by which they reach every target.
    synchronized void portGroups(PortGroups groups) {
        portGroups = groups;
        families.values().forEach(family -> family.portGroups(groups));
    }

    // -- for logins --

    @Override
    public List<TargetEntry> targets() {
        return List.copyOf(byName.values());
    }

    @Override
    public @Nullable TargetEntry find(String iqn) {
        return byName.get(iqn);
    }

    /// A target that is served here, as other nodes' hosts and ours reach it.
    ///
    /// @param name in lower case
    FamilyRoutes.@Nullable Device device(String name) {
        for (ServedFamily family : served) {
            if (family.hasOrigin() && family.name().toLowerCase(Locale.ROOT).equals(name)) {
                return new FamilyRoutes.Device(family.entry(), family::blockSizes);
            }
        }
        return null;
    }

    /// Stops what goes on in a family without any host.
    ///
    /// @return completes when none of it uses a device any more
    synchronized CompletionStage<?> retire(UUID family) {
        ServedFamily shown = families.get(family);
        return shown == null ? CompletableFuture.completedFuture(null) : shown.retire();
    }

    // -- for management --

    /// Shows a volume to hosts. Idempotent.
    synchronized void attach(Volume volume) {
        Volume origin = originOf(volume);
        ServedFamily family = families.computeIfAbsent(origin.uuid(), _ -> served(origin.name()));
        try {
            family.attach(volume);
        } catch (IllegalArgumentException | IllegalStateException e) {
            LOG.error("{} is not served: {}", volume.name(), e.getMessage());
        }
        publish();
    }

    private ServedFamily served(VolumeName origin) {
        return new ServedFamily(targetName(origin), limits, pool, portGroups, new Reach(), cache);
    }

    /// The volumes that [#detach] would take away with this one: of an origin the whole family.
    synchronized List<Volume> shownWith(Volume volume) {
        ServedFamily family = families.get(originOf(volume).uuid());
        return family == null || volume.origin() != null ? List.of(volume) : family.volumes();
    }

    /// Takes a snapshot's LUN, or an origin's whole target, off the directory.
    ///
    /// @return completes when no command of a LUN that went is running; for an origin the sessions must be dropped as well
    synchronized CompletionStage<Void> detach(Volume volume) {
        ServedFamily family = families.get(originOf(volume).uuid());
        if (family == null) {
            return CompletableFuture.completedFuture(null);
        }
        if (volume.origin() != null) {
            return family.detach(volume);
        }
        families.remove(volume.uuid());
        publish();
        return family.detachAll();
    }

    /// What a third-party copy may reach beyond its own target: what its host sees at targets where it is logged in.
    private final class Reach implements HostReach {
        @Override
        public @Nullable LogicalUnit find(Host host, long naaHead, long naaTail) {
            for (ServedFamily family : served) {
                LogicalUnit unit = family.find(naaHead, naaTail);
                if (unit != null) {
                    return family.mayUse(host, unit, CopyReach.Use.READ) ? unit : null;
                }
            }
            return null;
        }

        @Override
        public boolean isReserved(Host host, LogicalUnit unit, CopyReach.Use use) {
            return served.stream().noneMatch(family -> family.mayUse(host, unit, use));
        }
    }

    /// Stops what goes on without any host: copies and erasures.
    ///
    /// @return completes when none uses a device any more
    CompletionStage<?> retire() {
        return CompletableFuture.allOf(
                served.stream()
                        .map(family -> family.retire().toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new));
    }

    private void publish() {
        served = List.copyOf(families.values());
        var next = new LinkedHashMap<String, TargetEntry>();
        families.values().stream()
                .filter(ServedFamily::hasOrigin)
                .sorted(Comparator.comparing(ServedFamily::name))
                .forEach(
                        family -> {
                            String key = family.name().toLowerCase(Locale.ROOT);
                            if (next.putIfAbsent(key, family.entry()) != null) {
                                LOG.error(
                                        "{} is not served: to hosts its name is that of {}",
                                        family.name(),
                                        next.get(key));
                            }
                        });
        byName = java.util.Collections.unmodifiableMap(next);
    }

    // -- from the volumes --

    @Override
    public void created(Volume volume) {
        attach(volume);
    }

    @Override
    public void removing(Volume volume) {
        // Management has detached it and waited; what is left to do takes no time.
        CompletionStage<Void> _ = detach(volume);
    }

    /// A renamed origin gets a target of the new name. It has no hosts: management sees to that.
    @Override
    public synchronized void renamed(Volume volume, VolumeName before) {
        if (volume.origin() != null) {
            return;
        }
        ServedFamily family = families.remove(volume.uuid());
        if (family != null) {
            List<Volume> volumes = family.volumes(); // before they are taken off
            CompletionStage<Void> _ = family.detachAll();
            ServedFamily renamed = served(volume.name());
            families.put(volume.uuid(), renamed);
            volumes.forEach(renamed::attach);
        }
        publish();
    }

    @Override
    public synchronized void resized(Volume volume) {
        ServedFamily family = families.get(originOf(volume).uuid());
        if (family != null) {
            family.resized(volume);
        }
    }

    @Override
    public synchronized void filling(Volume snapshot, int percent) {
        LOG.warn("{} is now {} % full: extend it before it overflows", snapshot.name(), percent);
        ServedFamily family = families.get(originOf(snapshot).uuid());
        if (family != null) {
            family.filling(snapshot);
        }
    }

    @Override
    public void failed(Volume volume, String why) {
        LOG.error("{}: {}", volume.name(), why);
    }
}
