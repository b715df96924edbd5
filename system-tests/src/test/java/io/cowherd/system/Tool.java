package io.cowherd.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// External programs that run to their end.
///
/// **Threading.** *Thread-safe*: each run has its own process and its own output file.
final class Tool {
    /// What is enough for whatever takes seconds on a quiet machine.
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private Tool() {}

    /// What a program left behind.
    ///
    /// @param command the command line, for messages
    /// @param exitCode its exit status
    /// @param output both of its streams, as UTF-8
    record Result(String command, int exitCode, String output) {
        /// This result, if the program succeeded.
        ///
        /// @throws AssertionError with everything it printed, if it did not
        Result succeeded() {
            if (exitCode != 0) {
                throw new AssertionError(this);
            }
            return this;
        }

        /// The output without the line break at its end.
        String text() {
            return output.strip();
        }

        @Override
        public String toString() {
            return command + "\nexit status " + exitCode + ", output:\n" + output;
        }
    }

    /// Runs a program with [#PATIENCE].
    static Result run(String... command) {
        return run(PATIENCE, Map.of(), List.of(command));
    }

    /// Runs a program without input, in `environment` added to ours.
    ///
    /// @throws AssertionError with the output so far, if it has not ended after `deadline`; it is killed then, with its
    ///     children
    static Result run(Duration deadline, Map<String, String> environment, List<String> command) {
        String line = String.join(" ", command);
        try {
            Path output = Files.createTempFile("tool", ".log");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectInput(Path.of("/dev/null").toFile())
                                .redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                    kill(process.toHandle());
                    throw new AssertionError(
                            line + " did not end within " + deadline + ":\n" + read(output));
                }
                return new Result(line, process.exitValue(), read(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new AssertionError("cannot run " + line, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted during " + line, e);
        }
    }

    /// Kills a process with its children, at once (SIGKILL), and waits until it is gone.
    static void kill(ProcessHandle process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    private static String read(Path output) throws IOException {
        return new String(Files.readAllBytes(output), java.nio.charset.StandardCharsets.UTF_8);
    }
}
