package io.cowherd.mapping.volume;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The families of all catalogs, those of other nodes included, as far as this node has heard.
///
/// **Threading.** *Thread-safe*: lookups read immutable maps; [#update] is called under the pool's change lock.
final class KnownFamilies {
    private final List<FamilyListener> listeners = new CopyOnWriteArrayList<>();

    // Any thread
    private volatile Map<UUID, FamilyRecord> byUuid = Map.of();
    private volatile Map<VolumeName, FamilyRecord> byName = Map.of();

    void addListener(FamilyListener listener) {
        listeners.add(listener);
    }

    /// All of them.
    List<FamilyRecord> all() {
        return List.copyOf(byUuid.values());
    }

    @Nullable FamilyRecord get(UUID family) {
        return byUuid.get(family);
    }

    /// The family that has a volume of that name.
    @Nullable FamilyRecord get(VolumeName volume) {
        return byName.get(volume);
    }

    /// Takes what the catalogs say now, and tells the listeners what is new in it.
    void update(Stream<Catalog> catalogs) {
        var now = new LinkedHashMap<UUID, FamilyRecord>();
        var names = new HashMap<VolumeName, FamilyRecord>();
        catalogs.forEach(
                catalog ->
                        catalog.families()
                                .forEach(
                                        family -> {
                                            var known = FamilyRecord.of(catalog.group(), family);
                                            now.put(known.uuid(), known);
                                            known.volumes()
                                                    .forEach(v -> names.put(v.name(), known));
                                        }));
        Map<UUID, FamilyRecord> before = byUuid;
        byUuid = java.util.Collections.unmodifiableMap(now);
        byName = Map.copyOf(names);
        tell(before, now);
    }

    private void tell(Map<UUID, FamilyRecord> before, Map<UUID, FamilyRecord> now) {
        before.forEach(
                (uuid, family) -> {
                    if (!now.containsKey(uuid)) {
                        listeners.forEach(listener -> listener.vanished(family));
                    }
                });
        now.forEach(
                (uuid, family) -> {
                    FamilyRecord old = before.get(uuid);
                    if (old == null) {
                        listeners.forEach(listener -> listener.appeared(family));
                    } else if (!old.equals(family)) {
                        listeners.forEach(listener -> listener.changed(old, family));
                    }
                });
    }
}
