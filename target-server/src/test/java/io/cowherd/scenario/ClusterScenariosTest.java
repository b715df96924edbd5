package io.cowherd.scenario;

import static io.cowherd.scenario.ServedVolumes.BASE;
import static io.cowherd.scenario.ServedVolumes.SNAP;
import static io.cowherd.scenario.ServedVolumes.TARGET;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Scenario 11: a Windows failover cluster of two nodes, each with a session over both portals (profile b.3). PERSISTENT
/// RESERVE OUT comes as HEAD OF QUEUE, and what it did is to be seen at once.
class ClusterScenariosTest {
    private static final int HEAD_OF_QUEUE_WRITE = 0xA3;
    private static final String KEY_A = "00 00 00 00 00 00 AA 01";
    private static final String KEY_B = "00 00 00 00 00 00 BB 02";
    private static final String NO_KEY = "00 00 00 00 00 00 00 00";

    private static final int REGISTER = 0x00;
    private static final int RESERVE = 0x01;
    private static final int RELEASE = 0x02;
    private static final int CLEAR = 0x03;
    private static final int PREEMPT = 0x04;
    private static final int REGISTER_AND_IGNORE = 0x06;

    /// Write exclusive, registrants only.
    private static final int WRITE_EXCLUSIVE_REGISTRANTS = 5;

    private static final String READ_KEYS = "5E 00 00 00 00 00 00 10 00 00";
    private static final String READ_RESERVATION = "5E 01 00 00 00 00 00 10 00 00";

    @TempDir private Path data = Path.of("replaced");
    private ServedVolumes server;
    private Node a;
    private Node b;

    /// A cluster node with its two paths.
    private record Node(String key, Host host, Initiator one, Initiator two) {
        List<Initiator> paths() {
            return List.of(one, two);
        }

        void close() {
            one.close();
            two.close();
        }
    }

    @BeforeEach
    void serve() throws Exception {
        server = ServedVolumes.in(data);
        a = node(KEY_A, Host.WINDOWS);
        b = node(KEY_B, windows("iqn.1991-05.com.microsoft:win-host2", 2));
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
        server.close();
    }

    private static Host windows(String name, int qualifier) {
        return Host.WINDOWS.as(name, "40 00 01 37 00 %02X".formatted(qualifier));
    }

    private Node node(String key, Host host) {
        Host second = host.as(host.name(), host.isid().replace("40 00", "40 80"));
        Node node =
                new Node(
                        key,
                        host,
                        host.logsIn(server.portal(0), TARGET),
                        second.logsIn(server.portal(1), TARGET));
        node.paths().forEach(path -> path.clearsAttentions(BASE));
        return node;
    }

    /// PERSISTENT RESERVE OUT with the 24 bytes that Windows sends.
    private static Answer out(Initiator path, int action, int type, String key, String actionKey) {
        String cdb = "5F %02X %02X 00 00 00 00 00 18 00".formatted(action, type);
        byte[] list = Bytes.of(key + actionKey + "00 00 00 00 | 00 00 00 00");
        return path.finishes(path.begins(BASE, HEAD_OF_QUEUE_WRITE, cdb, list.length, list));
    }

    private static void registers(Node node) {
        for (Initiator path : node.paths()) {
            out(path, REGISTER_AND_IGNORE, 0, NO_KEY, node.key()).good();
        }
    }

    private static void reserves(Node node) {
        out(node.one(), RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, node.key(), NO_KEY).good();
    }

    private static void keysAre(Initiator path, String... keys) {
        String expected = "%08X".formatted(8 * keys.length) + String.join("", keys);
        path.asks(BASE, READ_KEYS, 4096).is(".. .. .. .. |" + expected);
    }

    private static void holderIs(Initiator path, String key) {
        path.asks(BASE, READ_RESERVATION, 4096)
                .is(".. .. .. .. | 00 00 00 10 |" + key + "| 00 00 00 00 | 00 05 | 00 00");
    }

    private static void nobodyHolds(Initiator path) {
        path.asks(BASE, READ_RESERVATION, 4096).is(".. .. .. .. | 00 00 00 00");
    }

    private static Answer writes(Initiator path, int seed) {
        return path.gives(BASE, Scsi.write10(seed, 1), Bytes.pattern(seed, 512));
    }

    /// 11 WIN-CLUSTER: register on every path, reserve, defend; the other node is kept out, then takes over.
    @Test
    void scenario11_winCluster() {
        registers(a);
        keysAre(a.one(), KEY_A, KEY_A); // shown at once, to everybody
        keysAre(b.two(), KEY_A, KEY_A);
        nobodyHolds(a.one());
        reserves(a);
        reserves(a); // again, as a holder may
        holderIs(a.two(), KEY_A);
        holderIs(b.one(), KEY_A);

        writes(a.one(), 1).good();
        writes(a.two(), 2).good();
        writes(b.one(), 3).conflict();
        writes(b.two(), 3).conflict();
        b.one().asks(BASE, Scsi.read10(1, 1), 512).is(Bytes.pattern(1, 512)); // reads are free
        b.one().tells(BASE, Scsi.TEST_UNIT_READY).good();
        b.one().clearsAttentions(SNAP);
        b.one().gives(SNAP, Scsi.write10(0, 1), Bytes.pattern(4, 512)).good(); // another LUN

        for (int seconds = 0; seconds < 9; seconds += 3) { // defends every three seconds
            holderIs(a.one(), KEY_A);
            keysAre(a.one(), KEY_A, KEY_A);
        }
        out(b.one(), RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, KEY_B, NO_KEY).conflict();

        takesOver(b, a);
        goesDown(b, a);
    }

    /// The other node arbitrates: it registers, and preempts the holder, who hears of it on both paths.
    private static void takesOver(Node next, Node holder) {
        registers(next);
        out(next.one(), PREEMPT, WRITE_EXCLUSIVE_REGISTRANTS, next.key(), holder.key()).good();
        holderIs(next.two(), next.key());
        keysAre(next.two(), next.key(), next.key());
        for (Initiator path : holder.paths()) {
            path.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/2A/05");
            path.tells(BASE, Scsi.TEST_UNIT_READY).good();
            writes(path, 5).conflict();
        }
        writes(next.one(), 6).good();
        writes(next.two(), 7).good();
    }

    /// RELEASE by who holds, told to the other registrants; CLEAR, told to all.
    private static void goesDown(Node holder, Node other) {
        registers(other);
        out(other.one(), RELEASE, WRITE_EXCLUSIVE_REGISTRANTS, other.key(), NO_KEY).good();
        holderIs(other.one(), holder.key()); // was not its to release
        out(holder.one(), RELEASE, 3, holder.key(), NO_KEY).sense("5/26/04");
        out(holder.one(), RELEASE, WRITE_EXCLUSIVE_REGISTRANTS, holder.key(), NO_KEY).good();
        for (Initiator path : other.paths()) {
            path.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/2A/04");
        }
        nobodyHolds(other.one());
        holder.two().tells(BASE, Scsi.TEST_UNIT_READY).sense("6/2A/04");
        out(holder.one(), CLEAR, 0, holder.key(), NO_KEY).good();
        for (Initiator path : other.paths()) {
            path.tells(BASE, Scsi.TEST_UNIT_READY).sense("6/2A/03");
        }
        keysAre(other.two());
        writes(other.one(), 8).good();
    }

    /// Without a key nothing is to be had, and a wrong one is no key.
    @Test
    void scenario11_wrongKeys() {
        out(a.one(), RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, KEY_A, NO_KEY).conflict();
        registers(a);
        out(a.one(), REGISTER, 0, KEY_B, KEY_A).conflict();
        out(a.one(), RESERVE, WRITE_EXCLUSIVE_REGISTRANTS, KEY_B, NO_KEY).conflict();
        out(a.one(), PREEMPT, WRITE_EXCLUSIVE_REGISTRANTS, KEY_A, "00 00 00 00 00 00 CC 03")
                .conflict();
        keysAre(a.one(), KEY_A, KEY_A);
        nobodyHolds(a.one());
    }

    /// A node that has crashed comes back with another ISID: its old registration, which holds, is its own no more. It
    /// registers anew and preempts itself.
    @Test
    void scenario11_aStaleNexusIsPreempted() {
        registers(a);
        reserves(a);
        a.one().resets();
        a.two().resets();
        Node reborn = node(KEY_A, windows(Host.WINDOWS.name(), 9));
        try {
            holderIs(reborn.one(), KEY_A);
            writes(reborn.one(), 1).conflict();
            registers(reborn);
            keysAre(reborn.one(), KEY_A, KEY_A, KEY_A, KEY_A);
            out(reborn.one(), PREEMPT, WRITE_EXCLUSIVE_REGISTRANTS, KEY_A, KEY_A).good();
            keysAre(reborn.one(), KEY_A);
            reborn.two().tells(BASE, Scsi.TEST_UNIT_READY).sense("6/2A/05");
            holderIs(reborn.two(), KEY_A);
            writes(reborn.one(), 2).good();
        } finally {
            reborn.close();
        }
    }

    /// Registration and reservation belong to the nexus, which is back when the same name and ISID log in again over the same
    /// portal; and to the volume, which is back when the server is.
    @Test
    void scenario11_reservationsSurviveDropAndRestart() throws Exception {
        for (Initiator path : a.paths()) {
            String cdb = "5F 06 00 00 00 00 00 00 18 00";
            byte[] list = Bytes.of(NO_KEY + KEY_A + "00 00 00 00 | 01 00 00 00"); // APTPL
            path.finishes(path.begins(BASE, HEAD_OF_QUEUE_WRITE, cdb, list.length, list)).good();
        }
        reserves(a);
        a.close();
        a = node(KEY_A, Host.WINDOWS);
        writes(a.two(), 1).good();
        writes(b.one(), 2).conflict();

        a.close();
        b.close();
        server.stop();
        server.restart();
        a = node(KEY_A, Host.WINDOWS);
        b = node(KEY_B, windows("iqn.1991-05.com.microsoft:win-host2", 2));
        keysAre(b.one(), KEY_A, KEY_A);
        holderIs(b.one(), KEY_A);
        writes(a.one(), 3).good();
        writes(b.one(), 4).conflict();
        String capabilities = "5E 02 00 00 00 00 00 00 08 00";
        Answer can = a.one().asks(BASE, capabilities, 8).good();
        assertEquals(8, can.u16(0));
        assertTrue((can.u8(3) & 0x01) != 0, "PTPL_A: activated");
    }
}
