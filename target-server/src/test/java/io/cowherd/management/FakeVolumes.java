package io.cowherd.management;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.volume.BlockSize;
import io.cowherd.mapping.volume.BrokenGroup;
import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SpaceUsage;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeListener;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import io.cowherd.mapping.volume.VolumeState;
import io.cowherd.mapping.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Volumes that exist by name only: sizes, numbers and refusals as the real ones, no storage.
public final class FakeVolumes implements Volumes {
    private static final long EXTENT_BYTES = 4 << 20;

    private final Map<VolumeName, FakeVolume> byName =
            new TreeMap<>(Comparator.comparing(VolumeName::toString));
    private final Map<UUID, Integer> lastNumber = new HashMap<>();
    private final List<VolumeListener> listeners = new ArrayList<>();
    private final Supplier<BlockDevice> devices;
    private volatile List<BrokenGroup> brokenGroups = List.of();
    private @Nullable IOException fault;

    /// Volumes of one sector each.
    public FakeVolumes() {
        this(() -> new MemoryDevice(BlockDevice.SECTOR_BYTES));
    }

    /// Volumes on devices that `devices` makes.
    public FakeVolumes(Supplier<BlockDevice> devices) {
        this.devices = devices;
    }

    /// Lets every further change fail.
    public synchronized void failWith(IOException failure) {
        fault = failure;
    }

    /// Puts a volume into a state.
    public synchronized void change(VolumeName name, VolumeState state, String reason)
            throws VolumeRefusedException {
        FakeVolume volume = find(name);
        volume.state = state;
        volume.stateReason = reason;
    }

    /// Takes a group out of service.
    public void breakGroup(BrokenGroup group) {
        brokenGroups = List.of(group);
    }

    @Override
    public List<BrokenGroup> brokenGroups() {
        return brokenGroups;
    }

    @Override
    public synchronized void addListener(VolumeListener listener) {
        listeners.add(listener);
    }

    @Override
    public synchronized Volume create(VolumeName name, long sizeBytes, BlockSize blocks)
            throws VolumeRefusedException, IOException {
        if (sizeBytes == 0) {
            throw new VolumeRefusedException(Reason.INVALID, "A volume of no size.", "Give one.");
        }
        return add(new FakeVolume(name, 0, null, roundUp(sizeBytes), 0, 0, false).with(blocks));
    }

    @Override
    public synchronized Volume adopt(VolumeName name, Path device, BlockSize blocks)
            throws VolumeRefusedException, IOException {
        return add(new FakeVolume(name, 0, null, EXTENT_BYTES, 0, 0, false).with(blocks));
    }

    @Override
    public synchronized Volume snapshot(VolumeName origin, String name, SnapshotRequest request)
            throws VolumeRefusedException, IOException {
        FakeVolume of = find(origin);
        if (Integer.bitCount(request.chunkSizeBytes()) != 1) {
            throw new VolumeRefusedException(
                    Reason.INVALID, "Chunk size must be a power of 2 in the range 4K to 512K.", "");
        }
        int number = lastNumber.merge(of.uuid, 1, Integer::sum);
        long most = of.size + EXTENT_BYTES;
        long cow = request.cowSizeBytes() == 0 ? most : Math.min(most, request.cowSizeBytes());
        return add(
                new FakeVolume(
                                new VolumeName(origin.group(), name),
                                number,
                                of,
                                of.size,
                                roundUp(cow),
                                request.cowDevice() == null
                                        ? request.chunkSizeBytes()
                                        : SnapshotRequest.DEFAULT_CHUNK_SIZE_BYTES,
                                request.readOnly())
                        .with(of.blocks));
    }

    @Override
    public synchronized Volume extend(VolumeName snapshot, long cowSizeBytes)
            throws VolumeRefusedException, IOException {
        FakeVolume volume = find(snapshot);
        if (cowSizeBytes <= volume.cowSize) {
            throw new VolumeRefusedException(
                    Reason.INVALID, snapshot + " has that size already.", "Give a larger one.");
        }
        volume.cowSize = roundUp(cowSizeBytes);
        listeners.forEach(listener -> listener.extended(volume));
        return volume;
    }

    @Override
    public synchronized Volume rename(VolumeName from, VolumeName to)
            throws VolumeRefusedException, IOException {
        FakeVolume volume = find(from);
        if (fault != null) {
            throw fault;
        }
        refuseTaken(to);
        byName.remove(from);
        volume.name = to;
        byName.put(to, volume);
        listeners.forEach(listener -> listener.renamed(volume, from));
        return volume;
    }

    @Override
    public synchronized void remove(VolumeName name, boolean withSnapshots)
            throws VolumeRefusedException, IOException {
        FakeVolume volume = find(name);
        List<FakeVolume> snapshots =
                byName.values().stream().filter(v -> v.origin == volume).toList();
        if (!withSnapshots && !snapshots.isEmpty()) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT, name + " has snapshots.", "Remove them first.");
        }
        snapshots.forEach(this::drop);
        drop(volume);
    }

    private void drop(FakeVolume volume) {
        listeners.forEach(listener -> listener.removing(volume));
        byName.remove(volume.name);
    }

    private FakeVolume add(FakeVolume volume) throws VolumeRefusedException, IOException {
        if (fault != null) {
            throw fault;
        }
        refuseTaken(volume.name);
        byName.put(volume.name, volume);
        listeners.forEach(listener -> listener.created(volume));
        return volume;
    }

    private void refuseTaken(VolumeName name) throws VolumeRefusedException {
        if (byName.containsKey(name)) {
            throw new VolumeRefusedException(
                    Reason.EXISTS, name + " exists already.", "Choose another name.");
        }
    }

    private FakeVolume find(VolumeName name) throws VolumeRefusedException {
        FakeVolume volume = byName.get(name);
        if (volume == null) {
            throw new VolumeRefusedException(
                    Reason.NOT_FOUND, "There is no volume " + name + ".", "List them first.");
        }
        return volume;
    }

    @Override
    public synchronized Volume get(VolumeName name) throws VolumeRefusedException {
        return find(name);
    }

    @Override
    public synchronized List<Volume> list() {
        return List.copyOf(byName.values());
    }

    @Override
    public synchronized List<String> table() {
        return byName.values().stream()
                .map(v -> deviceName(v) + ": 0 " + v.size / 512 + " linear 7:0 0")
                .toList();
    }

    @Override
    public synchronized List<String> status() {
        return byName.values().stream()
                .map(v -> deviceName(v) + ": 0 " + v.size / 512 + " linear ")
                .toList();
    }

    private static String deviceName(FakeVolume volume) {
        return volume.name.group().replace("-", "--")
                + "-"
                + volume.name.volume().replace("-", "--");
    }

    @Override
    public void close() {}

    private static long roundUp(long bytes) {
        return (bytes + EXTENT_BYTES - 1) / EXTENT_BYTES * EXTENT_BYTES;
    }

    private final class FakeVolume implements Volume {
        private final UUID uuid = UUID.randomUUID();
        private final BlockDevice device = devices.get();
        private final int number;
        private final @Nullable FakeVolume origin;
        private final long size;
        private final int chunkSize;
        private final boolean readOnly;
        private volatile VolumeName name;
        private volatile BlockSize blocks = BlockSize.OF_DEVICE;
        private volatile long cowSize;
        private volatile boolean isOpen;
        private volatile VolumeState state = VolumeState.ACTIVE;
        private volatile String stateReason = "";

        FakeVolume(
                VolumeName name,
                int number,
                @Nullable FakeVolume origin,
                long size,
                long cowSize,
                int chunkSize,
                boolean readOnly) {
            this.name = name;
            this.number = number;
            this.origin = origin;
            this.size = size;
            this.cowSize = cowSize;
            this.chunkSize = chunkSize;
            this.readOnly = readOnly;
        }

        FakeVolume with(BlockSize asked) {
            blocks = asked;
            return this;
        }

        @Override
        public UUID uuid() {
            return uuid;
        }

        @Override
        public VolumeName name() {
            return name;
        }

        @Override
        public int number() {
            return number;
        }

        @Override
        public @Nullable Volume origin() {
            return origin;
        }

        @Override
        public BlockDevice device() {
            return device;
        }

        @Override
        public ReservationStore reservations() {
            return ReservationStore.inMemory();
        }

        @Override
        public long sizeBytes() {
            return size;
        }

        @Override
        public boolean readOnly() {
            return readOnly;
        }

        @Override
        public String attributes() {
            return (origin == null ? "o" : "s")
                    + (readOnly ? "r" : "w")
                    + "i-a"
                    + (isOpen ? "o" : "-")
                    + "s---";
        }

        @Override
        public VolumeState state() {
            return state;
        }

        @Override
        public String stateReason() {
            return stateReason;
        }

        @Override
        public int chunkSizeBytes() {
            return chunkSize;
        }

        @Override
        public long cowSizeBytes() {
            return cowSize;
        }

        @Override
        public String dataPercent() {
            return origin == null ? "" : "0.00";
        }

        @Override
        public SpaceUsage space() {
            return new SpaceUsage(size / 4, size - size / 4, false);
        }

        @Override
        public boolean invalid() {
            return false;
        }

        @Override
        public int physicalBlockSizeBytes() {
            return Math.max(blockSizeBytes(), blocks.physicalBytes());
        }

        @Override
        public int blockSizeBytes() {
            return Math.max(device.logicalBlockBytes(), blocks.logicalBytes());
        }

        @Override
        public boolean erasing() {
            return false;
        }

        @Override
        public void erasing(boolean begun) {}

        @Override
        public void open(boolean inUse) {
            isOpen = inUse;
        }
    }
}
