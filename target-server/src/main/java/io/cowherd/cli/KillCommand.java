package io.cowherd.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/// Runs the operator's command that kills a node: by the shell, with the node's name as `COWHERD_NODE`.
///
/// **Threading.** *Immutable.*
///
/// @param command for `/bin/sh -c`
record KillCommand(String command) implements UnaryOperator<String> {
    private static final int LIMIT_SECONDS = 60;
    private static final int MAX_OUTPUT_BYTES = 1000;

    /// Returns what went wrong, or an empty text.
    @Override
    public String apply(String node) {
        try {
            Path output = Files.createTempFile("cowherd-drill", ".out");
            try {
                return run(node, output);
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            return "the kill command cannot be run: " + e.getMessage();
        }
    }

    private String run(String node, Path output) throws IOException {
        ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", command);
        shell.environment().put("COWHERD_NODE", node);
        Process process = shell.redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                return "the kill command has not ended within " + LIMIT_SECONDS + " s";
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() == 0) {
            return "";
        }
        try (var in = Files.newInputStream(output)) {
            String said = new String(in.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
            return "the kill command ended with status %d: %s"
                    .formatted(process.exitValue(), said)
                    .strip();
        }
    }
}
