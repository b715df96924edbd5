package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Scenario 12: MSDSM over two portals (profile b.3, c.5).
class MultipathScenariosTest {
    private static final String PORTS = "00 00 00 01 | 00 00 00 02";

    @TempDir private Path data = Path.of("replaced");
    private ServedVolumes server;
    private Initiator one;
    private Initiator two;

    @BeforeEach
    void serve() throws Exception {
        server = ServedVolumes.in(data);
        one = Host.WINDOWS.logsIn(server.portal(0), TARGET);
        two =
                Host.WINDOWS
                        .as(Host.WINDOWS.name(), "40 00 01 37 00 02")
                        .logsIn(server.portal(1), TARGET);
        one.clearsAttentions(BASE);
        two.clearsAttentions(BASE);
    }

    @AfterEach
    void stop() {
        one.close();
        two.close();
        server.close();
    }

    /// 12 MPIO: the same logical unit on both paths, each with its own port.
    @Test
    void scenario12_bothPathsNameTheSameUnit() {
        byte[] first = one.asks(BASE, Scsi.vpd(0x83, 255), 255).good().data();
        byte[] second = two.asks(BASE, Scsi.vpd(0x83, 255), 255).good().data();
        int ports = 4 + 20 + 44; // header, NAA, T10 vendor id
        assertArrayEquals(Arrays.copyOf(first, ports), Arrays.copyOf(second, ports));
        assertEquals("51 94 00 04 00 00 00 01", at(first, ports, 8));
        assertEquals("51 94 00 04 00 00 00 02", at(second, ports, 8));
        assertEquals(at(first, ports + 8, 8), at(second, ports + 8, 8), "one ALUA group");
        String name = new String(second, ports + 20, 39, StandardCharsets.US_ASCII);
        assertEquals(TARGET + ",t,0x0002", name);
    }

    private static String at(byte[] bytes, int from, int length) {
        return Bytes.show(Arrays.copyOfRange(bytes, from, from + length))
                .toUpperCase(java.util.Locale.ROOT);
    }

    /// 12 MPIO: REPORT TARGET PORT GROUPS with the header of old and with the extended one; each path tells the same of all.
    @Test
    void scenario12_reportTargetPortGroups() {
        String group = "00 .. 00 01 | 00 .. 00 02 |" + PORTS;
        for (Initiator path : new Initiator[] {one, two}) {
            path.asks(BASE, "A3 0A 00 00 00 00 00 00 11 04 00 00", 4356)
                    .is("00 00 00 10 |" + group)
                    .underflow(4356 - 20);
            path.asks(BASE, "A3 2A 00 00 00 00 00 00 11 04 00 00", 4356)
                    .is("00 00 00 14 | 10 0F 00 00 |" + group);
            assertEquals(0x10, path.asks(BASE, Scsi.inquiry(36), 36).good().u8(5) & 0x30, "TPGS");
        }
        one.gives(BASE, "A4 0A 00 00 00 00 00 00 00 08 00 00", new byte[8]).sense("5/20/00");
    }

    /// 12 MPIO: writes over one path are read over the other; one path goes, the other serves on.
    @Test
    void scenario12_onePathGoes() {
        byte[] written = Bytes.pattern(12, 65_536);
        one.gives(BASE, Scsi.write10(0, 128), written).good();
        two.asks(BASE, Scsi.read10(0, 128), 65_536).is(written);
        one.resets();
        two.asks(BASE, Scsi.read10(0, 128), 65_536).is(written);
        two.gives(BASE, Scsi.write10(64, 1), Arrays.copyOf(written, 512)).good();
    }
}
