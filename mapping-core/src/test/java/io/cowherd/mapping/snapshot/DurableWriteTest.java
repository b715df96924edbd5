package io.cowherd.mapping.snapshot;

import static io.cowherd.mapping.snapshot.Rig.SECTOR;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.CrashingDevice;
import io.cowherd.mapping.device.CrashingDevice.Loss;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.PowerSupply;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceMapper;
import io.cowherd.mapping.dm.MappedDevice;
import io.cowherd.mapping.dm.TableRefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// **Goal.** What a durable write (FUA) has written is there after a power cut, however deep the stack of devices is (I8).
///
/// **Method.** The stack that LVM2 makes, on disks that forget everything that was not made durable; one write, of each kind
/// that there is, then the cut.
class DurableWriteTest {
    private static final int SECTORS = 256;

    private final PowerSupply power = PowerSupply.steady();
    private final CrashingDevice disk =
            new CrashingDevice(MemoryDevice.numbered(SECTORS * SECTOR, 0), power);
    private final CrashingDevice cowDisk = new CrashingDevice(Rig.freshCow(1024), power);

    private interface Change {
        void make(MappedDevice base, MappedDevice snap) throws IOException;
    }

    private static Change write(boolean toBase, long sector, int sectors, long tag) {
        return (base, snap) ->
                (toBase ? base : snap)
                        .write(
                                sector * SECTOR,
                                ByteBuffer.wrap(Rig.content(sectors, tag)),
                                WriteMode.DURABLE);
    }

    private static Change zero(boolean toBase, long sector, long sectors) {
        return (base, snap) ->
                (toBase ? base : snap)
                        .writeZeroes(sector * SECTOR, sectors * SECTOR, WriteMode.DURABLE);
    }

    private static Change both(Change first, Change second) {
        return (base, snap) -> {
            first.make(base, snap);
            second.make(base, snap);
        };
    }

    /// Returns origin and snapshot as they are after the change and a cut.
    private List<byte[]> afterCut(Change change) throws Exception {
        live(disk, cowDisk, change);
        power.cutNow();
        var random = new SplittableRandom(1);
        var found = new ArrayList<byte[]>();
        live(
                disk.afterCut(Loss.ALL, random),
                cowDisk.afterCut(Loss.ALL, random),
                (base, snap) -> {
                    found.add(Rig.all(base));
                    found.add(Rig.all(snap));
                });
        return found;
    }

    private static void live(BlockDevice origin, BlockDevice cow, Change change)
            throws IOException, TableRefusedException {
        var mapper = new DeviceMapper(new SnapshotFamilies().targetTypes(SnapshotListener.NONE));
        var real = device(mapper, "base-real", "0 256 linear " + mapper.attach(origin) + " 0");
        var store = device(mapper, "snap-cow", "0 1024 linear " + mapper.attach(cow) + " 0");
        var snap =
                device(mapper, "snap", "0 256 snapshot " + real.ref() + " " + store.ref() + " P 8");
        var base = device(mapper, "base", "0 256 snapshot-origin " + real.ref());
        change.make(base, snap);
    }

    private static MappedDevice device(DeviceMapper mapper, String name, String table)
            throws IOException, TableRefusedException {
        var device = mapper.create(name, "");
        device.load(List.of(table));
        device.resume();
        return device;
    }

    private void check(Change change, byte[] base, byte[] snap) throws Exception {
        var found = afterCut(change);
        assertArrayEquals(base, found.get(0), "the origin");
        assertArrayEquals(snap, found.get(1), "the snapshot");
    }

    private static byte[] numbered() {
        return Rig.numbered(0, SECTORS);
    }

    private static byte[] with(long sector, byte[] content) {
        byte[] all = numbered();
        System.arraycopy(content, 0, all, (int) sector * SECTOR, content.length);
        return all;
    }

    @Test
    void toTheOrigin() throws Exception {
        check(write(true, 11, 9, 1), with(11, Rig.content(9, 1)), numbered());
    }

    @Test
    void againToTheOrigin() throws Exception {
        check(
                both(write(true, 8, 16, 1), write(true, 11, 9, 2)),
                with(8, patched(Rig.content(16, 1), 3, Rig.content(9, 2))),
                numbered());
    }

    @Test
    void zerosToTheOrigin() throws Exception {
        check(zero(true, 11, 9), with(11, new byte[9 * SECTOR]), numbered());
    }

    @Test
    void toASnapshotsChunkAndPartOfAnother() throws Exception {
        check(write(false, 8, 12, 1), numbered(), with(8, Rig.content(12, 1)));
    }

    @Test
    void againToASnapshot() throws Exception {
        check(
                both(write(false, 8, 16, 1), write(false, 11, 9, 2)),
                numbered(),
                with(8, patched(Rig.content(16, 1), 3, Rig.content(9, 2))));
    }

    @Test
    void zerosToASnapshot() throws Exception {
        check(zero(false, 9, 20), numbered(), with(9, new byte[20 * SECTOR]));
    }

    @Test
    void zerosToASnapshotsOwnChunk() throws Exception {
        check(
                both(write(false, 8, 8, 1), zero(false, 9, 5)),
                numbered(),
                with(8, patched(Rig.content(8, 1), 1, new byte[5 * SECTOR])));
    }

    private static byte[] patched(byte[] content, int sector, byte[] patch) {
        byte[] all = content.clone();
        System.arraycopy(patch, 0, all, sector * SECTOR, patch.length);
        return all;
    }
}
