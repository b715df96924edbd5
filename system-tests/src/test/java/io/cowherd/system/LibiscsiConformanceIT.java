package io.cowherd.system;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// libiscsi's conformance tests, as Debian packages them, on the demo's origin and on its snapshot.
///
/// A test that skips itself counts as passed to the tool, so every skip stands here with its reason: a new one fails,
/// and so does one that no longer happens.
class LibiscsiConformanceIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String NO_ATOMIC_WRITES =
            "WRITE ATOMIC (16) is optional, and not offered: docs/decisions/0008";

    private static final String ZERO_BLOCKS_REFUSED =
            "WSNZ is set: WRITE SAME of no blocks, which means all of them, is refused";

    private static final String NEEDS_512E =
            "the tool tries it on units of 4 KiB physical blocks only, and on those its"
                    + " GetLBAStatus.UnmapSingle cannot pass: our physical blocks are logical ones";

    /// Why each skipped test of family LINUX is skipped.
    private static final Map<String, String> LINUX =
            Map.ofEntries(
                    entry("CompareAndWrite.InvalidDataOutSize", NEEDS_512E),
                    entry("WriteSame10.InvalidDataOutSize", NEEDS_512E),
                    entry("WriteSame10.UnmapUnaligned", NEEDS_512E),
                    entry("WriteSame16.InvalidDataOutSize", NEEDS_512E),
                    entry("WriteSame16.UnmapUnaligned", NEEDS_512E),
                    entry("WriteSame10.ZeroBlocks", ZERO_BLOCKS_REFUSED),
                    entry("WriteSame16.ZeroBlocks", ZERO_BLOCKS_REFUSED),
                    entry("ReadOnly.ReadOnlySBC", "needs a LUN that hosts may not write"),
                    entry("WriteAtomic16.Simple", NO_ATOMIC_WRITES),
                    entry("WriteAtomic16.BeyondEol", NO_ATOMIC_WRITES),
                    entry("WriteAtomic16.ZeroBlocks", NO_ATOMIC_WRITES),
                    entry("WriteAtomic16.WriteProtect", NO_ATOMIC_WRITES),
                    entry("WriteAtomic16.DpoFua", NO_ATOMIC_WRITES),
                    entry("WriteAtomic16.VPD", NO_ATOMIC_WRITES));

    private static CowherdProcess server;

    @BeforeAll
    static void startTheDemo() throws IOException {
        server = CowherdProcess.demo(Workspace.newFolder("libiscsi"));
        // The tests overwrite the whole LUN; 100 MiB of COW would rightly overflow.
        server.cli("extend", "volumeGroup/snap", "-L", "+1G").succeeded();
    }

    @AfterAll
    static void endTheServer() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"0, 15", "1, 15"})
    void familyIscsi(int lun, int testCount) {
        LibiscsiReport report = run("iSCSI", lun);

        assertEquals(List.of(), report.failed());
        assertEquals(Map.of(), report.skips());
        assertEquals(testCount, report.ran());
    }

    @ParameterizedTest
    @CsvSource({"0, 155", "1, 155"})
    void familyLinux(int lun, int testCount) {
        LibiscsiReport report = run("LINUX", lun);

        assertEquals(List.of(), report.failed());
        assertEquals(new TreeMap<>(LINUX).keySet(), new TreeMap<>(report.skips()).keySet());
        assertEquals(testCount, report.ran());
    }

    /// On a snapshot as well: it has reservations of its own.
    @ParameterizedTest
    @CsvSource({
        "PrinReadKeys, 2",
        "PrinServiceactionRange, 1",
        "PrinReportCapabilities, 1",
        "ProutRegister, 1",
        "ProutReserve, 13",
        "ProutClear, 1",
        "ProutPreempt, 1",
        "Reserve6, 7"
    })
    void reservations(String suite, int testCount) {
        for (int lun = 0; lun <= 1; lun++) {
            LibiscsiReport report = run("SCSI." + suite, lun);

            assertEquals(Map.of(), report.skips());
            assertEquals(testCount, report.ran());
        }
    }

    /// `-d` allows the tests to overwrite the LUN. The second URL is the second path of the multipath tests.
    private static LibiscsiReport run(String family, int lun) {
        String url = server.url(CowherdProcess.DEMO_TARGET, lun);
        Tool.Result result =
                Tool.run(
                        LIMIT,
                        Map.of(),
                        List.of("iscsi-test-cu", "-d", "-v", "-t", family, url, url));
        LibiscsiReport report = LibiscsiReport.parse(result.output());
        assertTrue(report.failed().isEmpty(), result::toString);
        return report;
    }
}
