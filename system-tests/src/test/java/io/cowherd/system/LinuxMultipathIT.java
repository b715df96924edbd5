package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/// Two portals of one server are two paths: the kernel's dm-multipath and scsi_dh_alua, the real multipathd and udevd, and
/// a link that fails while fio writes. The tests run in order, each on what the one before left.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinuxMultipathIT {
    private static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    private static final Duration FIO_LIMIT = Duration.ofMinutes(3);
    private static final String KEY = "0x123abc";

    /// The map of the origin, and the map of its fork.
    private static String base;

    private static String trial;
    private static CuttableLink link;
    private static CowherdProcess server;
    private static LinuxGuest guest;
    private static OpenIscsi iscsi;
    private static Multipath multipath;

    @BeforeAll
    static void startServerAndGuest() throws IOException {
        Path folder = Workspace.newFolder("multipath");
        int second = Workspace.freePort();
        link = new CuttableLink(second);
        server =
                CowherdProcess.serve(
                        folder,
                        "--portal",
                        "127.0.0.1:" + second,
                        "--advertise",
                        LinuxGuest.HOST + ":" + link.port());
        server.cli("create", "vg/base", "-L", "256M").succeeded();
        server.cli("fork", "vg/base", "trial").succeeded();
        guest = LinuxGuest.boot(folder, List.of());
        guest.startUdev();
        iscsi = new OpenIscsi(guest, server);
        iscsi.discover();
        iscsi.set(TARGET, "node.conn[0].timeo.noop_out_interval", "2");
        iscsi.set(TARGET, "node.conn[0].timeo.noop_out_timeout", "2");
        iscsi.login(TARGET);
        multipath = new Multipath(guest);
        multipath.start();
        base = mapOf(iscsi.disk(TARGET, 0));
        trial = mapOf(iscsi.disk(TARGET, 1));
    }

    @AfterAll
    static void endGuestAndServer() throws IOException {
        if (guest != null) {
            guest.close();
        }
        server.close();
        link.close();
    }

    @Test
    @Order(1)
    void discoveryNamesBothPortalsWithATagEach() {
        assertEquals(
                "%1$s:%2$d,1 %4$s\n%1$s:%3$d,2 %4$s"
                        .formatted(LinuxGuest.HOST, server.iscsiPort(), link.port(), TARGET),
                iscsi.discover());
    }

    /// Two sessions to two LUNs are four disks, and multipathd makes two maps of them: an origin and its fork are never
    /// taken for one.
    @Test
    @Order(2)
    void aMapIsALogicalUnit() {
        assertNotEquals(base, trial);
        for (String map : List.of(base, trial)) {
            String topology = multipath.awaitPaths(map, 2);
            assertTrue(topology.contains("COWHERD,VOLUME"), topology);
            assertTrue(topology.contains("hwhandler='1 alua'"), topology);
            // Enabled until the first command comes, then active.
            assertTrue(topology.matches("(?s).*prio=50 status=(active|enabled).*"), topology);
            assertEquals(1, topology.lines().filter(l -> l.contains("policy=")).count(), topology);
        }
    }

    /// Of what is written half is on its way over the link that is cut. fio sees no error, and every byte is there.
    @Test
    @Order(3)
    void fioVerifiesThroughACutPath() throws Exception {
        CompletableFuture<Tool.Result> fio = startFio(7);

        link.cut();

        succeeds(fio);
        multipath.awaitFailedPath(base);
    }

    /// The path comes back by itself. Then it serves alone: the other one is logged out of.
    @Test
    @Order(4)
    void theMendedPathServesAlone() throws IOException {
        link.mend();
        multipath.awaitPaths(base, 2);
        String first =
                "iscsiadm -m node -T %s -p %s:%d"
                        .formatted(TARGET, LinuxGuest.HOST, server.iscsiPort());
        guest.run(first + " --logout").succeeded();
        multipath.awaitPaths(base, 1);

        guest.run(FIO_LIMIT, fio(7, "--verify_only")).succeeded();

        guest.run(first + " --login").succeeded();
        multipath.awaitPaths(base, 2);
    }

    /// As above, but nobody is told: the host finds out by NOP-Out, and writes again by the other path what the server may
    /// or may not have got. Nothing of the old session comes after that.
    @Test
    @Order(5)
    void fioVerifiesThroughASilentPath() throws Exception {
        CompletableFuture<Tool.Result> fio = startFio(11);

        link.silence();

        succeeds(fio);
        multipath.awaitFailedPath(base);
        link.mend();
        multipath.awaitPaths(base, 2);
        guest.run(FIO_LIMIT, fio(11, "--verify_only")).succeeded();
    }

    /// One key, registered by both paths; who has not registered it is kept out until the release.
    @Test
    @Order(6)
    void mpathpersistReservesByBothPaths() {
        persist(base, "--out --register --param-sark=" + KEY);
        String keys = persist(base, "--in --read-keys");
        assertEquals(2, countOf(KEY, keys), keys);
        persist(base, "--out --reserve --param-rk=" + KEY + " --prout-type=5");
        String held = persist(base, "--in --read-reservation");
        assertTrue(held.contains("Key = " + KEY), held);
        assertTrue(held.contains("Write Exclusive, registrants only"), held);

        writesByBothPaths("reserved");
        assertFalse(strangerWrites(), "a host that has not registered may not write");

        persist(base, "--out --release --param-rk=" + KEY + " --prout-type=5");
        held = persist(base, "--in --read-reservation");
        assertTrue(held.contains("NO reservation held"), held);
        assertTrue(strangerWrites(), "nothing is reserved");
        writesByBothPaths("released");
        persist(base, "--out --register --param-rk=" + KEY + " --param-sark=0");
        keys = persist(base, "--in --read-keys");
        assertTrue(keys.contains("0 registered"), keys);
    }

    /// A path that comes back has its registration still, and the reservation is where it was.
    @Test
    @Order(7)
    void aReservationOutlivesACutPath() throws IOException {
        persist(trial, "--out --register --param-sark=" + KEY);
        persist(trial, "--out --reserve --param-rk=" + KEY + " --prout-type=7");

        link.cut();
        multipath.awaitFailedPath(trial);
        link.mend();
        multipath.awaitPaths(trial, 2);

        String keys = persist(trial, "--in --read-keys");
        assertEquals(2, countOf(KEY, keys), keys);
        String held = persist(trial, "--in --read-reservation");
        assertTrue(held.contains("Write Exclusive, all registrants"), held);
        persist(trial, "--out --clear --param-rk=" + KEY);
    }

    private static String mapOf(String disk) {
        return guest.run(
                        """
                        while ! ls /sys/block/%1$s/holders | grep -q dm; do usleep 100000; done
                        cat /sys/block/%1$s/holders/dm-*/dm/name
                        """
                                .formatted(disk.substring("/dev/".length())))
                .succeeded()
                .text();
    }

    private static String fio(int seed, String mode) {
        return """
        fio --name=verify --filename=/dev/mapper/%s --size=48m --randseed=%d --direct=1 \\
            --rw=randwrite --bsrange=4k-32k --ioengine=libaio --iodepth=8 \\
            --verify=crc32c --verify_fatal=1 %s
        """
                .formatted(base, seed, mode);
    }

    /// fio has written 8 MiB of 48 when this returns.
    private static CompletableFuture<Tool.Result> startFio(int seed) {
        String written = "awk '{ print $7 }' /sys/block/dm-$minor/stat";
        String from =
                guest.run(
                                "minor=$(dmsetup info -c --noheadings -o minor %s); %s"
                                        .formatted(base, written))
                        .succeeded()
                        .text();
        CompletableFuture<Tool.Result> fio = guest.start(FIO_LIMIT, fio(seed, "--do_verify=1"));
        guest.run(
                        """
                        minor=$(dmsetup info -c --noheadings -o minor %s)
                        while [ $(($(%s) - %s)) -lt 16384 ]; do usleep 20000; done
                        """
                                .formatted(base, written, from))
                .succeeded();
        assertFalse(fio.isDone(), "fio was too quick for a path to fail under it");
        return fio;
    }

    private static void succeeds(CompletableFuture<Tool.Result> fio) throws Exception {
        String output = fio.get(FIO_LIMIT.toSeconds(), TimeUnit.SECONDS).succeeded().text();
        assertTrue(output.contains("err= 0"), output);
    }

    private static String persist(String map, String options) {
        return guest.run("mpathpersist %s /dev/mapper/%s".formatted(options, map))
                .succeeded()
                .text();
    }

    /// Writes by each path, past multipathd, and reads by the map.
    private static void writesByBothPaths(String text) {
        String output =
                guest.run(
                                """
                                minor=$(dmsetup info -c --noheadings -o minor %1$s)
                                for disk in $(ls /sys/block/dm-$minor/slaves); do
                                    yes "%2$s by $disk" | head -c 1048576 >/tmp/text
                                    dd if=/tmp/text of=/dev/$disk bs=64k seek=1024 oflag=direct
                                    dd if=/dev/mapper/%1$s bs=64k skip=1024 count=16 iflag=direct \
                                        | cmp - /tmp/text
                                    echo "written by a path"
                                done
                                """
                                        .formatted(base, text))
                        .succeeded()
                        .text();
        assertEquals(2, countOf("written by a path", output), output);
    }

    /// Whether another host than the guest can write to the origin.
    private static boolean strangerWrites() {
        String url = server.url(TARGET, 0);
        return Tool.run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 128M 4k", url).exitCode() == 0;
    }

    private static long countOf(String word, String text) {
        return text.lines().filter(line -> line.contains(word)).count();
    }
}
