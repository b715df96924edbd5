package io.cowherd.scsi.target;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.cowherd.mapping.device.MemoryDevice;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.alua.AccessState;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Asymmetric access (SPC-4 5.15) as hosts see it by two ports of this node, of which another node has a third.
final class AccessStateTest {
    private static final String TUR = "00 00 00 00 00 00";
    private static final String PORT_GROUPS = "A3 0A 00 00 00 00 00 00 11 04 00 00";
    private static final String EXTENDED = "A3 2A 00 00 00 00 00 00 11 04 00 00";
    private static final String IDENTIFICATION = "12 01 83 01 00 00";
    private static final String WRITE_ONE = "2A 00 00 00 00 00 00 00 01 00";
    private static final byte[] BLOCK = new byte[512];

    private final MemoryDevice memory = new MemoryDevice(1 << 20, (byte) 0x5A);
    private final TestTarget target = TestTarget.of(memory);
    private final TestHost host = TestHost.ready(target.device, "iqn.a");

    @AfterEach
    void close() {
        target.close();
    }

    private void become(AccessState state) {
        target.device.become(1, state);
        host.turn();
        assertEquals("6/2A/06", host.send(TUR).sense());
    }

    @Test
    void everyPortReportsTheSameTable() {
        TestHost other = new TestHost(target.device, "iqn.a", 2);
        String table =
                "00 00 00 1C 00 CF 00 01 00 00 00 02 00 00 00 01 00 00 00 02 "
                        + "00 CF 00 02 00 00 00 01 00 00 01 02";
        assertEquals(table, host.send(PORT_GROUPS).good().hex());
        while (other.send(TUR).status() != 0) {}
        assertEquals(table, other.send(PORT_GROUPS).good().hex());
        assertEquals(
                "00 00 00 20 10 0F 00 00 00 CF 00 01", // as Linux asks first
                other.receive(EXTENDED, 12).good().hex());
        assertEquals("5/24/00", host.send("A3 4A 00 00 00 00 00 00 11 04 00 00").sense());
        assertEquals("5/20/00", host.send("A4 0A 00 00 00 00 00 00 00 00 00 00").sense());
    }

    @Test
    void identificationAgreesWithTheTable() {
        TestHost other = new TestHost(target.device, "iqn.b", 2);
        assertEquals("51 94 00 04 00 00 00 01 51 95 00 04 00 00 00 01", ports(host));
        assertEquals("51 94 00 04 00 00 00 02 51 95 00 04 00 00 00 01", ports(other));
        assertEquals(TestTarget.NAME + ",t,0x0001", portName(host));
        assertEquals(TestTarget.NAME + ",t,0x0002", portName(other));
        assertThrows(IllegalArgumentException.class, () -> new TestHost(target.device, "iqn.c", 3));
    }

    private static String ports(TestHost who) {
        byte[] page = who.send(IDENTIFICATION).good().bytes();
        return HexFormat.ofDelimiter(" ").withUpperCase().formatHex(page, 68, 84);
    }

    private static String portName(TestHost who) {
        byte[] page = who.send(IDENTIFICATION).good().bytes();
        String name = new String(page, 88, page[87], java.nio.charset.StandardCharsets.UTF_8);
        return name.replace("\0", "");
    }

    @Test
    void aChangeIsToldOnEveryNexusOnce() {
        TestHost other = TestHost.ready(target.device, "iqn.b");
        become(AccessState.ACTIVE_NON_OPTIMIZED);
        other.turn();
        assertEquals("6/2A/06", other.send(TUR).sense());
        for (TestHost each : new TestHost[] {host, other}) {
            each.send(TUR).good();
            assertEquals("01 CF 00 01 00 02 00 02", each.send(PORT_GROUPS).hex().substring(12, 35));
        }
        assertThrows(
                IllegalArgumentException.class, () -> target.device.become(3, AccessState.STANDBY));
    }

    @ParameterizedTest
    @CsvSource({
        "ACTIVE_OPTIMIZED, '', ''",
        "ACTIVE_NON_OPTIMIZED, '', ''",
        "STANDBY, '', 2/04/0B",
        "UNAVAILABLE, 2/04/0C, 2/04/0C",
        "OFFLINE, 2/04/12, 2/04/12",
        "TRANSITIONING, 2/04/0A, 2/04/0A"
    })
    void eachStateExecutesWhatItShould(AccessState state, String settings, String medium) {
        become(state);
        for (String always :
                new String[] {
                    "12 00 00 00 60 00",
                    "12 01 83 00 60 00",
                    "A0 00 00 00 00 00 00 00 01 00 00 00",
                    "03 00 00 00 12 00",
                    PORT_GROUPS
                }) {
            host.send(always).good();
        }
        for (String cdb :
                new String[] {
                    "1A 00 3F 00 FC 00",
                    "4D 00 40 00 00 00 00 00 FF 00",
                    "1D 04 00 00 00 00",
                    "5E 00 00 00 00 00 00 00 08 00",
                    "25 00 00 00 00 00 00 00 00 00",
                    "9E 10 00 00 00 00 00 00 00 00 00 00 00 20 00 00"
                }) {
            assertEquals(settings, host.send(cdb).sense(), cdb);
        }
        for (String cdb :
                new String[] {
                    TUR,
                    "28 00 00 00 00 00 00 00 01 00",
                    "35 00 00 00 00 00 00 00 00 00",
                    "1B 00 00 00 01 00",
                    "A3 0C 00 00 00 00 00 00 10 00 00 00"
                }) {
            assertEquals(medium, host.send(cdb).sense(), cdb);
        }
        assertEquals(medium, host.send(WRITE_ONE, BLOCK).sense());
        assertEquals("5/20/00", host.send("FF 00 00 00 00 00").sense());
        become(AccessState.ACTIVE_OPTIMIZED);
        host.send(TUR).good();
    }

    @Test
    void aWriteWhoseDataComesTooLateIsNotExecuted() {
        TestHost.Sent write = host.hold(0, WRITE_ONE, TaskAttribute.SIMPLE);
        become(AccessState.TRANSITIONING);
        write.execute(BLOCK);
        assertEquals("2/04/0A", write.await().sense());
        assertEquals((byte) 0x5A, memory.get(0, 512)[0]);
    }

    @Test
    void theOtherNodesStateDoesNotMatterHere() {
        target.device.become(2, AccessState.UNAVAILABLE);
        host.turn();
        assertEquals("6/2A/06", host.send(TUR).sense());
        host.send(WRITE_ONE, BLOCK).good();
    }
}
