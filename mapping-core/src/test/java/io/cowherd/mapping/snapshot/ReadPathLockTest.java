package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.dm.DeviceMapper;
import io.cowherd.mapping.dm.MappedDevice;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.Test;

/// **Goal.** No lock on the read path: whatever a writer, a committer or an operator may hold, reads go on; and so do writes of
/// what has left the origin.
///
/// **Method.** Everything that the devices of a family are made of is found by reflection, and all of it is locked at once: every
/// lock, and the monitor of every object. Then somebody else reads.
class ReadPathLockTest {
    private final DeviceMapper mapper =
            new DeviceMapper(new SnapshotFamilies().targetTypes(SnapshotListener.NONE));

    private MappedDevice device(String name, String table) throws Exception {
        var device = mapper.create(name, "");
        device.load(List.of(table));
        device.resume();
        return device;
    }

    private String attach(BlockDevice device) {
        return mapper.attach(device).toString();
    }

    @Test
    void readsAndOverwritesWaitForNobody() throws Exception {
        var disk = MemoryDevice.numbered(256 * SECTOR, 0);
        var real = device("base-real", "0 256 linear " + attach(disk) + " 0");
        var store = device("snap-cow", "0 1024 linear " + attach(Rig.freshCow(1024)) + " 0");
        var snap = device("snap", "0 256 snapshot " + real.ref() + " " + store.ref() + " P 8");
        var base = device("base", "0 256 snapshot-origin " + real.ref());
        Rig.write(base, 0, Rig.content(16, 1));
        Rig.write(snap, 16, Rig.content(16, 2));
        var found = partsOf(base, snap);
        assertTrue(found.stream().anyMatch(Lock.class::isInstance), "locks were found");
        assertTrue(found.stream().anyMatch(OriginFamily.class::isInstance), "and the family");
        var reader =
                new FutureTask<Void>(
                        () -> {
                            useBoth(base, snap);
                            return null;
                        });
        holding(
                found.iterator(),
                () -> {
                    Thread.ofPlatform().daemon().start(reader);
                    reader.get(30, TimeUnit.SECONDS);
                });
    }

    private static void useBoth(MappedDevice base, MappedDevice snap) throws Exception {
        byte[] shown = Rig.numbered(0, 256);
        System.arraycopy(Rig.content(16, 2), 0, shown, 16 * SECTOR, 16 * SECTOR);
        assertArrayEquals(shown, Rig.all(snap));
        byte[] own = Rig.numbered(0, 256);
        System.arraycopy(Rig.content(16, 1), 0, own, 0, 16 * SECTOR);
        assertArrayEquals(own, Rig.all(base));
        assertTrue(snap.tryRead(5 * SECTOR, ByteBuffer.allocate(40 * SECTOR)));
        assertTrue(base.tryRead(5 * SECTOR, ByteBuffer.allocate(40 * SECTOR)));
        assertTrue(base.tryWrite(3 * SECTOR, ByteBuffer.wrap(Rig.content(9, 3))));
        assertTrue(snap.tryWrite(17 * SECTOR, ByteBuffer.wrap(Rig.content(9, 3))));
        Rig.write(base, 3, Rig.content(9, 4));
        Rig.write(snap, 17, Rig.content(9, 4));
    }

    private interface Action {
        void run() throws Exception;
    }

    private static void holding(Iterator<Object> parts, Action action) throws Exception {
        if (!parts.hasNext()) {
            action.run();
            return;
        }
        var part = parts.next();
        if (part instanceof Lock lock) {
            lock.lock(); // and never unlocks: nobody needs these devices any more
        }
        synchronized (part) {
            holding(parts, action);
        }
    }

    /// Our own objects beneath these, but the backing devices, and the locks that they hold.
    private static Set<Object> partsOf(Object... roots) throws IllegalAccessException {
        Set<Object> found = Collections.newSetFromMap(new IdentityHashMap<>());
        var open = new ArrayDeque<Object>(List.of(roots));
        while (!open.isEmpty()) {
            var part = open.remove();
            switch (part) {
                case Collection<?> all -> all.stream().filter(x -> x != null).forEach(open::add);
                case Map<?, ?> all -> open.addAll(all.values());
                case Object[] all -> Arrays.stream(all).filter(x -> x != null).forEach(open::add);
                default -> {
                    if (isOurs(part) && found.add(part)) {
                        addFields(part, open);
                    }
                }
            }
        }
        return found;
    }

    private static boolean isOurs(Object part) {
        return part instanceof Lock
                || (part.getClass().getName().startsWith("io.cowherd.")
                        && !(part instanceof MemoryDevice));
    }

    private static void addFields(Object part, ArrayDeque<Object> open)
            throws IllegalAccessException {
        for (Class<?> type = part.getClass();
                type.getName().startsWith("io.cowherd.");
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    var value = field.get(part);
                    if (value != null) {
                        open.add(value);
                    }
                }
            }
        }
    }
}
