package io.cowherd.server;

import io.cowherd.forward.ClusterTarget;
import io.cowherd.forward.OwnerLookup;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.iscsi.discovery.TargetDirectory;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.mapping.volume.FamilyRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The targets of all nodes as this one shows them to hosts: one for each family of the catalogs, wherever that is served.
///
/// That a family is here comes from [ClusterFamilies], at once; that another node serves it is what that node announces.
///
/// **Threading.** *Thread-safe*: routes change under the lock, logins read an immutable map.
final class FamilyRoutes implements TargetDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyRoutes.class);

    // Immutable
    private final Function<String, @Nullable Device> devices;
    private final BiFunction<String, OwnerLookup, ClusterTarget> maker;
    private final Consumer<String> dropSessions;

    private final Map<UUID, Long> here = new ConcurrentHashMap<>();

    // Written under the lock, read by any thread
    private volatile Map<UUID, OwnerLookup.Remote> elsewhere = Map.of();
    private volatile Map<String, Route> byName = Map.of();
    private volatile List<Portal> portalsElsewhere = List.of();

    /// A target as this node serves it.
    ///
    /// @param target its device
    /// @param blockSizes bytes of a block by LUN, as they are now
    record Device(TargetEntry target, Supplier<Map<Integer, Integer>> blockSizes) {}

    private record Route(UUID family, ClusterTarget target, TargetEntry entry) {}

    /// @param devices the targets that are served here, by name in lower case
    /// @param maker makes the target that hosts are shown
    /// @param dropSessions ends the sessions of a target that is no more, by name in lower case
    FamilyRoutes(
            Function<String, @Nullable Device> devices,
            BiFunction<String, OwnerLookup, ClusterTarget> maker,
            Consumer<String> dropSessions) {
        this.devices = devices;
        this.maker = maker;
        this.dropSessions = dropSessions;
    }

    // -- for logins --

    @Override
    public List<TargetEntry> targets() {
        return byName.values().stream().map(Route::entry).toList();
    }

    @Override
    public @Nullable TargetEntry find(String iqn) {
        Route route = byName.get(iqn);
        return route == null ? null : route.entry();
    }

    @Override
    public List<Portal> portalsElsewhere() {
        return portalsElsewhere;
    }

    // -- where a target is --

    /// As [OwnerLookup] wants it.
    OwnerLookup.Answer owner(String targetName) {
        String name = targetName.toLowerCase(Locale.ROOT);
        Route route = byName.get(name);
        if (route == null) {
            return new OwnerLookup.Moving();
        }
        Long epoch = here.get(route.family());
        if (epoch != null) {
            Device device = devices.apply(name);
            return device == null
                    ? new OwnerLookup.Moving()
                    : new OwnerLookup.Here(device.target().target(), epoch, device.blockSizes());
        }
        OwnerLookup.Remote remote = elsewhere.get(route.family());
        return remote == null ? new OwnerLookup.Moving() : remote;
    }

    // -- what changes it --

    /// Shows hosts these families, and no others.
    void families(List<FamilyRecord> families) {
        Set<String> gone = new HashSet<>(byName.keySet());
        synchronized (this) {
            var next = new LinkedHashMap<String, Route>();
            families.stream()
                    .sorted(
                            (one, other) ->
                                    one.origin()
                                            .name()
                                            .toString()
                                            .compareTo(other.origin().name().toString()))
                    .forEach(family -> add(family, next));
            byName = Collections.unmodifiableMap(next);
        }
        gone.removeAll(byName.keySet());
        gone.forEach(dropSessions);
    }

    private void add(FamilyRecord family, Map<String, Route> routes) {
        String shown = ServedTargets.targetName(family.origin().name());
        String name = shown.toLowerCase(Locale.ROOT);
        Route present = byName.get(name);
        Route route =
                present != null && present.family().equals(family.uuid())
                        ? present
                        : route(family.uuid(), shown);
        if (routes.putIfAbsent(name, route) != null) {
            LOG.error("{} is not shown: another volume has its name", family.origin().name());
        }
    }

    private Route route(UUID family, String shown) {
        ClusterTarget target = maker.apply(shown, this::owner);
        return new Route(family, target, new TargetEntry(shown, "", target));
    }

    /// The portals of the other nodes.
    void portalsElsewhere(List<Portal> portals) {
        portalsElsewhere = portals;
    }

    /// A family is served here from now on.
    void arrived(UUID family, long epoch) {
        here.put(family, epoch);
        CompletionStage<?> _ = changed(Set.of(family));
    }

    /// A family is not served here any more.
    ///
    /// @return completes when no host of ours is at its device
    CompletionStage<?> left(UUID family) {
        here.remove(family);
        return changed(Set.of(family));
    }

    /// Name of a family's target, as it is shown; null if it is not.
    @Nullable String nameOf(UUID family) {
        return byName.values().stream()
                .filter(route -> route.family().equals(family))
                .map(route -> route.entry().name())
                .findFirst()
                .orElse(null);
    }

    /// The other nodes serve these, and nothing else.
    void elsewhere(Map<UUID, OwnerLookup.Remote> owners) {
        Map<UUID, OwnerLookup.Remote> before = elsewhere;
        if (owners.equals(before)) {
            return;
        }
        elsewhere = Map.copyOf(owners);
        Set<UUID> different = new HashSet<>(before.keySet());
        different.addAll(owners.keySet());
        different.removeIf(family -> Objects.equals(before.get(family), owners.get(family)));
        CompletionStage<?> _ = changed(different);
    }

    private CompletionStage<?> changed(Set<UUID> families) {
        var told = new ArrayList<CompletableFuture<?>>();
        for (Route route : byName.values()) {
            if (families.contains(route.family())) {
                told.add(route.target().ownerChanged().toCompletableFuture());
            }
        }
        return CompletableFuture.allOf(told.toArray(CompletableFuture<?>[]::new));
    }
}
