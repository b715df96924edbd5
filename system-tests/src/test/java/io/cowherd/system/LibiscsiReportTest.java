package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LibiscsiReportTest {
    private static final String OUTPUT =
            """
            Suite: CompareAndWrite
              Test: Simple ...    [SKIPPED] COMPAREANDWRITE is not implemented.
                [SKIPPED] COMPAREANDWRITE is not implemented.
            passed
            Suite: OrWrite
              Test: Simple ...    [FAILED] ORWRITE command failed with status 2
            FAILED
                1. test_orwrite_simple.c:54  - CU_ASSERT_EQUAL(_r,0)
              Test: BeyondEol ...passed    [SKIPPED] PERSISTENT RESERVE IN is not implemented.

            Run Summary:    Type  Total    Ran Passed Failed Inactive
                          suites     32     32    n/a      0        0
                           tests      3      3      2      1        0
            """;

    @Test
    void aSkipIsSeenThoughTheToolCallsItPassed() {
        LibiscsiReport report = LibiscsiReport.parse(OUTPUT);

        assertEquals(
                Map.of(
                        "CompareAndWrite.Simple",
                        List.of("COMPAREANDWRITE is not implemented"),
                        LibiscsiReport.BETWEEN_TESTS,
                        List.of("PERSISTENT RESERVE IN is not implemented")),
                report.skips());
    }

    @Test
    void whatAPreparationPrintsBehindAnEndIsNoEnd() {
        String more =
                OUTPUT.replaceFirst("passed\n", "passed    [FAILED] PRIN command: a sense.\n");

        assertEquals(List.of("OrWrite.Simple"), LibiscsiReport.parse(more).failed());
    }

    @Test
    void aFailureIsNamed() {
        assertEquals(List.of("OrWrite.Simple"), LibiscsiReport.parse(OUTPUT).failed());
    }

    @Test
    void aRunThatDiedOnTheWayIsNoReport() {
        String cut = OUTPUT.substring(0, OUTPUT.indexOf("FAILED\n"));

        assertThrows(AssertionError.class, () -> LibiscsiReport.parse(cut));
    }
}
