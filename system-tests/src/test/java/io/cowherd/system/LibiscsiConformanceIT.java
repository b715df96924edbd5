package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// libiscsi's conformance tests, as Debian packages them: all of them, on each kind of LUN, over one portal and over two.
///
/// A test that skips itself counts as passed to the tool, so every skip stands in [LibiscsiSkips] with its reason: a new
/// one fails, and so does one that no longer happens.
class LibiscsiConformanceIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /// Tests of family ALL in libiscsi 1.19.
    private static final int ALL_TESTS = 230;

    private static CowherdProcess server;
    private static int secondPort;

    /// The kinds of LUN.
    enum Kind {
        /// An origin with snapshots.
        ORIGIN("vg.base", 0),
        /// A writable snapshot.
        SNAPSHOT("vg.base", 1),
        /// A read-only snapshot.
        READ_ONLY("vg.base", 2),
        /// An origin of blocks of 4096 bytes.
        NATIVE_4K("vg.native", 0);

        private final String target;
        private final int lun;

        Kind(String name, int lun) {
            this.target = "iqn.2026-11.io.cowherd:" + name;
            this.lun = lun;
        }
    }

    @BeforeAll
    static void serve() throws IOException {
        secondPort = Workspace.freePort();
        server =
                CowherdProcess.serve(
                        Workspace.newFolder("libiscsi"), "--portal", "127.0.0.1:" + secondPort);
        server.cli("create", "vg/base", "-L", "64M").succeeded();
        // The tests overwrite the whole LUN: only a store for all of it cannot overflow.
        server.cli("fork", "vg/base", "snap").succeeded();
        server.cli("fork", "vg/base", "frozen", "--read-only").succeeded();
        server.cli("create", "vg/native", "-L", "64M", "--block-size", "4096").succeeded();
        server.cli("create", "vg/emulated", "-L", "64M", "--physical-block-size", "4096")
                .succeeded();
    }

    @AfterAll
    static void endTheServer() {
        server.close();
    }

    /// Everything but SANITIZE. The second URL is the second path of the multipath tests.
    @ParameterizedTest
    @CsvSource({
        "ORIGIN, 1",
        "ORIGIN, 2",
        "SNAPSHOT, 1",
        "SNAPSHOT, 2",
        "NATIVE_4K, 1",
        "NATIVE_4K, 2"
    })
    void familyAll(Kind kind, int urls) {
        List<String> paths = new ArrayList<>(List.of(url(kind)));
        if (urls == 2) {
            paths.add(CowherdProcess.url(secondPort, kind.target, kind.lun));
        }
        LibiscsiReport report = run("ALL", Sanitize.LEFT_OUT, paths);

        assertEquals(ALL_TESTS, report.ran());
        assertEquals(LibiscsiSkips.of(urls).keySet(), new TreeSet<>(report.skips().keySet()));
    }

    /// The suites that do not begin by writing: on a LUN that may not be written to the others would fail, as they should.
    /// `ReadOnly` is the one that looks whether all writes are refused.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Inquiry",
                "Mandatory",
                "ModeSense6",
                "Prefetch10",
                "Prefetch16",
                "Read6",
                "Read10",
                "Read12",
                "Read16",
                "ReadCapacity10",
                "ReadCapacity16",
                "ReadDefectData10",
                "ReadDefectData12",
                "ReadOnly",
                "ReportSupportedOpcodes",
                "TestUnitReady",
                "iSCSIcmdsn"
            })
    void readOnlyLun(String suite) {
        LibiscsiReport report =
                run("ALL." + suite, Sanitize.LEFT_OUT, List.of(url(Kind.READ_ONLY)));

        assertEquals(List.of(), LibiscsiSkips.unexpected(report));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void reportLuns(Kind kind) {
        LibiscsiReport report = run("SCSI.ReportLUNs", Sanitize.LEFT_OUT, List.of(url(kind)));

        assertEquals(Map.of(), report.skips());
    }

    /// Each erases the LUN.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "BlockErase",
                "BlockEraseReserved",
                "CryptoEraseReserved",
                "ExitFailureMode",
                "InvalidServiceAction",
                "Overwrite",
                "OverwriteReserved"
            })
    void sanitize(String test) {
        for (Kind kind : List.of(Kind.ORIGIN, Kind.SNAPSHOT, Kind.NATIVE_4K)) {
            LibiscsiReport report =
                    run("ALL.Sanitize." + test, Sanitize.ALLOWED, List.of(url(kind)));
            assertEquals(1, report.ran());
            assertEquals(List.of(), LibiscsiSkips.unexpected(report), kind::name);
        }
    }

    /// Tests that [LibiscsiSkips] names for want of physical blocks of 4 KiB: on a LUN that has them (512e) they run.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CompareAndWrite.InvalidDataOutSize",
                "WriteSame10.InvalidDataOutSize",
                "WriteSame10.UnmapUnaligned",
                "WriteSame16.InvalidDataOutSize",
                "WriteSame16.UnmapUnaligned"
            })
    void onEmulatedBlocks(String test) {
        String url = server.url("iqn.2026-11.io.cowherd:vg.emulated", 0);
        LibiscsiReport report = run("ALL." + test, Sanitize.LEFT_OUT, List.of(url));

        assertEquals(1, report.ran());
        assertEquals(List.of(), LibiscsiSkips.unexpected(report));
    }

    private static String url(Kind kind) {
        return server.url(kind.target, kind.lun);
    }

    private enum Sanitize {
        ALLOWED,
        LEFT_OUT
    }

    /// `-d` allows the tests to overwrite the LUN.
    private static LibiscsiReport run(String tests, Sanitize sanitize, List<String> urls) {
        List<String> command = new ArrayList<>(List.of("iscsi-test-cu", "-d", "-v"));
        if (sanitize == Sanitize.ALLOWED) {
            command.add("-S");
        }
        command.addAll(List.of("-t", tests));
        command.addAll(urls);
        Tool.Result result = Tool.run(LIMIT, Map.of(), command);
        LibiscsiReport report = LibiscsiReport.parse(result.output());
        assertEquals(List.of(), List.copyOf(report.failed()), result::toString);
        return report;
    }
}
