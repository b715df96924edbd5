package io.cowherd.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A `bin/cowherd` server in a process of its own: started, killed, started again on the same data and ports.
///
/// Ports are asked from the kernel once, so that initiators find a restarted server again. What it prints goes to
/// `server.log` beside the data, and into the message when it does not come up.
///
/// **Threading.** Confined to the test's thread.
final class CowherdProcess implements AutoCloseable {
    /// The demo's target, with `base` as LUN 0 and `snap` as LUN 1.
    static final String DEMO_TARGET = "iqn.2026-11.io.cowherd:volumeGroup.base";

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(5);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration CLI_LIMIT = Duration.ofSeconds(60);
    private static final long READY_POLL_MILLIS = 50;

    private final Path data;
    private final Path log;
    private final String advertised;
    private final List<String> options;
    private final int iscsiPort = Workspace.freePort();
    private final int httpPort = Workspace.freePort();
    private @Nullable Process process;

    private CowherdProcess(Path folder, String log, String advertised, String... options)
            throws IOException {
        data = folder.resolve("data");
        this.log = folder.resolve(log);
        this.advertised = advertised;
        this.options = List.of(options);
    }

    private CowherdProcess(Path folder, String... options) throws IOException {
        this(folder, "server.log", LinuxGuest.HOST, options);
    }

    /// Starts a node of a cluster, whose data in `folder` all nodes share.
    ///
    /// @param name the node's
    /// @param advertised host by which initiators reach it
    static CowherdProcess node(Path folder, String name, String advertised, String... options)
            throws IOException {
        List<String> all = new ArrayList<>(List.of("--node", name));
        all.addAll(List.of(options));
        return new CowherdProcess(folder, name + ".log", advertised, all.toArray(String[]::new))
                .start("serve");
    }

    /// Starts `cowherd demo` with further options on new data in `folder`.
    static CowherdProcess demo(Path folder, String... options) throws IOException {
        return new CowherdProcess(folder, options).start("demo");
    }

    /// Starts `cowherd serve` with further options on new data in `folder`.
    static CowherdProcess serve(Path folder, String... options) throws IOException {
        return new CowherdProcess(folder, options).start("serve");
    }

    /// Starts `cowherd serve` on the data that is there, after [#kill()] or [#stop()].
    CowherdProcess restart() {
        return start("serve");
    }

    private CowherdProcess start(String verb) {
        if (process != null) {
            throw new IllegalStateException("the server runs already, pid " + process.pid());
        }
        buildIfNeeded();
        List<String> command = new ArrayList<>();
        command.add(Workspace.inCheckout("bin/cowherd").toString());
        command.addAll(List.of(verb, "--data", data.toString()));
        command.addAll(List.of("--portal", "127.0.0.1:" + iscsiPort));
        command.addAll(List.of("--advertise", advertised + ":" + iscsiPort));
        command.addAll(List.of("--http", "127.0.0.1:" + httpPort));
        command.addAll(options);
        try {
            Process started =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectInput(Path.of("/dev/null").toFile())
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
            process = started;
            awaitReady(started);
        } catch (IOException e) {
            throw new AssertionError("cannot start " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while the server started", e);
        }
        return this;
    }

    /// The launcher builds what is not built or not current; that is not to count as starting.
    private static void buildIfNeeded() {
        String launcher = Workspace.inCheckout("bin/cowherd").toString();
        Tool.run(BUILD_LIMIT, Map.of(), List.of(launcher, "--version")).succeeded();
    }

    private void awaitReady(Process started) throws InterruptedException {
        long giveUp = System.nanoTime() + START_LIMIT.toNanos();
        while (!ApiClient.isReady(httpPort)) {
            // The pause between two looks ends early when the server dies.
            boolean died = started.waitFor(READY_POLL_MILLIS, TimeUnit.MILLISECONDS);
            if (died || System.nanoTime() > giveUp) {
                kill();
                throw new AssertionError(
                        (died ? "the server ended" : "the server is not ready after " + START_LIMIT)
                                + "; its log:\n"
                                + log());
            }
        }
    }

    /// Ends the server as a crash would (SIGKILL).
    void kill() {
        if (process != null) {
            Tool.kill(process.toHandle());
            process = null;
        }
    }

    /// False once it has been killed, by whomever.
    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    /// Ends the server as an operator would (SIGTERM).
    ///
    /// @throws AssertionError if it takes longer than it may; it is killed then
    void stop() throws InterruptedException {
        Process running = process;
        if (running == null) {
            return;
        }
        running.toHandle().destroy();
        boolean ended = running.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        kill();
        if (!ended) {
            throw new AssertionError("no graceful stop within " + STOP_LIMIT + ":\n" + log());
        }
    }

    /// Ends the server if it runs.
    @Override
    public void close() {
        kill();
    }

    /// Runs `bin/cowherd` with `arguments` against this server.
    Tool.Result cli(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Workspace.inCheckout("bin/cowherd").toString());
        command.addAll(List.of(arguments));
        Map<String, String> environment =
                Map.of("COWHERD_SERVER", "http://127.0.0.1:" + httpPort, "COWHERD_TOKEN", token());
        return Tool.run(CLI_LIMIT, environment, command);
    }

    /// The server's REST interface.
    ApiClient api() {
        return new ApiClient(httpPort, token());
    }

    /// The TCP port that initiators connect to.
    int iscsiPort() {
        return iscsiPort;
    }

    /// The folder with the server's data.
    Path data() {
        return data;
    }

    /// The URL of a LUN as libiscsi's tools and QEMU take it.
    String url(String target, int lun) {
        return url(iscsiPort, target, lun);
    }

    /// The same by another portal, which the server was given as an option.
    static String url(int port, String target, int lun) {
        return "iscsi://127.0.0.1:" + port + "/" + target + "/" + lun;
    }

    /// All that the server has printed so far.
    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return "(no log: " + e + ")";
        }
    }

    private String token() {
        try {
            return Files.readString(data.resolve("token")).strip();
        } catch (IOException e) {
            throw new AssertionError("the server made no token", e);
        }
    }
}
