package io.cowherd.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A host that writes for as long as it is let, one command after the other in one session (`qemu-io`, which is libiscsi),
/// and remembers what was acknowledged.
///
/// **Threading.** *Thread-safe*: writes on a thread of its own; what it has seen is asked after [#stop].
final class WritingHost implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int BLOCKS = 256;
    private static final int PATTERNS = 250;
    private static final String DONE = "wrote " + BLOCK_BYTES + "/" + BLOCK_BYTES + " bytes";

    private final Process process;
    private final Thread thread;
    private volatile boolean stopping;

    // Of the thread; read after its end
    private final Map<Long, Integer> acknowledged = new TreeMap<>();
    private final List<String> errors = new ArrayList<>();
    private long writes;
    private long longestNanos;

    /// Begins to write.
    WritingHost(String url) {
        try {
            process =
                    new ProcessBuilder("qemu-io", "-f", "raw", url)
                            .redirectErrorStream(true)
                            .start();
        } catch (IOException e) {
            throw new AssertionError("qemu-io does not start", e);
        }
        thread = Thread.ofPlatform().name("writing host").start(this::write);
    }

    private void write() {
        try (var in =
                        new BufferedReader(
                                new InputStreamReader(
                                        process.getInputStream(), StandardCharsets.UTF_8));
                Writer out = process.outputWriter(StandardCharsets.UTF_8)) {
            while (!stopping && errors.isEmpty()) {
                long block = (writes * 7) % BLOCKS; // not in order, and all of them
                int pattern = (int) (writes % PATTERNS) + 1;
                long begun = System.nanoTime();
                out.write(
                        "write -P %d %d %d\n".formatted(pattern, block * BLOCK_BYTES, BLOCK_BYTES));
                out.flush();
                String answer = answer(in);
                longestNanos = Math.max(longestNanos, System.nanoTime() - begun);
                if (answer == null || !answer.contains(DONE)) {
                    errors.add("write " + writes + ": " + answer);
                } else {
                    acknowledged.put(block * BLOCK_BYTES, pattern);
                    writes++;
                }
            }
            out.write("quit\n");
        } catch (IOException e) {
            errors.add("after " + writes + " writes: " + e);
        }
    }

    /// The lines of one command: what it did, and how long that took.
    private static @Nullable String answer(BufferedReader in) throws IOException {
        String did = in.readLine();
        return did == null || !did.contains("wrote") ? did : did + " " + in.readLine();
    }

    /// Waits until it has written some more.
    ///
    /// @throws AssertionError if it does not get that far
    void awaitWrites(int more) throws InterruptedException {
        long start = System.nanoTime();
        long target = written() + more;
        while (written() < target && thread.isAlive()) {
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                throw new AssertionError("stuck after " + written() + " writes");
            }
            thread.join(Duration.ofMillis(20));
        }
    }

    private synchronized long written() {
        return writes;
    }

    /// Ends it.
    ///
    /// @return the longest that a write has taken
    /// @throws AssertionError if a write was refused or hangs
    Duration stop() throws InterruptedException {
        stopping = true;
        if (!thread.join(PATIENCE)) {
            process.destroyForcibly();
            throw new AssertionError("a write hangs, after " + writes);
        }
        if (!errors.isEmpty()) {
            throw new AssertionError(errors.getFirst());
        }
        return Duration.ofNanos(longestNanos);
    }

    /// Reads everything that was acknowledged by another path.
    void verify(String url) {
        List<String> command = new ArrayList<>(List.of("qemu-io", "-f", "raw", url));
        acknowledged.forEach(
                (offset, pattern) ->
                        command.addAll(
                                List.of(
                                        "-c",
                                        "read -P %d %d %d"
                                                .formatted(pattern, offset, BLOCK_BYTES))));
        Tool.Result read = Tool.run(Tool.PATIENCE, Map.of(), command).succeeded();
        if (read.output().contains("verification failed")
                || !read.output().contains("read " + BLOCK_BYTES)) {
            throw new AssertionError(read);
        }
    }

    @Override
    public void close() {
        stopping = true;
        Tool.kill(process.toHandle());
    }
}
