package io.cowherd.system;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What one run of `iscsi-test-cu -v` reported, test by test.
///
/// The tool counts a test that skipped itself as passed, and prints `[SKIPPED]` and a reason among its messages, several
/// times when several of its parts were skipped. So a green summary proves little; this reads the lines.
///
/// @param verdicts per `Suite.Test`, in the order of the run
/// @param skips per `Suite.Test` that was skipped, wholly or in part, or [#BETWEEN_TESTS]: the distinct reasons
/// @param ran number of tests the summary says were run
record LibiscsiReport(Map<String, Verdict> verdicts, Map<String, List<String>> skips, int ran) {
    /// The name under which skips of the tool's own preparations stand: they are printed after the end of a test.
    static final String BETWEEN_TESTS = "(between tests)";

    /// How a test ended.
    enum Verdict {
        /// No assertion failed.
        PASSED,
        /// At least one did.
        FAILED
    }

    private static final Pattern SUITE = Pattern.compile("^Suite: (\\S+)");
    private static final Pattern TEST = Pattern.compile("^ +Test: (\\S+) \\.\\.\\.");
    private static final Pattern SKIPPED = Pattern.compile("\\[SKIPPED] *(.*?)\\.?$");
    private static final Pattern END =
            Pattern.compile("(?:^|\\.\\.\\.)(passed|FAILED)(?: +\\[[A-Z]+\\].*)?$");
    private static final Pattern SUMMARY = Pattern.compile("^ +tests +\\d+ +(\\d+) ");

    /// Reads the output of a run.
    ///
    /// @throws AssertionError if it has no summary, or a test without an end: the tool died on the way
    static LibiscsiReport parse(String output) {
        Reader reader = new Reader();
        output.lines().forEach(reader::read);
        if (reader.ran != reader.started || reader.ran != reader.verdicts.size()) {
            throw new AssertionError(
                    "iscsi-test-cu started %d tests, ended %d, and its summary says %d:%n%s"
                            .formatted(reader.started, reader.verdicts.size(), reader.ran, output));
        }
        return new LibiscsiReport(reader.verdicts, reader.skips, reader.ran);
    }

    /// The names of the tests that failed.
    List<String> failed() {
        return verdicts.entrySet().stream()
                .filter(entry -> entry.getValue() == Verdict.FAILED)
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Reads line after line; a line may hold the start of a test, a message of it and its end at once.
    private static final class Reader {
        private final Map<String, Verdict> verdicts = new LinkedHashMap<>();
        private final Map<String, List<String>> skips = new LinkedHashMap<>();
        private String suite = "";
        private String test = BETWEEN_TESTS;
        private int started;
        private int ran = -1;

        void read(String line) {
            match(SUITE, line, name -> suite = name);
            match(TEST, line, this::start);
            match(END, line, this::end);
            match(SKIPPED, line, this::skip);
            match(SUMMARY, line, count -> ran = Integer.parseInt(count));
        }

        private static void match(Pattern pattern, String line, Consumer<String> action) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                action.accept(matcher.group(1));
            }
        }

        private void start(String name) {
            test = suite + "." + name;
            started++;
        }

        private void skip(String reason) {
            List<String> reasons = skips.computeIfAbsent(test, _ -> new ArrayList<>());
            if (!reasons.contains(reason)) {
                reasons.add(reason);
            }
        }

        private void end(String word) {
            verdicts.put(test, word.equals("passed") ? Verdict.PASSED : Verdict.FAILED);
            test = BETWEEN_TESTS;
        }
    }
}
