package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The same server over each network transport: it says which one it uses, and serves over it.
class TransportIT {
    private static final int ISCSI_FAMILY_TESTS = 15;

    @ParameterizedTest
    @CsvSource({"auto, epoll", "epoll, epoll", "nio, nio", "io_uring, io_uring"})
    void servesOver(String setting, String used) throws IOException {
        Path folder = Workspace.newFolder("transport-" + setting);
        try (CowherdProcess server = CowherdProcess.demo(folder, "--transport", setting)) {
            assertTrue(server.log().contains("network transport " + used + ","), server::log);
            String url = server.url(CowherdProcess.DEMO_TARGET, 0);

            LibiscsiReport report =
                    LibiscsiReport.parse(
                            Tool.run("iscsi-test-cu", "-d", "-v", "-t", "iSCSI", url, url)
                                    .output());
            assertTrue(report.failed().isEmpty(), () -> report.failed().toString());
            assertEquals(ISCSI_FAMILY_TESTS, report.ran());

            // Writes of several bursts (R2T), reads of several PDUs, and 32 commands at a time.
            run("qemu-io", "-f", "raw", url, "-c", "write -P 0xa5 1M 3M");
            run("qemu-io", "-f", "raw", url, "-c", "read -P 0xa5 1M 3M");
            run(
                    ("qemu-img bench -f raw -w --pattern=83 -c 2000 -d 32 -s 4096 -o 8388608 "
                                    + url)
                            .split(" ", -1));
            run("qemu-io", "-f", "raw", url, "-c", "read -P 83 8M 8192000");
        } catch (AssertionError e) {
            refusedForGoodReason(setting, e);
        }
    }

    /// io_uring may be forbidden (sysctl `kernel.io_uring_disabled`, seccomp): then the server must say so, and what to do.
    private static void refusedForGoodReason(String setting, AssertionError refusal) {
        String log = String.valueOf(refusal.getMessage());
        boolean unavailable = log.contains("The network transport io_uring is not available here");
        if (!setting.equals("io_uring") || !unavailable) {
            throw refusal;
        }
        assertTrue(log.contains("--transport auto"), log);
    }

    private static void run(String... command) {
        Tool.run(command).succeeded();
    }
}
