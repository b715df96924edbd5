package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The AOT cache that `bin/cowherd` makes when it builds: it is used, and where it does not fit nobody hears of it.
class LauncherIT {
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);

    @BeforeAll
    static void build() {
        version(BUILD_LIMIT, "").succeeded();
    }

    /// `AOTMode=on` ends the JVM when its cache cannot be used; ZGC cannot use one that was made under G1.
    @ParameterizedTest
    @ValueSource(strings = {"-XX:AOTMode=on", "-XX:-UseG1GC -XX:+UseZGC"})
    void theVersionIsAllThatIsPrinted(String javaOptions) {
        String text = version(Tool.PATIENCE, javaOptions).succeeded().text();

        assertTrue(text.matches("cowherd [\\w.-]+"), text);
    }

    private static Tool.Result version(Duration limit, String javaOptions) {
        String launcher = Workspace.inCheckout("bin/cowherd").toString();
        Map<String, String> environment = Map.of("COWHERD_JAVA_OPTS", javaOptions);
        return Tool.run(limit, environment, List.of(launcher, "--version"));
    }
}
