package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.config.Limits;
import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.lu.LogicalUnit.Access;
import io.cowherd.scsi.lu.LogicalUnit.PhysicalBlocks;
import io.cowherd.scsi.lu.LogicalUnit.Settings;
import io.cowherd.scsi.lu.LogicalUnit.WriteCache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// LUN fields, and what is answered where nothing is.
final class LunTest {
    private static final String INQUIRY = "12 00 00 00 60 00";

    @ParameterizedTest
    @CsvSource({
        "0000, 0",
        "0001, 1",
        "00FF, 255",
        "4000, 0",
        "4001, 1",
        "4100, 256",
        "7FFF, 16383",
        "0100, -1", // bus 1
        "8001, -1", // logical unit addressing
        "C101, -1" // well known
    })
    void aLunFieldIsDecoded(String first, int lun) {
        assertEquals(lun, Lun.decode(Long.parseLong(first, 16) << 48));
        assertEquals(Lun.NONE, Lun.decode(Long.parseLong(first, 16) << 48 | 1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 255, 256, 16383})
    void whatIsReportedIsUnderstood(int lun) {
        assertEquals(lun, Lun.decode(Lun.encode(lun)));
        assertEquals(lun <= 255 ? lun : 0x4000 | lun, Lun.encode(lun) >>> 48);
    }

    @Test
    void lunsAreReportedAscendingHoweverTheyCame() {
        try (TestTarget target = new TestTarget()) {
            MemoryDevice memory = new MemoryDevice(1 << 20, (byte) 0x5A);
            for (int lun : new int[] {300, 2, 0}) {
                target.device.addLun(
                        lun,
                        TestTarget.unit(memory, new java.util.UUID(0, lun), TestTarget.READ_WRITE));
            }
            TestHost host = new TestHost(target.device, "iqn.a");
            assertEquals(
                    "00 00 00 18 00 00 00 00"
                            + " 00 00 00 00 00 00 00 00"
                            + " 00 02 00 00 00 00 00 00"
                            + " 41 2C 00 00 00 00 00 00",
                    host.send("A0 00 00 00 00 00 00 00 01 00 00 00").good().hex());
            assertEquals(
                    "00 00 00 00 00 00 00 00",
                    host.send("A0 00 01 00 00 00 00 00 01 00 00 00").good().hex());
            assertEquals(24 + 8, host.send("A0 00 11 00 00 00 00 00 01 00 00 00").good().length());
            assertEquals(16, host.send("A0 00 02 00 00 00 00 00 00 10 00 00").good().length());
        }
    }

    @Test
    void anAbsentLunAnswersWhatHostsNeedToGoOn() {
        try (TestTarget target = new TestTarget()) {
            TestHost host = new TestHost(target.device, "iqn.a");
            long lun5 = 5L << 48;
            assertEquals("3F 00 06", host.send(INQUIRY).good().hex().substring(0, 8));
            assertEquals("7F 00 06", host.begin(lun5, INQUIRY).await().hex().substring(0, 8));
            assertEquals("5/25/00", host.begin(lun5, "12 01 00 00 60 00").await().sense());
            assertEquals("5/25/00", host.begin(lun5, "00 00 00 00 00 00").await().sense());
            assertEquals("5/25/00", host.begin(lun5, "FF 00 00 00 00 00").await().sense());
            TestHost.Answer sense = host.begin(lun5, "03 00 00 00 FF 00").await().good();
            assertEquals("5/25/00", TestHost.describe(sense.data()));
            assertEquals(
                    8, host.begin(lun5, "A0 00 00 00 00 00 00 00 00 10 00 00").await().length());
        }
    }

    @Test
    void whatADiskSaysOfItself() {
        try (TestTarget target = TestTarget.of(new MemoryDevice(1 << 20, (byte) 0x5A))) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            assertEquals(36, host.send("12 00 00 00 24 00").good().bytes().length);
            assertEquals(96, host.send("12 00 00 00 FF 00").good().length());
            assertEquals("5/24/00", host.send("12 01 8F 00 FF 00").sense());
            assertEquals(
                    "00 00 07 FF 00 00 02 00",
                    host.send("25 00 00 00 00 00 00 00 00 00").good().hex());
            assertEquals(
                    "00 00 00 00 00 00 07 FF 00 00 02 00 00 00 C0 00" + " 00".repeat(16),
                    host.send("9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00").good().hex());
            assertEquals(
                    "DA 00 00 0C" + " 00".repeat(12),
                    host.send("A3 0D 80 00 00 00 00 00 00 10 00 00").good().hex());
            assertEquals("72 00 00 00 00 00 00 00", host.send("03 01 00 00 FF 00").hex());
            assertEquals("00 1D 00 00", host.send("37 00 1D 00 00 00 00 00 FF 00").good().hex());
            assertEquals(
                    "00 0D 00 00 00 00 00 00",
                    host.send("B7 0D 00 00 00 00 00 00 00 FF 00 00").good().hex());
            assertEquals("5/24/00", host.send("1A 00 02 00 FF 00").sense());
            assertEquals("5/24/00", host.send("1A 00 0A 01 FF 00").sense());
            assertEquals("5/24/00", host.send("A3 0C 01 9E 00 00 00 00 00 FF 00 00").sense());
            host.send("34 00 00 00 00 00 00 00 01 00").good();
            host.send("1B 00 00 00 00 00").good();
            host.send("1B 00 00 00 01 00").good();
            host.send("1E 00 00 00 01 00").good();
            assertEquals(10, host.receive("12 00 00 00 FF 00", 10).good().data().remaining());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "512, AS_LOGICAL, 0",
        "512, AT_LEAST_4_KIB, 3",
        "4096, AT_LEAST_4_KIB, 0",
        "4096, AS_LOGICAL, 0"
    })
    void physicalBlocksAreAsSaid(int blockBytes, PhysicalBlocks physical, int exponent) {
        Settings settings =
                new Settings(() -> Access.READ_WRITE, WriteCache.VOLATILE, 1 << 20, physical);
        MemoryDevice memory = new MemoryDevice(1 << 20, (byte) 0x5A, blockBytes);
        try (TestTarget target = TestTarget.of(memory, settings)) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            String capacity = "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00";
            assertEquals(exponent, host.send(capacity).good().data().get(13));
        }
    }

    @Test
    void acaIsNotSupported() {
        try (TestTarget target = TestTarget.of(new MemoryDevice(1 << 20, (byte) 0x5A))) {
            TestHost host = TestHost.ready(target.device, "iqn.a");
            TestHost.Sent sent = host.begin("00 00 00 00 00 00", new byte[0], TaskAttribute.ACA);
            assertEquals("5/24/00", sent.await().sense());
        }
    }

    @Test
    void lunsThatWindowsCannotReadAreAskedForFirst() {
        try (TestTarget target = new TestTarget()) {
            MemoryDevice memory = new MemoryDevice(1 << 20, (byte) 0x5A);
            var unit = TestTarget.unit(memory, TestTarget.UUID_0, TestTarget.READ_WRITE);
            var device = new ScsiTargetDevice(TestTarget.NAME, Limits.DEFAULTS, target.pool);
            assertThrows(IllegalStateException.class, () -> device.addLun(256, unit));
            device.addLun(255, unit);
        }
    }
}
