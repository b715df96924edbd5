package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.mapping.device.BlockDevice;
import io.cowherd.mapping.device.FaultingDevice;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.mapping.device.NoSpaceException;
import io.cowherd.mapping.device.WrappedDevice;
import io.cowherd.mapping.device.WriteMode;
import io.cowherd.mapping.dm.DeviceRef;
import io.cowherd.mapping.snapshot.SnapshotFamilies;
import io.cowherd.mapping.snapshot.SnapshotListener;
import io.cowherd.mapping.volume.ReservationStore;
import io.cowherd.mapping.volume.Reservations;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.PhysicalBlocks;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What hosts are told when storage fails, or may not be written.
final class StorageFailureTest {
    private static final int BLOCK = 512;

    private final MemoryDevice memory = MemoryDevice.numbered(1 << 20, 1000);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "28 00 00 00 00 07 00 00 01 00                   | 0    | 3/11/00",
                "28 00 00 00 00 07 00 04 00 00                   | 0    | 3/11/00",
                "2F 00 00 00 00 07 00 00 01 00                   | 0    | 3/11/00",
                "2A 00 00 00 00 07 00 00 01 00                   | 512  | 3/0C/02",
                "2A 08 00 00 00 07 00 00 01 00                   | 512  | 3/0C/02",
                "35 00 00 00 00 00 00 00 00 00                   | 0    | 3/0C/02",
                "41 00 00 00 00 07 00 00 01 00                   | 512  | 3/0C/02",
                "93 01 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 0    | 3/0C/02",
                "89 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 1024 | 3/0C/02"
            })
    void aFailingDeviceIsReported(String cdb, int dataOut, String sense) {
        FaultingDevice faulting = new FaultingDevice(memory);
        try (TestTarget target = TestTarget.of(faulting)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            faulting.failAll();
            assertEquals(sense, host.send(cdb, new byte[dataOut]).sense());
            faulting.heal();
            host.send("28 00 00 00 00 07 00 00 01 00").good();
            host.close();
        }
    }

    /// Nobody knows what is reserved, so a host must not be told that nothing is.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5E 00 00 00 00 00 00 00 FF 00 | 0",
                "5E 01 00 00 00 00 00 00 FF 00 | 0",
                "5F 00 00 00 00 00 00 00 18 00 | 24",
                "5F 01 01 00 00 00 00 00 18 00 | 24",
                "16 00 00 00 00 00             | 0"
            })
    void reservationsThatCannotBeBelievedAreReported(String cdb, int dataOut) {
        try (TestTarget target = new TestTarget()) {
            var unit = TestTarget.unit(memory, TestTarget.UUID_0, TestTarget.READ_WRITE);
            target.device.addLun(0, unit, new Unbelievable());
            TestHost host = TestHost.ready(target.device, "iqn.a");
            assertEquals("4/44/00", host.send(cdb, new byte[dataOut]).sense());
            host.close();
        }
    }

    private static final class Unbelievable implements ReservationStore {
        @Override
        public Reservations present() {
            return Reservations.NONE;
        }

        @Override
        public void requireBelievable() throws IOException {
            throw new IOException("damaged on purpose");
        }

        @Override
        public void replace(Reservations expected, Reservations next) throws IOException {
            requireBelievable();
        }
    }

    /// Goal: the host learns that space is short, as it can do something about that. Method: a device that has none left.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "2A 00 00 00 00 07 00 00 01 00",
                "2A 08 00 00 00 07 00 00 01 00",
            })
    void aFullStoreIsReported(String cdb) {
        BlockDevice full =
                new WrappedDevice(memory) {
                    @Override
                    public void write(long offsetBytes, ByteBuffer source, WriteMode mode)
                            throws IOException {
                        throw new NoSpaceException("full on purpose", new IOException("ENOSPC"));
                    }

                    @Override
                    public boolean tryWrite(long offsetBytes, ByteBuffer source) {
                        return false;
                    }
                };
        try (TestTarget target = TestTarget.of(full)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            assertEquals("7/27/07", host.send(cdb, new byte[BLOCK]).sense());
            host.close();
        }
    }

    /// Goal: hosts give up on a lost snapshot at once; one that takes no more writes says that space is short. Method: a store
    /// with room for one chunk; the second first write finds it full.
    @ParameterizedTest
    @ValueSource(strings = {"P", "PO"})
    void aSnapshotWithoutSpaceIsReported(String store) throws Exception {
        boolean isLost = store.equals("P");
        try (TestTarget target = TestTarget.of(snapshotOfOneChunk(store))) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            host.send("2A 00 00 00 00 07 00 00 01 00", new byte[BLOCK]).good();
            for (String lba : List.of("01 07", "01 07", "00 07")) {
                String write = "2A 00 00 00 " + lba + " 00 00 01 00";
                assertEquals(
                        isLost ? "4/44/00" : "7/27/07", host.send(write, new byte[BLOCK]).sense());
                TestHost.Answer answer = host.send("28 00 00 00 " + lba + " 00 00 01 00");
                if (isLost) {
                    assertEquals("4/44/00", answer.sense());
                } else {
                    answer.good();
                }
            }
            host.close();
        }
    }

    private BlockDevice snapshotOfOneChunk(String store) throws Exception {
        var devices =
                Map.of(
                        "1:0", new DeviceRef(1, 0, memory),
                        "1:1", new DeviceRef(1, 1, new MemoryDevice(3 * 8 * BLOCK)));
        var snapshot =
                new SnapshotFamilies()
                        .targetTypes(SnapshotListener.NONE)
                        .get(1)
                        .construct(
                                memory.sizeBytes() / BLOCK,
                                List.of("1:0", "1:1", store, "8"),
                                number -> Objects.requireNonNull(devices.get(number)));
        snapshot.preresume();
        snapshot.resume();
        return snapshot;
    }

    /// Goal: a bug below ends the command, not the event loop or the thread. Method: a device that throws what it must not.
    @Test
    void aBugIsAnInternalFailure() {
        BlockDevice broken =
                new WrappedDevice(memory) {
                    @Override
                    public void flush() {
                        throw new AssertionError("broken on purpose");
                    }

                    @Override
                    public boolean tryRead(long offsetBytes, ByteBuffer target) {
                        throw new IllegalStateException("broken on purpose");
                    }
                };
        try (TestTarget target = TestTarget.of(broken)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            assertEquals("4/44/00", host.send("35 00 00 00 00 00 00 00 00 00").sense());
            assertEquals("4/44/00", host.send("28 00 00 00 00 07 00 00 01 00").sense());
            host.send("2A 00 00 00 00 07 00 00 01 00", new byte[BLOCK]).good();
            host.close();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0A 00 00 07 01 00                               | 512",
                "2A 00 00 00 00 07 00 00 01 00                   | 512",
                "AA 00 00 00 00 07 00 00 00 01 00 00             | 512",
                "8A 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 512",
                "2E 00 00 00 00 07 00 00 01 00                   | 512",
                "41 00 00 00 00 07 00 00 01 00                   | 512",
                "93 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 512",
                "89 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 1024",
                "8B 00 00 00 00 00 00 00 00 07 00 00 00 01 00 00 | 512",
                "42 00 00 00 00 00 00 00 18 00                   | 24"
            })
    void aProtectedUnitIsNotWritten(String cdb, int dataOut) {
        Settings readOnly = new Settings(Access.READ_ONLY, WriteCache.VOLATILE, 1 << 20);
        try (TestTarget target = TestTarget.of(memory, readOnly);
                TestTarget writable = TestTarget.of(memory)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            assertEquals("7/27/00", host.send(cdb, new byte[dataOut]).sense());
            host.send("2F 00 00 00 00 07 00 00 01 00").good();
            host.close();

            TestHost user = TestHost.ready(writable.device, "iqn.a");
            TestHost.Sent onItsWay = user.hold(0, cdb, TaskAttribute.SIMPLE);
            byte[] swp = HexFormat.of().parseHex("000000000A0A0210084000" + "00FFFF001E");
            user.send("15 10 00 00 10 00", swp).good();
            assertEquals("7/27/02", user.send(cdb, new byte[dataOut]).sense());
            onItsWay.execute(new byte[dataOut]);
            assertEquals("7/27/02", onItsWay.await().sense());
            user.close();
        }
        assertArrayEquals(MemoryDevice.numberedSector(1007), memory.get(7 * BLOCK, BLOCK));
    }

    /// Goal: a disk that becomes read-only while it is served says so, in sense and in mode sense, and one that becomes
    /// writable again can be written to. Method: the access changes before a command, and while a write is in storage.
    @Test
    void accessIsAskedForEachCommand() {
        var access = new AtomicReference<>(Access.READ_WRITE);
        var settings =
                new Settings(access::get, WriteCache.VOLATILE, 1 << 20, PhysicalBlocks.AS_LOGICAL);
        BlockDevice turning =
                new WrappedDevice(memory) {
                    @Override
                    public void write(long offsetBytes, ByteBuffer source, WriteMode mode)
                            throws IOException {
                        access.set(Access.READ_ONLY);
                        throw new IOException("read-only on purpose");
                    }

                    @Override
                    public boolean tryWrite(long offsetBytes, ByteBuffer source)
                            throws IOException {
                        return access.get() == Access.READ_WRITE
                                && super.tryWrite(offsetBytes, source);
                    }
                };
        try (TestTarget target = TestTarget.of(turning, settings)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            String write = "2A 00 00 00 00 07 00 00 01 00";
            String durableWrite = "2A 08 00 00 00 07 00 00 01 00";
            String modeSense = "1A 00 3F 00 FF 00";
            assertEquals(0, host.send(modeSense).data().get(2) & 0x80, "WP");
            assertEquals("7/27/00", host.send(durableWrite, new byte[BLOCK]).sense());
            assertEquals("7/27/00", host.send(write, new byte[BLOCK]).sense());
            assertEquals(0x80, host.send(modeSense).data().get(2) & 0x80, "WP");
            access.set(Access.READ_WRITE);
            host.send(write, new byte[BLOCK]).good();
            assertEquals(0, host.send(modeSense).data().get(2) & 0x80, "WP");
            host.close();
        }
    }
}
