package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// QEMU's iSCSI driver as a tool: images in and out, compared, and its own benchmark, on origin and snapshot.
///
/// QEMU and libiscsi know header digests only; data digests are proven by [LinuxInitiatorIT].
class QemuImageIT {
    private static final long LUN_BYTES = 1L << 30;
    private static final long MIB = 1L << 20;

    private static Path folder;
    private static CowherdProcess server;

    @BeforeAll
    static void startTheDemo() throws IOException {
        folder = Workspace.newFolder("qemu-img");
        server = CowherdProcess.demo(folder);
        server.cli("extend", "volumeGroup/snap", "-L", "+1G").succeeded();
    }

    @AfterAll
    static void endTheServer() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"0, none", "0, crc32c", "1, none", "1, crc32c"})
    void anImageComesBackAsItWentIn(int lun, String headerDigest) throws IOException {
        Path in = folder.resolve("in-" + lun + "-" + headerDigest + ".raw");
        Path out = folder.resolve("out-" + lun + "-" + headerDigest + ".raw");
        // Islands of data in holes, at both ends too: convert uses writes, WRITE SAME and UNMAP.
        long seed = lun * 31L + headerDigest.hashCode();
        PatternedFile.write(in, seed, 0, 8 * MIB);
        PatternedFile.write(in, seed, 400 * MIB + 512, 24 * MIB);
        PatternedFile.write(in, seed, LUN_BYTES - 5 * MIB, 5 * MIB);
        String disk = disk(lun, headerDigest);

        run("qemu-img", "convert", "-n", "--target-image-opts", "-f", "raw", "" + in, disk);
        run("qemu-img", "compare", "--image-opts", "driver=raw,file.filename=" + in, disk);
        run("qemu-img", "convert", "--image-opts", "-O", "raw", disk, "" + out);

        assertEquals(-1, Files.mismatch(in, out), "first byte that differs");
        Files.delete(in);
        Files.delete(out);
    }

    @ParameterizedTest
    @CsvSource({"0, none", "0, crc32c", "1, none", "1, crc32c"})
    void patternsAreReadBackAndNothingBesideThem(int lun, String headerDigest) {
        String disk = disk(lun, headerDigest);

        run("qemu-io", "--image-opts", disk, "-c", "write -P 0xa5 200M 1M");
        run("qemu-io", "--image-opts", disk, "-c", "write -P 0x3c 209716224 3584");
        run(
                "qemu-io",
                "--image-opts",
                disk,
                "-c",
                "read -P 0xa5 209715200 1024",
                "-c",
                "read -P 0x3c 209716224 3584",
                "-c",
                "read -P 0xa5 209719808 1043968");
        Tool.Result wrong =
                Tool.run("qemu-io", "--image-opts", disk, "-c", "read -P 0xa5 209716224 512");
        assertNotEquals(0, wrong.exitCode(), "qemu-io must notice a wrong pattern");
    }

    @ParameterizedTest
    @CsvSource({"0, none", "0, crc32c", "1, none", "1, crc32c"})
    void theBenchmarkWritesManyAtOnce(int lun, String headerDigest) {
        String disk = disk(lun, headerDigest);
        // Another pattern each time: what an earlier run has written must not stand in for a lost
        // write.
        int pattern = headerDigest.equals("none") ? 83 : 172;
        String bench = "qemu-img bench -w -c 4000 -d 32 -s 4096 -o 314572800 --pattern=" + pattern;

        run((bench + " --image-opts " + disk).split(" ", -1));
        run("qemu-io", "--image-opts", disk, "-c", "read -P " + pattern + " 300M 16384000");
    }

    private static String disk(int lun, String headerDigest) {
        return "driver=iscsi,transport=tcp,portal=127.0.0.1:"
                + server.iscsiPort()
                + ",target="
                + CowherdProcess.DEMO_TARGET
                + ",lun="
                + lun
                + ",header-digest="
                + headerDigest;
    }

    private static void run(String... command) {
        Tool.run(command).succeeded();
    }
}
