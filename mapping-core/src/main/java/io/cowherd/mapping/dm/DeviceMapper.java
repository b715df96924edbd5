package io.cowherd.mapping.dm;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.dm.TargetType.DeviceLookup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The mapped devices of a process: names, numbers, who uses whom. What `dmsetup` is to the kernel.
///
/// Mapped devices are numbered 253:0, 253:1, … and attached backing devices 7:0, 7:1, …; a new one gets the lowest number
/// that is free. Knows the types `linear`, `zero` and `error`, and those that it is given.
///
/// A device is in use while it is [MappedDevice#open] or a table, active or not, refers to it; it cannot be removed then.
/// So the users make a graph, and a table that would close a circle in it is refused.
///
/// **Threading.** *Thread-safe*: one lock around the registry, held for no I/O and no call of a target. A device's own lock
/// is taken before it, never after.
public final class DeviceMapper implements AutoCloseable {
    /// Major number of attached backing devices: the kernel's loop devices.
    static final int BACKING_MAJOR = 7;

    static final String NO_TARGETS = "no targets specified";

    /// Longest name and UUID in characters (`DM_NAME_LEN`, `DM_UUID_LEN`, less their terminator).
    private static final int LONGEST_NAME = 127;

    private static final int LONGEST_UUID = 128;

    // Immutable
    private final Map<String, TargetType> types;

    // Any thread
    private final List<DeviceEventListener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock registry = new ReentrantLock();

    // Guarded by registry
    private final TreeMap<String, MappedDevice> byName = new TreeMap<>();
    private final IdentityHashMap<BlockDevice, DeviceRef> backing = new IdentityHashMap<>();
    private final BitSet mappedMinors = new BitSet();
    private final BitSet backingMinors = new BitSet();
    private final Map<DeviceRef, List<User>> users = new HashMap<>();

    /// @param more target types besides `linear`, `zero` and `error`
    public DeviceMapper(Collection<TargetType> more) {
        var known = new HashMap<String, TargetType>();
        Stream.concat(
                        Stream.of(LinearTarget.TYPE, ZeroTarget.TYPE, ErrorTarget.TYPE),
                        more.stream())
                .forEach(
                        type -> {
                            if (known.put(type.name(), type) != null) {
                                throw new IllegalArgumentException(
                                        "two types named " + type.name());
                            }
                        });
        types = Map.copyOf(known);
    }

    /// Has a listener told of every event from now on.
    public void addEventListener(DeviceEventListener listener) {
        listeners.add(listener);
    }

    void announce(MappedDevice device, long eventNumber) {
        listeners.forEach(listener -> listener.deviceEvent(device, eventNumber));
    }

    /// Makes a device without a table.
    ///
    /// @param name 1 to 127 characters without `/`
    /// @param uuid at most 128 characters; empty for none
    /// @throws DeviceBusyException if the name or the UUID is taken
    public MappedDevice create(String name, String uuid) throws DeviceBusyException {
        checkName(name);
        if (uuid.length() > LONGEST_UUID) {
            throw new IllegalArgumentException("UUID of " + uuid.length() + " characters: " + uuid);
        }
        registry.lock();
        try {
            checkFree(name);
            if (!uuid.isEmpty() && byName.values().stream().anyMatch(d -> d.uuid().equals(uuid))) {
                throw new DeviceBusyException("a device with UUID " + uuid + " exists already");
            }
            int minor = mappedMinors.nextClearBit(0);
            mappedMinors.set(minor);
            var device = new MappedDevice(this, name, uuid, minor);
            byName.put(name, device);
            return device;
        } finally {
            registry.unlock();
        }
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.length() > LONGEST_NAME || name.contains("/")) {
            throw new IllegalArgumentException("device name '" + name + "'");
        }
    }

    private void checkFree(String name) throws DeviceBusyException {
        if (byName.containsKey(name)) {
            throw new DeviceBusyException("a device named " + name + " exists already");
        }
    }

    /// The device of that name.
    public Optional<MappedDevice> device(String name) {
        registry.lock();
        try {
            return Optional.ofNullable(byName.get(name));
        } finally {
            registry.unlock();
        }
    }

    /// All mapped devices, by name.
    public List<MappedDevice> devices() {
        registry.lock();
        try {
            return List.copyOf(byName.values());
        } finally {
            registry.unlock();
        }
    }

    /// Gives a device another name, at any time.
    ///
    /// @throws DeviceBusyException if the new name is taken
    /// @throws IOException if there is no such device
    public void rename(String name, String newName) throws IOException {
        checkName(newName);
        registry.lock();
        try {
            var device = existing(name);
            checkFree(newName);
            byName.remove(name);
            byName.put(newName, device);
            device.rename(newName);
        } finally {
            registry.unlock();
        }
    }

    /// Removes a device: waits for its requests, closes its tables.
    ///
    /// @throws DeviceBusyException if it is in use; nothing has changed
    /// @throws IOException if there is no such device, or a target cannot be closed; in the latter case it is gone
    public void remove(String name) throws IOException {
        MappedDevice device;
        registry.lock();
        try {
            device = existing(name);
            checkUnused(device.ref(), device.toString());
            byName.remove(name);
        } finally {
            registry.unlock();
        }
        try {
            device.close();
        } finally {
            restoreUnlessRemoved(device, name);
        }
    }

    /// A removal that was interrupted has not happened.
    private void restoreUnlessRemoved(MappedDevice device, String name) {
        registry.lock();
        try {
            if (!device.isRemoved()) {
                byName.putIfAbsent(name, device);
            }
        } finally {
            registry.unlock();
        }
    }

    private MappedDevice existing(String name) throws IOException {
        var device = byName.get(name);
        if (device == null) {
            throw new IOException("no device named " + name);
        }
        return device;
    }

    private void checkUnused(DeviceRef ref, String name) throws DeviceBusyException {
        var inUse = users(ref);
        if (!inUse.isEmpty()) {
            throw new DeviceBusyException(name + " is in use by " + String.join(", ", inUse));
        }
    }

    /// Takes a device that is removed out of the registry.
    void forget(MappedDevice device) {
        registry.lock();
        try {
            byName.remove(device.name(), device);
            mappedMinors.clear(device.ref().minor());
        } finally {
            registry.unlock();
        }
    }

    /// Gives a backing device a number, so that tables can refer to it; the same again if it has one.
    ///
    /// @param device not owned: it must outlive every table that refers to it
    public DeviceRef attach(BlockDevice device) {
        registry.lock();
        try {
            if (device instanceof MappedDevice mapped) {
                return mapped.ref();
            }
            return backing.computeIfAbsent(
                    device,
                    _ -> {
                        int minor = backingMinors.nextClearBit(0);
                        backingMinors.set(minor);
                        return new DeviceRef(BACKING_MAJOR, minor, device);
                    });
        } finally {
            registry.unlock();
        }
    }

    /// Takes the number back. Does not close the device. Does nothing if it is not attached.
    ///
    /// @throws DeviceBusyException if a table refers to it
    public void detach(BlockDevice device) throws DeviceBusyException {
        registry.lock();
        try {
            var ref = backing.get(device);
            if (ref != null) {
                checkUnused(ref, ref.toString());
                backing.remove(device);
                backingMinors.clear(ref.minor());
            }
        } finally {
            registry.unlock();
        }
    }

    /// The device of that number or name.
    ///
    /// @throws TableRefusedException if there is none
    public DeviceRef find(String numberOrName) throws TableRefusedException {
        registry.lock();
        try {
            var named = byName.get(numberOrName);
            if (named != null) {
                return named.ref();
            }
            return Stream.concat(
                            byName.values().stream().map(MappedDevice::ref),
                            backing.values().stream())
                    .filter(ref -> ref.toString().equals(numberOrName))
                    .findFirst()
                    .orElseThrow(() -> new TableRefusedException("no device " + numberOrName));
        } finally {
            registry.unlock();
        }
    }

    /// Constructs a table for a device, which uses the devices that its targets find until the table is closed.
    Table construct(MappedDevice device, List<String> lines)
            throws TableRefusedException, IOException {
        var uses = new ArrayList<User>();
        var targets = new ArrayList<MappedTarget>();
        try {
            for (int i = 0; i < lines.size(); i++) {
                targets.add(
                        construct(i + 1, lines.get(i), targets, name -> use(device, name, uses)));
            }
            if (targets.isEmpty()) {
                throw new TableRefusedException(NO_TARGETS);
            }
            return new Table(targets, () -> release(uses));
        } catch (TableRefusedException | IOException | RuntimeException e) {
            try {
                new Table(targets, () -> release(uses)).close();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    private MappedTarget construct(
            int number, String text, List<MappedTarget> before, DeviceLookup lookup)
            throws TableRefusedException, IOException {
        try {
            var line = TableLine.parse(text);
            long start = line.startSector();
            long length = line.lengthSectors();
            Table.check(
                    start,
                    length,
                    before.isEmpty()
                            ? 0
                            : before.getLast().startSector() + before.getLast().lengthSectors());
            var type = types.get(line.type());
            if (type == null) {
                throw new TableRefusedException("unknown target type");
            }
            return new MappedTarget(
                    start, length, type.construct(length, line.arguments(), lookup));
        } catch (TableRefusedException e) {
            throw new TableRefusedException(
                    "line " + number + " (" + text.strip() + "): " + e.getMessage());
        }
    }

    private DeviceRef use(MappedDevice device, String numberOrName, List<User> uses)
            throws TableRefusedException {
        registry.lock();
        try {
            var ref = find(numberOrName);
            if (ref.device() == device || isUsed(device.ref(), ref.device())) {
                throw new TableRefusedException(ref + " uses " + device + " itself");
            }
            uses.add(addUser(ref, device, ""));
            return ref;
        } finally {
            registry.unlock();
        }
    }

    /// True if the device is used by that one, or by one that is used by it.
    private boolean isUsed(DeviceRef ref, BlockDevice by) {
        for (var user : users.getOrDefault(ref, List.of())) {
            var device = user.device();
            if (device != null && (device == by || isUsed(device.ref(), by))) {
                return true;
            }
        }
        return false;
    }

    private User addUser(DeviceRef ref, @Nullable MappedDevice device, String name) {
        var user = new User(ref, device, name);
        users.computeIfAbsent(ref, _ -> new ArrayList<>()).add(user);
        return user;
    }

    private void release(List<User> uses) {
        registry.lock();
        try {
            for (var user : uses) {
                users.computeIfPresent(
                        user.of(),
                        (_, all) -> {
                            all.removeIf(one -> one == user);
                            return all.isEmpty() ? null : all;
                        });
            }
        } finally {
            registry.unlock();
        }
    }

    MappedDevice.Use open(MappedDevice device, String user) throws IOException {
        registry.lock();
        try {
            if (byName.get(device.name()) != device) {
                throw new IOException("device " + device.name() + " is being removed");
            }
            var use = addUser(device.ref(), null, user);
            return () -> release(List.of(use));
        } finally {
            registry.unlock();
        }
    }

    /// Who uses a device, for people.
    List<String> users(DeviceRef ref) {
        registry.lock();
        try {
            return users.getOrDefault(ref, List.of()).stream().map(User::toString).toList();
        } finally {
            registry.unlock();
        }
    }

    /// What `dmsetup table` prints for all devices: each line after the device's name.
    public List<String> table() {
        return devices().stream().flatMap(d -> named(d, d.table())).toList();
    }

    /// What `dmsetup status` prints for all devices: each line after the device's name.
    public List<String> status() {
        return devices().stream().flatMap(d -> named(d, d.status())).toList();
    }

    private static Stream<String> named(MappedDevice device, List<String> lines) {
        return lines.stream().map(line -> device.name() + ": " + line);
    }

    /// Removes all devices, users first. Backing devices stay open; they are not owned.
    ///
    /// @throws IOException if targets cannot be closed; all devices are gone all the same
    @Override
    public void close() throws IOException {
        IOException fault = null;
        for (var device = unused(); device.isPresent(); device = unused()) {
            try {
                device.get().close();
            } catch (IOException e) {
                if (!device.get().isRemoved()) {
                    throw e; // interrupted
                }
                if (fault == null) {
                    fault = e;
                } else {
                    fault.addSuppressed(e);
                }
            }
        }
        if (fault != null) {
            throw fault;
        }
    }

    /// A device that no other device uses. There is one as long as there are any, for the users make no circle.
    private Optional<MappedDevice> unused() {
        registry.lock();
        try {
            return byName.values().stream()
                    .filter(
                            device ->
                                    users.getOrDefault(device.ref(), List.of()).stream()
                                            .allMatch(user -> user.device() == null))
                    .findFirst();
        } finally {
            registry.unlock();
        }
    }

    /// One use of a device. An identity, not a value: the same user may use a device twice.
    private static final class User {
        private final DeviceRef of;
        private final @Nullable MappedDevice device;
        private final String name;

        /// @param device whose table it is, or null for a user from outside
        private User(DeviceRef of, @Nullable MappedDevice device, String name) {
            this.of = of;
            this.device = device;
            this.name = name;
        }

        private DeviceRef of() {
            return of;
        }

        private @Nullable MappedDevice device() {
            return device;
        }

        @Override
        public String toString() {
            return device == null ? name : "table of " + device.name();
        }
    }
}
