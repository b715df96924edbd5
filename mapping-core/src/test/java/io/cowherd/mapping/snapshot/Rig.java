package io.cowherd.mapping.snapshot;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.dm.TableRefusedException;
import io.cowherd.mapping.dm.Target;
import io.cowherd.mapping.dm.TargetType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/// One origin with its targets, put together as a device-mapper would, without mapped devices between.
///
/// Devices are numbered 253:0 (the origin), 253:1, 253:2, … in the order in which they appear.
final class Rig implements SnapshotListener {
    static final int SECTOR = BlockDevice.SECTOR_BYTES;

    final BlockDevice origin;
    final SnapshotFamilies families = new SnapshotFamilies();
    final Map<String, DeviceRef> devices = new HashMap<>();
    final List<DeviceRef> remembered = new CopyOnWriteArrayList<>();
    final List<String> said = new CopyOnWriteArrayList<>();
    final TargetType originType;
    final TargetType snapshotType;
    Target base;

    Rig(BlockDevice origin) throws IOException {
        this.origin = origin;
        var types = families.targetTypes(this);
        originType = types.get(0);
        snapshotType = types.get(1);
        number(origin);
        base = resumed(construct(originType, origin.sizeBytes(), "253:0"));
    }

    /// An origin of numbered sectors, as in the gold images.
    static Rig ofSectors(long sectors) throws IOException {
        return new Rig(MemoryDevice.numbered(sectors * SECTOR, 0));
    }

    /// The number of a device, given at first sight.
    String number(BlockDevice device) {
        for (var ref : devices.values()) {
            if (ref.device().equals(device)) {
                return ref.toString();
            }
        }
        var ref = new DeviceRef(253, devices.size(), device);
        devices.put(ref.toString(), ref);
        return ref.toString();
    }

    /// A snapshot of the whole origin, resumed.
    Target snapshot(BlockDevice cow, String storeAndRest) throws IOException {
        return resumed(load(cow, storeAndRest));
    }

    /// A snapshot of the whole origin, constructed only. `storeAndRest` is `P 16` or `PO 8 1 discard_zeroes_cow`.
    Target load(BlockDevice cow, String storeAndRest) throws IOException {
        return construct(
                snapshotType, origin.sizeBytes(), "253:0 " + number(cow) + " " + storeAndRest);
    }

    Target construct(TargetType type, long lengthBytes, String arguments) throws IOException {
        try {
            return tryConstruct(type, lengthBytes, arguments);
        } catch (TableRefusedException e) {
            throw new AssertionError(e);
        }
    }

    Target tryConstruct(TargetType type, long lengthBytes, String arguments)
            throws IOException, TableRefusedException {
        return type.construct(
                lengthBytes / SECTOR,
                arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")),
                this::find);
    }

    private DeviceRef find(String number) throws TableRefusedException {
        var found = devices.get(number);
        if (found == null) {
            throw new TableRefusedException("no device " + number);
        }
        return found;
    }

    static Target resumed(Target target) throws IOException {
        target.preresume();
        target.resume();
        return target;
    }

    static void suspend(Target target) {
        target.presuspend();
        target.postsuspend();
    }

    // --- SnapshotListener

    @Override
    public StorePast past(DeviceRef cow) {
        return remembered.contains(cow) ? StorePast.LOST : StorePast.UNKNOWN;
    }

    @Override
    public void invalidated(DeviceRef cow, String why) {
        remembered.add(cow);
        said.add("invalidated " + cow + " " + why);
    }

    @Override
    public void overflowed(DeviceRef cow, String why) {
        said.add("overflowed " + cow + " " + why);
    }

    @Override
    public void refused(DeviceRef cow, String why) {
        said.add("refused " + cow + " " + why);
    }

    // --- bytes

    static void write(BlockDevice device, long sector, byte[] content) throws IOException {
        device.write(sector * SECTOR, ByteBuffer.wrap(content), WriteMode.CACHED);
    }

    static byte[] read(BlockDevice device, long sector, int sectors) throws IOException {
        byte[] content = new byte[sectors * SECTOR];
        device.read(sector * SECTOR, ByteBuffer.wrap(content));
        return content;
    }

    static byte[] all(BlockDevice device) throws IOException {
        return read(device, 0, (int) (device.sizeBytes() / SECTOR));
    }

    /// Content that is like no other: `tag` says whose it is.
    static byte[] content(int sectors, long tag) {
        byte[] content = new byte[sectors * SECTOR];
        for (int i = 0; i < sectors; i++) {
            System.arraycopy(
                    MemoryDevice.numberedSector(0x5A00_0000_0000_0000L | tag << 16 | i),
                    0,
                    content,
                    i * SECTOR,
                    SECTOR);
        }
        return content;
    }

    /// What numbered sectors hold.
    static byte[] numbered(long sector, int sectors) {
        byte[] content = new byte[sectors * SECTOR];
        for (int i = 0; i < sectors; i++) {
            System.arraycopy(
                    MemoryDevice.numberedSector(sector + i), 0, content, i * SECTOR, SECTOR);
        }
        return content;
    }

    static byte[] fill(int sectors, int value) {
        byte[] content = new byte[sectors * SECTOR];
        Arrays.fill(content, (byte) value);
        return content;
    }

    /// A COW device as LVM hands it over: junk, the first 4 KiB zero.
    static MemoryDevice freshCow(long sectors) {
        var cow = new MemoryDevice(sectors * SECTOR, (byte) 0xAA);
        cow.put(0, new byte[(int) Math.min(sectors, 8) * SECTOR]);
        return cow;
    }

    /// The records of a list, up to its terminator: `5>2 7>3`. All areas.
    static String records(MemoryDevice cow, int chunk) {
        return String.join(" ", recordList(cow, chunk));
    }

    /// The same, one by one.
    static List<String> recordList(MemoryDevice cow, int chunk) {
        var text = new ArrayList<String>();
        long areaStride = chunk * 32L + 1;
        for (long area = 0; ; area++) {
            long chunkNumber = 1 + area * areaStride;
            var bytes =
                    ByteBuffer.wrap(cow.get(chunkNumber * chunk * SECTOR, chunk * SECTOR))
                            .order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.hasRemaining()) {
                long old = bytes.getLong();
                long fresh = bytes.getLong();
                if (fresh == 0) {
                    return text;
                }
                text.add(old + ">" + fresh);
            }
        }
    }

    /// Writes a store by hand: header and records, from area 0 on.
    static MemoryDevice handmade(long sectors, int chunk, long... pairs) {
        var cow = new MemoryDevice(sectors * SECTOR, (byte) 0xAA);
        cow.put(0, new byte[2 * chunk * SECTOR]);
        header(cow, 0x70416e53, 1, 1, chunk);
        for (int i = 0; i < pairs.length / 2; i++) {
            record(cow, chunk, i, pairs[2 * i], pairs[2 * i + 1]);
        }
        return cow;
    }

    static void header(MemoryDevice cow, int magic, int valid, int version, int chunk) {
        byte[] sector = cow.get(0, SECTOR);
        ByteBuffer.wrap(sector)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(magic)
                .putInt(valid)
                .putInt(version)
                .putInt(chunk);
        cow.put(0, sector);
    }

    static void record(MemoryDevice cow, int chunk, int index, long old, long fresh) {
        int perArea = chunk * 32;
        long areaChunk = 1 + (index / perArea) * (perArea + 1L);
        long at = areaChunk * chunk * SECTOR + index % perArea * 16L;
        long sectorAt = at & -SECTOR;
        byte[] sector = cow.get(sectorAt, SECTOR);
        ByteBuffer.wrap(sector)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong((int) (at - sectorAt), old)
                .putLong((int) (at - sectorAt) + 8, fresh);
        cow.put(sectorAt, sector);
    }
}
