package io.cowherd.mapping.dm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.mapping.device.CountingDevice;
import io.cowherd.mapping.device.DeviceOperation;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.WriteMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DeviceMapperTest {
    private final RecordingTarget.Type recording = new RecordingTarget.Type();
    private final DeviceMapper mapper = new DeviceMapper(List.of(recording));
    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1);

    private MappedDevice device(String name, String... lines) throws Exception {
        var device = mapper.create(name, "");
        device.load(List.of(lines));
        device.resume();
        return device;
    }

    /// The example of the specification, 2.1.
    @Test
    void tableAndStatusReadAsThoseOfDmsetup() throws Exception {
        mapper.attach(memory);
        device("volumeGroup-base-real", "0 1024 linear 7:0 512");
        device("volumeGroup-base", "0 1024 linear volumeGroup-base-real 0");
        device("two", "0 8 zero", "8 16 error", "24 8 recording x");
        mapper.create("new", "");
        assertEquals(
                List.of(
                        "new: ",
                        "two: 0 8 zero ",
                        "two: 8 16 error ",
                        "two: 24 8 recording x",
                        "volumeGroup-base: 0 1024 linear 253:0 0",
                        "volumeGroup-base-real: 0 1024 linear 7:0 512"),
                mapper.table());
        assertEquals(
                List.of(
                        "new: ",
                        "two: 0 8 zero ",
                        "two: 8 16 error ",
                        "two: 24 8 recording x is well",
                        "volumeGroup-base: 0 1024 linear ",
                        "volumeGroup-base-real: 0 1024 linear "),
                mapper.status());
    }

    /// Goal: a store that allocates ahead reaches its file, wherever that lies.
    @Test
    void allocationAheadGoesDownThroughTables() throws Exception {
        var counted = new CountingDevice(memory);
        mapper.attach(counted);
        device("lower", "0 1024 linear 7:0 512");
        var upper = device("upper", "0 8 linear lower 16", "8 8 linear lower 64", "16 8 zero");
        assertFalse(upper.ensureAllocated(2 * 512, 20 * 512), "this one cannot");
        assertEquals(
                List.of("ALLOCATE 271360+3072", "ALLOCATE 294912+4096"),
                counted.operations().stream().map(DeviceOperation::toString).toList());
    }

    @Test
    void numbersAreTheLowestFreeOnes() throws Exception {
        assertEquals("7:0", mapper.attach(memory).toString());
        assertEquals("7:0", mapper.attach(memory).toString());
        assertEquals("7:1", mapper.attach(new MemoryDevice(512)).toString());
        assertEquals("253:0", mapper.create("a", "").ref().toString());
        assertEquals("253:1", mapper.create("b", "").ref().toString());
        mapper.remove("a");
        mapper.detach(memory);
        assertEquals("253:0", mapper.create("c", "").ref().toString());
        assertEquals("7:0", mapper.attach(memory).toString());
    }

    @Test
    void namesAndUuidsAreTakenOnce() throws Exception {
        mapper.create("a", "LVM-1");
        assertThrows(DeviceBusyException.class, () -> mapper.create("a", "LVM-2"));
        assertThrows(DeviceBusyException.class, () -> mapper.create("b", "LVM-1"));
        assertThrows(IllegalArgumentException.class, () -> mapper.create("a/b", ""));
        assertThrows(IllegalArgumentException.class, () -> mapper.create("", ""));
        assertThrows(IllegalArgumentException.class, () -> mapper.create("x".repeat(128), ""));
    }

    @Test
    void aRenamedDeviceKeepsItsNumberAndTable() throws Exception {
        var device = device("old", "0 8 zero");
        mapper.create("taken", "");
        assertThrows(DeviceBusyException.class, () -> mapper.rename("old", "taken"));
        mapper.rename("old", "new");
        assertEquals("new", device.name());
        assertEquals(device, mapper.device("new").orElseThrow());
        assertTrue(mapper.device("old").isEmpty());
        assertThrows(IOException.class, () -> mapper.rename("old", "other"));
        assertEquals(List.of("new: 0 8 zero ", "taken: "), mapper.table());
    }

    @Test
    void aTableIsRefusedInTheKernelsWords() throws Exception {
        mapper.attach(memory);
        assertRefused("no targets specified");
        assertRefused("zero-length target", "0 0 zero");
        assertRefused("Gap in table", "8 8 zero");
        assertRefused("Gap in table", "0 8 zero", "16 8 zero");
        assertRefused("Gap in table", "0 8 zero", "4 8 zero");
        assertRefused("unknown target type", "0 8 thin");
        assertRefused("Invalid argument count", "0 8 linear 7:0");
        assertRefused("Invalid device sector", "0 8 linear 7:0 x");
        assertRefused("Invalid device sector", "0 8 linear 7:0 -1");
        assertRefused("Device lookup failed: no device 7:9", "0 8 linear 7:9 0");
        assertRefused(
                "7:0 too small for target: start=2041, len=8, dev_size=2048",
                "0 8 linear 7:0 2041");
        assertRefused("No arguments required", "0 8 zero x");
        assertRefused("expected 'start length type [arguments]'", "0 8");
        assertRefused("Invalid length", "0 99999999999999999999 zero");
        assertRefused("too large device", "0 1 zero", "1 " + TableLine.MOST_SECTORS + " zero");
        assertEquals(List.of(), recording.take());
    }

    /// Also: the targets of the lines before are closed, and what they use is free again.
    private void assertRefused(String words, String... lines) throws Exception {
        var device = mapper.create("refused", "");
        var refusal = assertThrows(TableRefusedException.class, () -> device.load(List.of(lines)));
        assertTrue(refusal.toString().contains(words), refusal.toString());
        assertEquals(List.of(""), device.inactiveTable());
        mapper.remove("refused");
    }

    @Test
    void aRefusedTableLeavesNothingBehind() throws Exception {
        mapper.attach(memory);
        var device = mapper.create("a", "");
        assertThrows(
                TableRefusedException.class,
                () -> device.load(List.of("0 8 linear 7:0 0", "8 8 recording x", "99 8 zero")));
        assertEquals(List.of("x close"), recording.take());
        mapper.detach(memory);
    }

    @Test
    void aDeviceInUseCannotBeRemoved() throws Exception {
        mapper.attach(memory);
        device("real", "0 1024 linear 7:0 0");
        var top = device("top", "0 8 linear real 0", "8 8 linear real 8");
        assertBusy("real", "table of top, table of top");
        assertThrows(DeviceBusyException.class, () -> mapper.detach(memory));
        top.load(List.of("0 8 zero"));
        top.resume();
        top.load(List.of("0 8 linear real 0"));
        assertBusy("real", "table of top"); // an inactive table counts
        top.clear();
        try (var _ = top.open("LUN 1")) {
            assertBusy("top", "LUN 1");
            assertEquals(1, top.info().openCount());
        }
        mapper.remove("top");
        mapper.remove("real");
        mapper.detach(memory);
        assertEquals(List.of(), mapper.devices());
        assertThrows(IOException.class, () -> top.open("too late"));
        assertThrows(IOException.class, () -> mapper.remove("top"));
    }

    private void assertBusy(String name, String users) {
        var busy = assertThrows(DeviceBusyException.class, () -> mapper.remove(name));
        assertTrue(busy.toString().endsWith("is in use by " + users), busy.toString());
    }

    @Test
    void aCircleOfTablesIsRefused() throws Exception {
        mapper.attach(memory);
        var a = device("a", "0 8 linear 7:0 0");
        device("b", "0 8 linear a 0");
        device("c", "0 8 linear b 0");
        assertThrows(TableRefusedException.class, () -> a.load(List.of("0 8 linear c 0")));
        assertThrows(TableRefusedException.class, () -> a.load(List.of("0 8 linear a 0")));
        mapper.remove("c");
        mapper.remove("b");
        mapper.remove("a");
    }

    @Test
    void closingRemovesUsersFirst() throws Exception {
        mapper.attach(memory);
        device("a-bottom", "0 8 linear 7:0 0", "8 8 recording x");
        var top = device("b-top", "0 8 linear a-bottom 0", "8 8 recording y");
        recording.take();
        try (var _ = top.open("LUN 0")) {
            mapper.close();
        }
        assertEquals(
                List.of(
                        "y presuspend",
                        "y postsuspend",
                        "y close",
                        "x presuspend",
                        "x postsuspend",
                        "x close"),
                recording.take());
        assertEquals(List.of(), mapper.devices());
        memory.read(0, ByteBuffer.allocate(512));
    }

    @Test
    void eventsAreCountedAndHeard() throws Exception {
        var device = device("a", "0 8 recording x");
        var heard = new ArrayList<String>();
        mapper.addEventListener((d, number) -> heard.add(d.name() + " " + number));
        recording.targets.getFirst().raise();
        recording.targets.getFirst().raise();
        assertEquals(List.of("a 1", "a 2"), heard);
        assertEquals(2, device.info().eventNumber());
    }

    @Test
    void infoTellsWhatIsLoaded() throws Exception {
        var device = mapper.create("a", "LVM-1");
        assertEquals(
                new DeviceInfo("a", "LVM-1", 253, 0, false, false, false, 0, 0, 0), device.info());
        device.load(List.of("0 8 zero", "8 8 error"));
        assertTrue(device.info().hasInactiveTable());
        assertEquals(List.of("0 8 zero ", "8 8 error "), device.inactiveTable());
        assertEquals(List.of(""), device.table());
        assertEquals(0, device.sizeBytes());
        device.resume();
        device.suspend();
        assertEquals(
                new DeviceInfo("a", "LVM-1", 253, 0, true, true, false, 0, 0, 2), device.info());
        assertEquals(16 * 512, device.sizeBytes());
    }

    @Test
    void zeroReadsZerosAndErrorFails() throws Exception {
        var device = device("a", "0 8 zero", "8 8 error whatever");
        var buffer = ByteBuffer.allocateDirect(512).put(0, new byte[] {1, 2, 3});
        device.write(0, buffer, WriteMode.DURABLE);
        device.read(0, buffer.clear());
        var content = new byte[512];
        buffer.get(0, content);
        assertArrayEquals(new byte[512], content);
        var fault = assertThrows(IOException.class, () -> device.read(8 * 512, buffer.clear()));
        assertTrue(fault.toString().contains("of an error target"), fault.toString());
        assertThrows(IOException.class, () -> device.read(7 * 512, ByteBuffer.allocate(1024)));
        assertThrows(IOException.class, device::flush);
        assertFalse(device.supportsDiscard());
    }
}
