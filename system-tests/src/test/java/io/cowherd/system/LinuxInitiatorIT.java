package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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

/// The main job, as a host lives it: a Linux kernel logs in, makes filesystems, forks a disk and uses both.
///
/// One guest, one server, one story: the tests run in order, each on what the one before left.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LinuxInitiatorIT {
    private static final String BASE = CowherdProcess.DEMO_TARGET;
    private static final String DATA = "iqn.2026-11.io.cowherd:volumeGroup.data";
    private static final Duration FIO_LIMIT = Duration.ofMinutes(3);

    private static CowherdProcess server;
    private static LinuxGuest guest;
    private static OpenIscsi iscsi;

    @BeforeAll
    static void startServerAndGuest() throws IOException {
        Path folder = Workspace.newFolder("linux");
        server = CowherdProcess.demo(folder);
        // mkfs writes a log of 64 MiB; with the files the 100 MiB of COW would rightly overflow.
        server.cli("extend", "volumeGroup/snap", "-L", "+1G").succeeded();
        guest = LinuxGuest.boot(folder, List.of());
        iscsi = new OpenIscsi(guest, server);
    }

    @AfterAll
    static void endGuestAndServer() throws IOException {
        if (guest != null) {
            guest.close();
        }
        server.close();
    }

    @Test
    @Order(1)
    void discoveryNamesTheTargetAtTheAdvertisedAddress() {
        String portal = LinuxGuest.HOST + ":" + server.iscsiPort();

        assertEquals(portal + ",1 " + BASE, iscsi.discover());
    }

    /// The demo prints what to type; this types it, but for the way back.
    @Test
    @Order(2)
    void whatTheDemoPrintsLogsIn() {
        List<String> lines =
                server.log()
                        .lines()
                        .map(String::strip)
                        .filter(line -> line.startsWith("iscsiadm "))
                        .filter(line -> !line.contains("--logout"))
                        .toList();
        assertEquals(2, lines.size(), server::log);

        guest.run(String.join("\n", lines)).succeeded();

        String sessions = server.api().get("/v1/sessions").toString();
        assertTrue(sessions.contains("iqn.2026-11.io.cowherd:guest"), sessions);
    }

    @Test
    @Order(3)
    void bothLunsTakeAFilesystem() {
        String base = iscsi.disk(BASE, 0);
        String snap = iscsi.disk(BASE, 1);

        guest.run(
                        """
                        mkdir -p /mnt/base /mnt/snap
                        mkfs.ext4 -q %1$s && mount %1$s /mnt/base
                        mkfs.xfs -q %2$s && mount %2$s /mnt/snap
                        cd /mnt/base
                        for i in 1 2 3 4 5 6 7 8; do yes "base file $i" | head -c 3000000 >file$i; done
                        sha256sum file* >/run/base.sums
                        cd /mnt/snap
                        for i in 1 2 3 4; do yes "snap file $i" | head -c 2000000 >other$i; done
                        sha256sum other* >/run/snap.sums
                        sync
                        """
                                .formatted(base, snap))
                .succeeded();
        dropCachesAndCompare();
    }

    /// A snapshot shows the instant of its making: everything acknowledged before, nothing begun after.
    @Test
    @Order(4)
    void aForkTakenWhileTheHostWritesIsAPointInTime() throws Exception {
        CompletableFuture<Tool.Result> writer =
                guest.start(
                        FIO_LIMIT,
                        """
                        mkdir /mnt/base/live
                        i=0
                        while [ ! -e /run/stop ]; do
                            i=$((i + 1))
                            yes "record $i" | head -c 65536 >/mnt/base/live/$i
                            sync /mnt/base/live/$i
                            echo $i >/run/acknowledged.new && mv /run/acknowledged.new /run/acknowledged
                        done
                        """);
        awaitAcknowledged(20);
        int before = acknowledged();
        JsonNode made =
                server.api().post("/v1/volumes/volumeGroup/base:fork", "{\"lv_name\":\"live\"}");
        int after = acknowledged();
        awaitAcknowledged(after + 20);
        guest.run("touch /run/stop").succeeded();
        writer.get(Tool.PATIENCE.toSeconds(), TimeUnit.SECONDS).succeeded();

        assertEquals(2, made.path("lun").asInt(), made::toString);
        iscsi.rescan();
        String fork = iscsi.disk(BASE, 2);
        guest.run("mkdir /mnt/fork && mount %s /mnt/fork".formatted(fork)).succeeded();

        int inFork = countOf("/mnt/fork/live");
        assertTrue(inFork >= before, inFork + " records, " + before + " were acknowledged before");
        assertTrue(inFork <= after + 1, inFork + " records, " + after + " were there after");
        assertTrue(countOf("/mnt/base/live") >= after + 20);
        guest.run(
                        """
                        cd /mnt/fork && sha256sum -c -s /run/base.sums
                        i=0
                        while [ $i -lt %d ]; do
                            i=$((i + 1))
                            yes "record $i" | head -c 65536 | cmp - live/$i
                        done
                        """
                                .formatted(before))
                .succeeded();
    }

    @Test
    @Order(5)
    void originAndForksDoNotSeeEachOthersWrites() {
        guest.run(
                        """
                        cd /mnt/base
                        yes "base, changed" | head -c 3000000 >file1
                        rm file2
                        sha256sum file* >/run/base.sums
                        cd /mnt/fork
                        yes "fork, changed" | head -c 3000000 >file3
                        yes "fork only" | head -c 3000000 >file9
                        sha256sum file* >/run/fork.sums
                        sync
                        """)
                .succeeded();
        dropCachesAndCompare();

        guest.run(
                        """
                        yes "base file 1" | head -c 3000000 | cmp - /mnt/fork/file1
                        yes "base file 2" | head -c 3000000 | cmp - /mnt/fork/file2
                        yes "base file 3" | head -c 3000000 | cmp - /mnt/base/file3
                        [ ! -e /mnt/base/file9 ]
                        """)
                .succeeded();
    }

    @Test
    @Order(6)
    void anXfsForkMountsBesideItsOrigin() {
        server.cli("create", "volumeGroup/data", "-L", "512M").succeeded();
        iscsi.discover();
        iscsi.login(DATA);
        guest.run(
                        """
                        mkdir /mnt/data /mnt/trial
                        mkfs.xfs -q %1$s && mount %1$s /mnt/data
                        for i in 1 2 3; do yes "data $i" | head -c 2000000 >/mnt/data/$i; done
                        sync
                        """
                                .formatted(iscsi.disk(DATA, 0)))
                .succeeded();

        server.cli("fork", "volumeGroup/data", "trial").succeeded();
        iscsi.rescan();

        guest.run(
                        """
                        mount -o nouuid %s /mnt/trial
                        yes "data, changed" | head -c 2000000 >/mnt/data/1
                        yes "trial, changed" | head -c 2000000 >/mnt/trial/2
                        sync && echo 3 >/proc/sys/vm/drop_caches
                        yes "data 1" | head -c 2000000 | cmp - /mnt/trial/1
                        yes "data 2" | head -c 2000000 | cmp - /mnt/data/2
                        yes "data 3" | head -c 2000000 | cmp - /mnt/trial/3
                        umount /mnt/trial /mnt/data
                        """
                                .formatted(iscsi.disk(DATA, 1)))
                .succeeded();
        guest.run("xfs_repair -n " + iscsi.disk(DATA, 0)).succeeded();
        guest.run("xfs_repair -n " + iscsi.disk(DATA, 1)).succeeded();
    }

    @Test
    @Order(7)
    void trimmingTakesNothingThatIsNeeded() {
        String output =
                guest.run(
                                """
                                rm -r /mnt/base/live && sync
                                fstrim -v /mnt/base
                                fstrim -v /mnt/fork
                                fstrim -v /mnt/snap
                                """)
                        .succeeded()
                        .text();

        assertEquals(3, output.lines().filter(line -> line.contains("bytes trimmed")).count());
        dropCachesAndCompare();
        guest.run("yes 'record 7' | head -c 65536 | cmp - /mnt/fork/live/7").succeeded();
    }

    @Test
    @Order(8)
    void afterALogoutEverythingIsThereWithDigestsToo() {
        guest.run("umount /mnt/base /mnt/snap /mnt/fork").succeeded();
        iscsi.logout(BASE);
        iscsi.set(BASE, "node.conn[0].iscsi.HeaderDigest", "CRC32C");
        iscsi.set(BASE, "node.conn[0].iscsi.DataDigest", "CRC32C");
        iscsi.login(BASE);

        String sessions = iscsi.sessions();
        assertTrue(sessions.contains("HeaderDigest: CRC32C"), sessions);
        assertTrue(sessions.contains("DataDigest: CRC32C"), sessions);
        guest.run(
                        """
                        e2fsck -fn %1$s
                        xfs_repair -n %2$s
                        e2fsck -fn %3$s
                        mount %1$s /mnt/base
                        mount %2$s /mnt/snap
                        mount %3$s /mnt/fork
                        """
                                .formatted(
                                        iscsi.disk(BASE, 0),
                                        iscsi.disk(BASE, 1),
                                        iscsi.disk(BASE, 2)))
                .succeeded();
        dropCachesAndCompare();
    }

    /// Every write that the host was told of is there after `kill -9`, and the host only waits meanwhile.
    @Test
    @Order(9)
    void theHostSurvivesAKilledServer() throws Exception {
        String disk = iscsi.disk(DATA, 0);
        CompletableFuture<Tool.Result> fio =
                guest.start(
                        FIO_LIMIT,
                        """
                        fio --name=verify --filename=%s --size=48m --randseed=42 --direct=1 \
                            --rw=randwrite --bsrange=4k-32k --ioengine=libaio --iodepth=8 \
                            --verify=crc32c --do_verify=1 --verify_fatal=1
                        """
                                .formatted(disk));
        // Field 7 of stat counts written sectors: 8 MiB of 48 have arrived.
        guest.run(
                        """
                        written() { awk '{ print $7 }' /sys/block/%s/stat; }
                        from=$(written)
                        while [ $(($(written) - from)) -lt 16384 ]; do usleep 20000; done
                        """
                                .formatted(disk.substring("/dev/".length())))
                .succeeded();
        assertTrue(!fio.isDone(), "fio was too quick to be interrupted");

        server.kill();
        server.restart();

        String output = fio.get(FIO_LIMIT.toSeconds(), TimeUnit.SECONDS).succeeded().text();
        assertTrue(output.contains("err= 0"), output);
        assertEquals(
                2, iscsi.sessions().lines().filter(line -> line.contains("LOGGED_IN")).count());
        dropCachesAndCompare();
    }

    @Test
    @Order(10)
    void aGracefulStopLosesNothingEither() throws Exception {
        guest.run("yes 'before the stop' | head -c 3000000 >/mnt/fork/file8 && sync").succeeded();
        guest.run("cd /mnt/fork && sha256sum file* >/run/fork.sums").succeeded();

        server.stop();
        server.restart();

        dropCachesAndCompare();
    }

    @Test
    @Order(11)
    void aForkInUseIsRemovedByForceOnly() {
        guest.run("umount /mnt/base /mnt/snap /mnt/fork").succeeded();

        Tool.Result refused = server.cli("rm", "volumeGroup/live");
        assertEquals(1, refused.exitCode(), refused::toString);
        assertTrue(refused.output().contains("iqn.2026-11.io.cowherd:guest"), refused::toString);
        server.cli("rm", "--force", "volumeGroup/live").succeeded();

        String left = server.cli("ls").succeeded().text();
        assertTrue(!left.contains("live") && left.contains("snap"), left);
        guest.run("e2fsck -fn " + iscsi.disk(BASE, 0)).succeeded();
        iscsi.logout(BASE);
        iscsi.logout(DATA);
    }

    /// Compares all files with what was written, from the disks: what the guest has cached proves nothing.
    private static void dropCachesAndCompare() {
        guest.run(
                        """
                        sync
                        echo 3 >/proc/sys/vm/drop_caches
                        for name in base snap fork; do
                            [ -e /run/$name.sums ] || continue
                            cd /mnt/$name
                            sha256sum -c /run/$name.sums
                        done
                        """)
                .succeeded();
    }

    private static int acknowledged() {
        return Integer.parseInt(guest.run("cat /run/acknowledged").succeeded().text());
    }

    private static void awaitAcknowledged(int count) {
        guest.run(
                        """
                        while [ ! -e /run/acknowledged ] || [ $(cat /run/acknowledged) -lt %d ]; do
                            usleep 20000
                        done
                        """
                                .formatted(count))
                .succeeded();
    }

    private static int countOf(String folder) {
        return Integer.parseInt(guest.run("ls " + folder + " | wc -l").succeeded().text());
    }
}
