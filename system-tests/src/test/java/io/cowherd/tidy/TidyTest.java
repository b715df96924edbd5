package io.cowherd.tidy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// CONTRIBUTING.md's rules that need no judgement. A finding names file, line and rule.
class TidyTest {
    private static final int MAX_FILE_LINES = 600;
    private static final int MAX_METHOD_LINES = 60;

    /// Methods that are one table from top to bottom and would not get clearer in pieces. This list may only shrink.
    private static final Set<String> LONG_METHODS = Set.of();

    /// Whom a package of `mapping-core` may import, besides itself: the arrows of ARCHITECTURE.md.
    private static final Map<String, Set<String>> MAPPING_IMPORTS =
            Map.of(
                    "device", Set.of(),
                    "geometry", Set.of("device"),
                    "table", Set.of(),
                    "format", Set.of("device", "geometry"),
                    "dm", Set.of("device"),
                    "store", Set.of("device", "geometry", "table", "format"),
                    "snapshot", Set.of("device", "geometry", "table", "format", "store", "dm"),
                    "volume",
                            Set.of(
                                    "device",
                                    "geometry",
                                    "table",
                                    "format",
                                    "store",
                                    "dm",
                                    "snapshot"));

    private static final List<String> THREADING_PHRASES =
            List.of("*Immutable", "*Confined", "*Thread-safe");

    private static final Pattern METHOD_START =
            Pattern.compile(
                    "^    (?! |return|throw|new |else|if|for|while|switch|try|assert|yield)"
                            + "[\\w@<>\\[\\], .?]*\\w\\([^=]*$");

    private final List<String> findings = new ArrayList<>();

    /// The top of the checkout: the nearest folder above that holds `bin/cowherd`'s home, the root pom.
    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("mapping-core")) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }

    private static List<Path> sources(String... kinds) throws IOException {
        var found = new ArrayList<Path>();
        try (Stream<Path> modules = Files.list(root())) {
            for (Path module : modules.filter(Files::isDirectory).sorted().toList()) {
                for (String kind : kinds) {
                    Path folder = module.resolve("src").resolve(kind).resolve("java");
                    if (Files.isDirectory(folder)) {
                        try (Stream<Path> files = Files.walk(folder)) {
                            files.filter(file -> file.toString().endsWith(".java"))
                                    .sorted()
                                    .forEach(found::add);
                        }
                    }
                }
            }
        }
        assertTrue(found.size() > 10, "sources are found under " + root());
        return found;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void find(Path file, int line, String rule) {
        findings.add(root().relativize(file) + ":" + line + ": " + rule);
    }

    private void assertNothingFound() {
        assertEquals(List.of(), findings, String.join("\n", findings));
    }

    @Test
    void filesAndMethodsStayReadable() throws IOException {
        for (Path file : sources("main", "test")) {
            List<String> lines = lines(file);
            if (lines.size() > MAX_FILE_LINES) {
                find(file, lines.size(), "more than " + MAX_FILE_LINES + " lines");
            }
            checkMethodLengths(file, lines);
        }
        assertNothingFound();
    }

    /// The formatter's indentation is relied on: a method of a class starts at four columns and ends with a brace in the same column.
    private void checkMethodLengths(Path file, List<String> lines) {
        for (int start = 0; start < lines.size(); start++) {
            String line = lines.get(start);
            if (!METHOD_START.matcher(line).find()) {
                continue;
            }
            int body = start;
            while (body < lines.size() && !lines.get(body).matches(".*[{;]")) {
                body++;
            }
            if (body == lines.size() || lines.get(body).endsWith(";")) {
                continue; // abstract
            }
            String end = " ".repeat(line.length() - line.stripLeading().length()) + "}";
            int last = body + 1;
            while (last < lines.size() && !lines.get(last).equals(end)) {
                last++;
            }
            String name =
                    file.getFileName()
                            + "#"
                            + line.strip().replaceAll("\\(.*", "").replaceAll(".* ", "");
            if (last - start + 1 > MAX_METHOD_LINES && !LONG_METHODS.contains(name)) {
                find(
                        file,
                        start + 1,
                        name
                                + " has "
                                + (last - start + 1)
                                + " lines, more than "
                                + MAX_METHOD_LINES);
            }
        }
    }

    @Test
    void everyPackageSaysWhatItIs() throws IOException {
        var packages = new TreeMap<Path, Boolean>();
        for (Path file : sources("main")) {
            if (!file.endsWith("module-info.java")) {
                packages.computeIfAbsent(
                        file.getParent(),
                        folder -> Files.exists(folder.resolve("package-info.java")));
            }
        }
        packages.forEach(
                (folder, described) -> {
                    if (!described) {
                        find(folder, 1, "no package-info.java");
                    }
                });
        assertNothingFound();
    }

    @Test
    void nobodyPrintsOrPostpones() throws IOException {
        for (Path file : sources("main")) {
            List<String> lines = lines(file);
            boolean speaksToPeople =
                    file.toString().contains("/cli/") || file.endsWith("Main.java");
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (!speaksToPeople
                        && (line.contains("System.out") || line.contains("System.err"))) {
                    find(file, i + 1, "prints; use a logger");
                }
                if (line.matches(".*\\b(TODO|FIXME|XXX|HACK)\\b.*")) {
                    find(file, i + 1, "postpones; file an issue");
                }
            }
        }
        assertNothingFound();
    }

    /// System tests are outside: they watch other processes, which tell nobody when they are ready.
    @Test
    void noTestSleeps() throws IOException {
        for (Path file : sources("test")) {
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).contains("Thread.sleep")
                        && !file.toString().contains("/system-tests/")) {
                    find(file, i + 1, "sleeps; wait for the thing itself");
                }
            }
        }
        assertNothingFound();
    }

    @Test
    void threadingIsSaidInTheFourPhrases() throws IOException {
        for (Path file : sources("main")) {
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                int at = lines.get(i).indexOf("**Threading.**");
                if (at < 0) {
                    continue;
                }
                String said = lines.get(i).substring(at + "**Threading.**".length()).strip();
                if (said.isEmpty() && i + 1 < lines.size()) {
                    said = lines.get(i + 1).strip().replaceFirst("^/// *", "");
                }
                if (THREADING_PHRASES.stream().noneMatch(said::startsWith)) {
                    find(
                            file,
                            i + 1,
                            "threading phrase \"" + said + "\" is none of " + THREADING_PHRASES);
                }
            }
        }
        assertNothingFound();
    }

    @Test
    void mappingPackagesDependOneWay() throws IOException {
        var importLine =
                Pattern.compile("^import (?:static )?io\\.cowherd\\.mapping\\.(\\w+)\\..*");
        for (Path file : sources("main")) {
            if (!file.toString().contains("/io/cowherd/mapping/")) {
                continue;
            }
            String from = file.getName(file.getNameCount() - 2).toString();
            Set<String> allowed = MAPPING_IMPORTS.getOrDefault(from, Set.of());
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                var matcher = importLine.matcher(lines.get(i));
                if (matcher.matches()
                        && !matcher.group(1).equals(from)
                        && !allowed.contains(matcher.group(1))) {
                    find(file, i + 1, from + " must not import " + matcher.group(1));
                }
            }
        }
        assertNothingFound();
    }

    /// It is a dead line (ADR 0009): whoever has to leave it rewrites one package.
    @Test
    void hazelcastStaysInOnePackage() throws IOException {
        for (Path file : sources("main", "test")) {
            if (file.toString().contains("/io/cowherd/cluster/hazelcast/")) {
                continue;
            }
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).contains("com.hazel" + "cast.")) {
                    find(file, i + 1, "only io.cowherd.cluster.hazelcast may know Hazelcast");
                }
            }
        }
        assertNothingFound();
    }

    /// The rules run in the simulation: they know no thread, no clock, no file and no network.
    @Test
    void rulesOfTheClusterArePure() throws IOException {
        var impure =
                Pattern.compile(
                        ".*\\b(java\\.(io|net|nio)\\.|Thread\\b|Executor|System\\.nanoTime\\(|"
                                + "currentTimeMillis|slf4j|Random\\b).*");
        for (Path file : sources("main")) {
            if (!file.resolveSibling("").endsWith("io/cowherd/cluster")) {
                continue;
            }
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                if (!line.startsWith("//") && impure.matcher(line).matches()) {
                    find(file, i + 1, "the rules of the cluster must stay pure");
                }
            }
        }
        assertNothingFound();
    }

    /// An initiator that used the target's own codec would share its mistakes.
    @Test
    void scenariosShareNoCodeWithTheTarget() throws IOException {
        int looked = 0;
        for (Path file : sources("test")) {
            if (!file.toString().contains("/io/cowherd/scenario/")) {
                continue;
            }
            looked++;
            List<String> lines = lines(file);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).matches(".*\\bio\\.cowherd\\.(iscsi|scsi)\\..*")) {
                    find(file, i + 1, "must be written apart from the codec");
                }
            }
        }
        assertTrue(looked > 5, "scenarios are found");
        assertNothingFound();
    }

    @Test
    void everyInvariantIsCitedInCodeAndInATest() throws IOException {
        var numbers = new TreeMap<String, boolean[]>();
        var definition = Pattern.compile("^\\| \\*\\*(I\\d+)\\*\\*.*");
        for (String line : Files.readAllLines(root().resolve("ARCHITECTURE.md"))) {
            var matcher = definition.matcher(line);
            if (matcher.matches()) {
                numbers.put(matcher.group(1), new boolean[2]);
            }
        }
        assertTrue(
                numbers.size() >= 8, "ARCHITECTURE.md lists the invariants: " + numbers.keySet());
        cite(numbers, sources("main"), 0);
        cite(numbers, sources("test"), 1);
        numbers.forEach(
                (number, cited) -> {
                    if (!cited[0] || !cited[1]) {
                        findings.add(
                                number
                                        + " is cited in code: "
                                        + cited[0]
                                        + ", in a test: "
                                        + cited[1]);
                    }
                });
        assertNothingFound();
    }

    private static void cite(Map<String, boolean[]> numbers, List<Path> files, int where) {
        for (Path file : files) {
            String text = String.join("\n", lines(file));
            numbers.forEach(
                    (number, cited) -> {
                        if (Pattern.compile("\\b" + number + "\\b").matcher(text).find()) {
                            cited[where] = true;
                        }
                    });
        }
    }
}
