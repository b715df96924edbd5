package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The COW store is the kernel's, bit for bit: Cowherd and dm-snapshot take turns on the same two files.
///
/// The guest has the files as virtio disks, Cowherd has them as adopted devices; while one uses them, the other has them
/// closed. After each turn both views, origin and snapshot, must read the same to the other side.
class KernelSnapshotIT {
    private static final long ORIGIN_BYTES = 48L << 20;
    private static final long COW_BYTES = 32L << 20;
    private static final int CHUNK_SECTORS = 16;

    private static Path folder;
    private static LinuxGuest guest;

    /// Two pairs of files: one begins in Cowherd, one in the kernel.
    @BeforeAll
    static void bootWithTwoPairsOfDisks() throws IOException {
        folder = Workspace.newFolder("kernel");
        for (String pair : List.of("ours", "theirs")) {
            PatternedFile.write(origin(pair), pair.hashCode(), 0, ORIGIN_BYTES);
            PatternedFile.grow(cow(pair), COW_BYTES);
        }
        guest =
                LinuxGuest.boot(
                        folder,
                        List.of(origin("ours"), cow("ours"), origin("theirs"), cow("theirs")));
    }

    @AfterAll
    static void endTheGuest() throws IOException {
        if (guest != null) {
            guest.close();
        }
    }

    @Test
    void aStoreOfOursActivatesInTheKernelAndBack() throws Exception {
        KernelSnapshot kernel = new KernelSnapshot("ours", "/dev/vda", "/dev/vdb");
        try (CowherdProcess server = CowherdProcess.serve(Workspace.newFolder("ours"))) {
            adopt(server, "ours");
            append(server, "ours", 1);
            Sums ours = sums(server, "ours");
            server.stop();

            assertEquals(ours, kernel.sums());

            Sums theirs = kernel.append(2);
            assertNotEquals(ours, theirs);
            server.restart();
            assertEquals(theirs, sums(server, "ours"));

            append(server, "ours", 3);
            Sums oursAgain = sums(server, "ours");
            assertNotEquals(theirs, oursAgain);
            server.stop();
            assertEquals(oursAgain, kernel.sums());
        }
    }

    @Test
    void aStoreOfTheKernelsActivatesInCowherdAndBack() throws Exception {
        KernelSnapshot kernel = new KernelSnapshot("theirs", "/dev/vdc", "/dev/vdd");
        Sums theirs = kernel.append(1);
        try (CowherdProcess server = CowherdProcess.serve(Workspace.newFolder("theirs"))) {
            adopt(server, "theirs");
            assertEquals(theirs, sums(server, "theirs"));

            append(server, "theirs", 2);
            Sums ours = sums(server, "theirs");
            assertNotEquals(theirs, ours);
            server.stop();
            assertEquals(ours, kernel.sums());

            Sums theirsAgain = kernel.append(3);
            server.restart();
            assertEquals(theirsAgain, sums(server, "theirs"));
        }
    }

    /// SHA-256 of what origin and snapshot show, whole.
    private record Sums(String origin, String snapshot) {}

    private static Path origin(String pair) {
        return folder.resolve(pair + ".origin");
    }

    private static Path cow(String pair) {
        return folder.resolve(pair + ".cow");
    }

    private static void adopt(CowherdProcess server, String pair) {
        String name = "volumeGroup/" + pair;
        server.cli("create", name, "--device", origin(pair).toString()).succeeded();
        server.cli("snapshot", name, "-n", "s", "-c", "8k", "--cow-device", cow(pair).toString())
                .succeeded();
    }

    private static String target(String pair) {
        return "iqn.2026-11.io.cowherd:volumeGroup." + pair;
    }

    /// Writes through iSCSI to both LUNs; each `turn` in places of its own and in places of the turns before.
    private static void append(CowherdProcess server, String pair, int turn) {
        for (int lun = 0; lun < 2; lun++) {
            String url = server.url(target(pair), lun);
            long at = turn * (5L << 20) + lun * (2L << 20);
            Tool.run(
                            "qemu-io",
                            "-f",
                            "raw",
                            url,
                            "-c",
                            "write -P %d %d 700k".formatted(16 * turn + lun, at),
                            "-c",
                            "write -P %d %d 4k".formatted(32 * turn + lun, at - (1L << 20) + 512),
                            "-c",
                            "write -P %d %d 512".formatted(64 + turn + lun, ORIGIN_BYTES - 512),
                            "-c",
                            "flush")
                    .succeeded();
        }
    }

    private static Sums sums(CowherdProcess server, String pair) throws IOException {
        String[] sums = new String[2];
        for (int lun = 0; lun < 2; lun++) {
            Path copy = folder.resolve(pair + ".copy");
            String url = server.url(target(pair), lun);
            Tool.run("qemu-img", "convert", "-f", "raw", "-O", "raw", url, copy.toString())
                    .succeeded();
            sums[lun] = Tool.run("sha256sum", copy.toString()).succeeded().text().split(" ", 2)[0];
            Files.delete(copy);
        }
        return new Sums(sums[0], sums[1]);
    }

    /// One pair of files as the guest's kernel uses it: active for the length of one script.
    private record KernelSnapshot(String name, String originDisk, String cowDisk) {
        /// What the kernel shows of both.
        Sums sums() {
            return activeDuring("");
        }

        /// Writes to both through the kernel, in places of its own and of other turns; then as [#sums].
        Sums append(int turn) {
            return activeDuring(
                    """
                    write() { yes "kernel turn %1$d $1" | head -c $4 | dd of=/dev/mapper/$1 bs=512 seek=$2 conv=notrunc 2>/dev/null; }
                    write %2$s-origin $((%1$d * 10240)) 0 600000
                    write %2$s $((%1$d * 10240 + 4096)) 0 600000
                    write %2$s-origin $(((%1$d - 1) * 10240 + 1000)) 0 9000
                    write %2$s $((%1$d * 10240 + 1030)) 0 9000
                    sync
                    """
                            .formatted(turn, name));
        }

        private Sums activeDuring(String script) {
            String sectors = "$(blockdev --getsz %s)".formatted(originDisk);
            String output =
                    guest.run(
                                    """
                                    blockdev --flushbufs %2$s
                                    blockdev --flushbufs %3$s
                                    dmsetup create %1$s-origin --table "0 %4$s snapshot-origin %2$s"
                                    dmsetup create %1$s --table "0 %4$s snapshot %2$s %3$s P %5$d"
                                    %6$s
                                    dmsetup status %1$s >&2
                                    sync
                                    echo 3 >/proc/sys/vm/drop_caches
                                    origin=$(sha256sum </dev/mapper/%1$s-origin)
                                    snapshot=$(sha256sum </dev/mapper/%1$s)
                                    dmsetup remove %1$s
                                    dmsetup remove %1$s-origin
                                    sync
                                    echo "$origin $snapshot"
                                    """
                                            .formatted(
                                                    name,
                                                    originDisk,
                                                    cowDisk,
                                                    sectors,
                                                    CHUNK_SECTORS,
                                                    script))
                            .succeeded()
                            .text();
            String[] words = output.substring(output.lastIndexOf('\n') + 1).split(" +-? *", -1);
            return new Sums(words[0], words[1]);
        }
    }
}
