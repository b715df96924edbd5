package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.cowherd.access.PrivateFile;
import io.cowherd.config.HostPort;
import io.cowherd.config.ServerSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A cluster on one machine: a process a node, all on one data directory.
///
/// Node *n* has the ports of the settings plus 10 times *n - 1*, and the election's port plus *n - 1*.
///
/// **Threading.** *Confined to the main thread*, but for the hook that ends the nodes with it.
final class DemoCluster {
    /// Most nodes that a demo may have.
    static final int MAX_NODES = 9;

    private static final String GROUP = "volumeGroup";
    private static final int PORTS_APART = 10;
    private static final int FIRST_MEMBER_PORT = 5701;
    private static final int SECRET_BYTES = 32;
    private static final Duration START_PATIENCE = Duration.ofMinutes(2);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);
    private static final int STOP_SECONDS = 60;

    private final ServerSettings settings;
    private final List<Node> nodes = new ArrayList<>();

    /// A node of the demo.
    private record Node(String name, HostPort portal, HostPort http, Path log, Process process) {}

    DemoCluster(ServerSettings settings) {
        this.settings = settings;
    }

    /// Starts the nodes, makes the demo's volumes, says how to use them, and returns when all nodes have ended.
    ///
    /// @param count 2 to [#MAX_NODES]
    int run(int count, PrintWriter out) throws CommandFailedException {
        try {
            Path data = Files.createDirectories(settings.dataDirectory()).toAbsolutePath();
            Path secret = secret(data);
            Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "end the demo's nodes"));
            for (int number = 1; number <= count; number++) {
                nodes.add(start(number, count, data, secret));
            }
            ApiClient first = null;
            for (Node node : nodes) {
                ApiClient api = ready(node, data);
                first = first == null ? api : first;
            }
            if (first != null) {
                awaitVotes(first);
                makeVolumes(first);
            }
            explain(data, out);
            for (Node node : nodes) {
                int code = node.process().waitFor();
                out.println(node.name() + " has ended (" + code + "); the others go on");
                out.flush();
            }
            return 0;
        } catch (IOException e) {
            throw new CommandFailedException("The demo cannot start: " + e.getMessage() + ".", "");
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static Path secret(Path data) throws IOException {
        Path file = data.resolve("cluster.secret");
        if (!Files.exists(file)) {
            var random = new byte[SECRET_BYTES];
            new SecureRandom().nextBytes(random);
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(random);
            PrivateFile.replace(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private static HostPort shifted(HostPort first, int number) {
        return new HostPort(first.host(), first.port() + (number - 1) * PORTS_APART);
    }

    private Node start(int number, int count, Path data, Path secret) throws IOException {
        String name = "node-" + number;
        HostPort portal = shifted(settings.portals().getFirst().listen(), number);
        HostPort http = shifted(settings.http(), number);
        Path log = data.resolve(name + ".log");
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of("io.cowherd.server.Main", "serve", "--data", data.toString()));
        command.addAll(List.of("--node", name, "--portal", portal.toString()));
        command.addAll(List.of("--http", http.toString()));
        command.addAll(List.of("--cluster-listen", member(number)));
        command.addAll(List.of("--cluster-secret-file", secret.toString()));
        for (int other = 1; other <= count; other++) {
            command.addAll(List.of("--cluster-member", member(other)));
        }
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        process.getOutputStream().close();
        return new Node(name, portal, http, log, process);
    }

    private static String member(int number) {
        return "127.0.0.1:" + (FIRST_MEMBER_PORT + number - 1);
    }

    /// Waits until a node lets hosts in.
    private static ApiClient ready(Node node, Path data)
            throws IOException, InterruptedException, CommandFailedException {
        long start = System.nanoTime();
        var server = URI.create("http://" + node.http());
        while (node.process().isAlive() && System.nanoTime() - start < START_PATIENCE.toNanos()) {
            Path token = data.resolve("token");
            try {
                if (Files.exists(token)) {
                    var api = new ApiClient(server, Files.readString(token).strip());
                    api.get("/health/ready");
                    return api;
                }
            } catch (CommandFailedException _) {
                // not yet
            }
            Thread.sleep(LOOK_AGAIN);
        }
        throw new CommandFailedException(
                node.name() + " has not started.", "Its log says why: " + node.log());
    }

    /// Waits until all nodes have found each other.
    private void awaitVotes(ApiClient api) throws InterruptedException, CommandFailedException {
        long start = System.nanoTime();
        while (System.nanoTime() - start < START_PATIENCE.toNanos()) {
            int up = 0;
            for (JsonNode node : api.get("/v1/nodes").path("nodes")) {
                up += node.path("state").asText().equals("up") ? 1 : 0;
            }
            if (up >= nodes.size()) {
                return;
            }
            Thread.sleep(LOOK_AGAIN);
        }
        throw new CommandFailedException(
                "The nodes have not found each other.",
                "Their logs say why: " + nodes.getFirst().log() + " and its neighbours.");
    }

    /// Makes what is absent of LVM2's example: another origin, so that there is something to spread, and the usual two.
    private static void makeVolumes(ApiClient api) throws CommandFailedException {
        List<String> present = new ArrayList<>();
        api.get("/v1/volumes")
                .path("volumes")
                .forEach(volume -> present.add(volume.path("lv_full_name").asText()));
        for (String origin : List.of("base", "second", "third")) {
            if (!present.contains(GROUP + "/" + origin)) {
                api.post(
                        "/v1/volumes",
                        Map.of("vg_name", GROUP, "lv_name", origin, "lv_size", "1G"));
            }
        }
        if (!present.contains(GROUP + "/snap")) {
            api.post(
                    "/v1/volumes/" + GROUP + "/base/snapshots",
                    Map.of("lv_name", "snap", "lv_size", "100M", "chunk_size", "8k"));
        }
    }

    private void explain(Path data, PrintWriter out) {
        out.println("A cluster of " + nodes.size() + " nodes on " + data + ":");
        for (Node node : nodes) {
            out.printf(
                    "  %s  pid %d  portal %s  API http://%s  log %s%n",
                    node.name(), node.process().pid(), node.portal(), node.http(), node.log());
        }
        Node first = nodes.getFirst();
        String options =
                (first.http().equals(ServerSettings.DEFAULT_HTTP)
                                ? ""
                                : " --server http://" + first.http())
                        + (settings.dataDirectory().equals(ServerSettings.DEFAULT_DATA_DIRECTORY)
                                ? ""
                                : " --token-file " + data.resolve("token"));
        out.print(
                """

                Every node shows every target; whichever serves it, the others pass commands on:
                  iscsiadm -m discovery -t sendtargets -p %1$s

                In another terminal:
                  watch -n1 bin/cowherd nodes%2$s      # who is up, and how many families each serves
                  bin/cowherd ls%2$s                   # the last column is the owner
                  bin/cowherd move %3$s/base %4$s%2$s
                  kill -9 %5$d                         # %4$s dies; the others take over what it served

                Ctrl-C stops all nodes.
                """
                        .formatted(
                                first.portal(),
                                options,
                                GROUP,
                                nodes.get(1).name(),
                                nodes.get(1).process().pid()));
        out.flush();
    }

    private void stop() {
        nodes.forEach(node -> node.process().destroy());
        for (Node node : nodes) {
            try {
                if (!node.process().waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                    node.process().destroyForcibly();
                }
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
