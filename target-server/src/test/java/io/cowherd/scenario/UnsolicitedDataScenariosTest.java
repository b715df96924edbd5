package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.conformance.ConformanceServer;
import io.cowherd.mapping.device.MemoryDevice;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Scenario 8: hosts that offer InitialR2T=No, and a target that grants it. LUN 1 may not be written to.
class UnsolicitedDataScenariosTest {
    private static final int WRITABLE = 0;
    private static final int PROTECTED = 1;
    private static final int NOT_FINAL = 0x21;
    private static final byte[] CONTENT = Bytes.pattern(8, 262_144);

    private MemoryDevice disk;
    private ConformanceServer server;

    @BeforeEach
    void serve() {
        disk = new MemoryDevice(16 << 20, (byte) 0x5A);
        server = new ConformanceServer(disk, ConformanceServer.UnsolicitedData.GRANTED);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Initiator windows() {
        Initiator windows = Host.WINDOWS.logsIn(server.address(), ConformanceServer.NAME);
        assertEquals(false, windows.rules.agreed.initialR2t, "InitialR2T");
        windows.clearsAttentions(WRITABLE);
        windows.clearsAttentions(PROTECTED);
        return windows;
    }

    /// Immediate data, then Data-Outs up to FirstBurstLength without being asked, then what R2T asks for.
    @Test
    void scenario8_unsolicitedDataOut() {
        try (var windows = windows()) {
            Outstanding write = begins(windows, WRITABLE, 8192);
            unsolicited(windows, write, 8192);
            write.solicitedUpTo = 65_536;
            Message r2t = windows.receives(0x31);
            assertEquals(65_536, r2t.u32(40), "R2T begins behind what came unasked");
            assertEquals(196_608, r2t.u32(44));
            for (int dataSn = 0; dataSn < 3; dataSn++) {
                int offset = 65_536 * (dataSn + 1);
                windows.dataOut(write, r2t.u32(20), dataSn, offset, 65_536, dataSn == 2);
            }
            windows.finishes(write).good();
            windows.asks(WRITABLE, Scsi.read10(0, 512), 262_144).is(CONTENT);
        }
    }

    /// A write that is refused at once: its unsolicited Data-Outs are on the way, and are swallowed without a word.
    @Test
    void scenario8_aProtectedLunDrainsWhatIsOnTheWay() {
        try (var windows = windows()) {
            for (int round = 0; round < 3; round++) {
                Outstanding write = begins(windows, PROTECTED, 8192);
                unsolicited(windows, write, 8192);
                windows.finishes(write).sense("7/27/00");
                windows.tells(PROTECTED, Scsi.TEST_UNIT_READY).good();
            }
            windows.asks(PROTECTED, Scsi.read10(0, 1), 512).is("5A".repeat(512));
        }
    }

    /// Without immediate data, everything of the first burst in Data-Outs of its own.
    @Test
    void scenario8_firstBurstWithoutImmediateData() {
        try (var windows = windows()) {
            Outstanding write = begins(windows, WRITABLE, 0);
            unsolicited(windows, write, 0);
            write.solicitedUpTo = 65_536;
            windows.finishes(write).good();
            windows.asks(WRITABLE, Scsi.read10(0, 512), 262_144).is(CONTENT);
        }
    }

    private static Outstanding begins(Initiator windows, int lun, int immediateBytes) {
        Message command =
                windows.command(
                        lun,
                        NOT_FINAL,
                        Scsi.write10(0, 512),
                        262_144,
                        java.util.Arrays.copyOf(CONTENT, immediateBytes));
        return windows.sends(command, CONTENT);
    }

    /// Data-Outs of 16 KiB from `from` to the end of the first burst.
    private static void unsolicited(Initiator windows, Outstanding write, int from) {
        int dataSn = 0;
        int part;
        for (int offset = from; offset < 65_536; offset += part) {
            part = Math.min(16_384, 65_536 - offset);
            boolean isLast = offset + part == 65_536;
            windows.dataOut(write, Initiator.NO_TAG, dataSn++, offset, part, isLast);
        }
    }
}
