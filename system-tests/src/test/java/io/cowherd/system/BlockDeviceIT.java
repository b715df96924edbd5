package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Raw block devices as origin and as COW store: loop devices over files, so that their bytes can be seen from outside.
class BlockDeviceIT {
    private static final long ORIGIN_BYTES = 48L << 20;
    private static final long COW_BYTES = 32L << 20;
    private static final String TARGET = "iqn.2026-11.io.cowherd:volumeGroup.raw";

    private final List<String> loops = new ArrayList<>();
    private Path folder = Path.of("replaced");
    private Path origin = folder;
    private Path cow = folder;

    @BeforeEach
    void makeFiles() throws IOException {
        folder = Workspace.newFolder("blockdevice");
        origin = folder.resolve("origin.img");
        cow = folder.resolve("cow.img");
        PatternedFile.write(origin, 7, 0, ORIGIN_BYTES);
        PatternedFile.grow(cow, COW_BYTES);
    }

    @AfterEach
    void detachLoops() {
        loops.forEach(loop -> Tool.run("losetup", "-d", loop).succeeded());
    }

    private String loop(Path file) {
        Tool.Result result = Tool.run("losetup", "-f", "--show", file.toString());
        assumeTrue(result.exitCode() == 0, "loop devices need root: " + result);
        loops.add(result.text());
        return result.text();
    }

    @Test
    void anOriginAndItsStoreOnBlockDevices() throws Exception {
        String originDevice = loop(origin);
        String cowDevice = loop(cow);
        Path before = Files.copy(origin, folder.resolve("before.img"));
        try (CowherdProcess server = CowherdProcess.serve(folder)) {
            server.cli("create", "volumeGroup/raw", "--device", originDevice).succeeded();
            server.cli("snapshot", "volumeGroup/raw", "-n", "s", "--cow-device", cowDevice)
                    .succeeded();
            Tool.Result again =
                    server.cli("create", "volumeGroup/second", "--device", originDevice);
            assertEquals(1, again.exitCode(), again::toString);
            assertTrue(again.output().contains("nobody else uses"), again::toString);

            io(server, 0, "write -P 0x11 4M 700k", "write -P 0x12 512 512", "flush");
            io(server, 1, "write -P 0x21 20M 64k", "write -P 0x22 4M 4k", "flush");
            io(server, 0, "discard 8M 1M", "read -P 0 8M 1M", "read -P 0x11 4M 700k");
            io(server, 1, "read -P 0x22 4M 4k", "read -P 0x21 20M 64k");
            server.stop();
            assertDevicesHoldIt(originDevice, before);

            server.restart();
            io(server, 0, "read -P 0x11 4M 700k", "read -P 0x12 512 512", "read -P 0 8M 1M");
            io(server, 1, "read -P 0x22 4M 4k", "read -P 0x21 20M 64k");
            assertSnapshotShowsTheRestOf(before, server);
        }
    }

    /// The writes are where the server said: on the device, in place, and nowhere else.
    private void assertDevicesHoldIt(String device, Path before) throws IOException {
        Path now = folder.resolve("now.img");
        Tool.run("dd", "if=" + device, "of=" + now, "bs=1M", "iflag=direct").succeeded();
        Path expected = Files.copy(before, folder.resolve("expected.img"));
        local(expected, "write -P 0x11 4M 700k", "write -P 0x12 512 512", "write -P 0 8M 1M");
        assertEquals(-1, Files.mismatch(expected, now), "first byte that differs");
    }

    /// What the origin lost since, the snapshot still has.
    private void assertSnapshotShowsTheRestOf(Path before, CowherdProcess server)
            throws IOException {
        Path copy = folder.resolve("snapshot.img");
        Tool.run("qemu-img", "convert", "-f", "raw", "-O", "raw", url(server, 1), "" + copy)
                .succeeded();
        local(before, "write -P 0x21 20M 64k", "write -P 0x22 4M 4k");
        assertEquals(-1, Files.mismatch(before, copy), "first byte that differs");
    }

    private static String url(CowherdProcess server, int lun) {
        return server.url(TARGET, lun);
    }

    private static void io(CowherdProcess server, int lun, String... commands) {
        qemuIo(url(server, lun), commands);
    }

    private static void local(Path file, String... commands) {
        qemuIo(file.toString(), commands);
    }

    private static void qemuIo(String disk, String... commands) {
        var line = new ArrayList<>(List.of("qemu-io", "-d", "unmap", "-f", "raw", disk));
        for (String command : commands) {
            line.addAll(List.of("-c", command));
        }
        Tool.run(line.toArray(String[]::new)).succeeded();
    }
}
