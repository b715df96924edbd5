package io.cowherd.server;

import io.cowherd.config.Limits;
import io.cowherd.iscsi.discovery.TargetEntry;
import io.cowherd.mapping.volume.SpaceUsage;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.alua.PortGroups;
import io.cowherd.scsi.copy.CopyReach;
import io.cowherd.scsi.copy.HostReach;
import io.cowherd.scsi.lu.Identity;
import io.cowherd.scsi.lu.LogicalUnit;
import io.cowherd.scsi.lu.Provisioning;
import io.cowherd.scsi.lu.SanitizeMark;
import io.cowherd.scsi.sense.UnitAttention;
import io.cowherd.scsi.target.IoPool;
import io.cowherd.scsi.target.ScsiTargetDevice;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// An origin and its snapshots as the LUNs of one target.
///
/// **Threading.** *Thread-safe*: the LUNs change under the lock.
final class ServedFamily {
    // Immutable
    private final ScsiTargetDevice device;
    private final TargetEntry entry;
    private final Limits limits;
    private final LogicalUnit.WriteCache cache;

    // Guarded by this
    private final Map<Integer, Served> luns = new TreeMap<>();

    private record Served(Volume volume, LogicalUnit unit) {}

    private record ErasureMark(Volume volume) implements SanitizeMark {
        @Override
        public boolean isSet() {
            return volume.erasing();
        }

        @Override
        public void set() throws IOException {
            volume.erasing(true);
        }

        @Override
        public void clear() throws IOException {
            volume.erasing(false);
        }
    }

    ServedFamily(
            String name,
            Limits limits,
            IoPool pool,
            PortGroups portGroups,
            HostReach reach,
            LogicalUnit.WriteCache cache) {
        this.cache = cache;
        this.limits = limits;
        this.device = new ScsiTargetDevice(name, limits, pool, portGroups);
        this.entry = new TargetEntry(name, "", device);
        device.reach(reach);
        device.onNexusesChanged(this::tellVolumes);
    }

    String name() {
        return entry.name();
    }

    void portGroups(PortGroups groups) {
        device.portGroups(groups);
    }

    TargetEntry entry() {
        return entry;
    }

    /// The logical unit with that NAA identifier, if it is one of these.
    @Nullable LogicalUnit find(long naaHead, long naaTail) {
        return device.find(naaHead, naaTail);
    }

    /// True if a host that is logged in to this target may use a logical unit so, and it is one of these.
    boolean mayUse(Host host, LogicalUnit unit, CopyReach.Use use) {
        return device.mayUse(host, unit, use);
    }

    /// True if there is a LUN 0: before that, and after it went, hosts have no business here.
    synchronized boolean hasOrigin() {
        return luns.containsKey(0);
    }

    /// Bytes of a logical block, by LUN.
    Map<Integer, Integer> blockSizes() {
        return device.blockSizes();
    }

    /// The volumes that are shown, by LUN.
    synchronized List<Volume> volumes() {
        return luns.values().stream().map(Served::volume).toList();
    }

    /// Adds a volume's LUN and tells hosts. Idempotent.
    ///
    /// @throws IllegalArgumentException if the volume cannot be shown as a disk
    /// @throws IllegalStateException if the target has as many LUNs as it may
    void attach(Volume volume) {
        LogicalUnit unit = unit(volume); // asks storage: event loops take the monitor
        synchronized (this) {
            if (luns.containsKey(volume.number())) {
                return;
            }
            device.addLun(volume.number(), unit, volume.reservations());
            luns.put(volume.number(), new Served(volume, unit));
        }
        tellVolumes();
    }

    private LogicalUnit unit(Volume volume) {
        var settings =
                new LogicalUnit.Settings(
                        () ->
                                volume.readOnly()
                                        ? LogicalUnit.Access.READ_ONLY
                                        : LogicalUnit.Access.READ_WRITE,
                        cache,
                        limits.maxTransferBytes(),
                        volume.physicalBlockSizeBytes() > volume.blockSizeBytes()
                                ? LogicalUnit.PhysicalBlocks.AT_LEAST_4_KIB
                                : LogicalUnit.PhysicalBlocks.AS_LOGICAL,
                        new ErasureMark(volume));
        var identity = new Identity(volume.uuid(), volume.name().toString());
        return new LogicalUnit(volume.device(), identity, settings, () -> room(volume));
    }

    /// Removes a volume's LUN and tells hosts; completes when none of its commands is running.
    synchronized CompletionStage<Void> detach(Volume volume) {
        if (luns.remove(volume.number()) != null) {
            volume.open(false);
        }
        return device.removeLun(volume.number());
    }

    /// Removes all LUNs.
    synchronized CompletionStage<Void> detachAll() {
        Collection<Served> all = List.copyOf(luns.values());
        return CompletableFuture.allOf(
                all.stream()
                        .map(served -> detach(served.volume()).toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new));
    }

    /// Stops what goes on without any host; completes when none of it uses a device any more.
    synchronized CompletionStage<?> retire() {
        return CompletableFuture.allOf(
                luns.values().stream()
                        .map(shown -> shown.unit().retire().toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new));
    }

    synchronized void resized(Volume volume) {
        Served served = luns.get(volume.number());
        if (served != null) {
            served.unit().resized();
        }
    }

    /// A snapshot's COW store is running full: hosts are told.
    synchronized void filling(Volume volume) {
        Served served = luns.get(volume.number());
        if (served != null) {
            served.unit().establish(UnitAttention.SPACE_THRESHOLD);
        }
    }

    private static Provisioning.Room room(Volume volume) throws IOException {
        SpaceUsage space = volume.space();
        return new Provisioning.Room(
                space.usedBytes(),
                space.availableBytes(),
                space.shared() ? Provisioning.Scope.SHARED : Provisioning.Scope.DEDICATED);
    }

    /// Position 6 of `lv_attr`: any host that is logged in may have any LUN open.
    private synchronized void tellVolumes() {
        boolean inUse = !device.nexuses().isEmpty();
        luns.values().forEach(served -> served.volume().open(inUse));
    }
}
