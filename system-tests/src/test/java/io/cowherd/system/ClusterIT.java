package io.cowherd.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/// **Goal.** Three nodes on one directory serve as one: every target by every portal, and no acknowledged write is lost, nor
/// an error seen by a host, when a family moves or its owner dies.
///
/// **Method.** Three real processes. `cowherd drill` is the hosts where owners change: it retries as Linux does, and finds each write
/// that is lost, torn or stale.
class ClusterIT {
    private static final String VOLUME = "group/base";
    private static final String TARGET = "iqn.2026-11.io.cowherd:group.base";
    private static final int NODES = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);

    private final List<CowherdProcess> nodes = new ArrayList<>();

    @BeforeEach
    void start(TestInfo test) throws Exception {
        Path folder =
                Workspace.newFolder("cluster-" + test.getTestMethod().orElseThrow().getName());
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "a secret of all nodes, for tests only\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        List<String> options = new ArrayList<>(List.of("--cluster-secret-file", secret.toString()));
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            addresses.add("127.0.0.1:" + Workspace.freePort());
            options.addAll(List.of("--cluster-member", addresses.get(i)));
        }
        for (int i = 0; i < NODES; i++) {
            List<String> own = new ArrayList<>(options);
            own.addAll(List.of("--cluster-listen", addresses.get(i)));
            nodes.add(
                    CowherdProcess.node(folder, name(i), "127.0.0.1", own.toArray(String[]::new)));
        }
        await(() -> isUp(0) && isUp(1) && isUp(2), "three nodes find each other");
        cli(0, "create", VOLUME, "-L", "64M");
    }

    @AfterEach
    void stop() {
        nodes.forEach(CowherdProcess::close);
    }

    private static String name(int node) {
        return "node-" + (node + 1);
    }

    private String cli(int node, String... arguments) {
        return nodes.get(node).cli(arguments).succeeded().text();
    }

    private boolean isUp(int node) {
        return line(cli(0, "nodes"), text -> text.replace("*", " ").startsWith(name(node) + " "))
                .contains(" up ");
    }

    private static String line(String text, Predicate<String> wanted) {
        return text.lines().map(String::strip).filter(wanted).findFirst().orElse("");
    }

    private int owner(int asked) {
        String volume = line(cli(asked, "ls"), text -> text.contains(TARGET));
        for (int i = 0; i < NODES; i++) {
            if (volume.endsWith(name(i))) {
                return i;
            }
        }
        return -1;
    }

    private void await(BooleanSupplier happened, String what) throws InterruptedException {
        long start = System.nanoTime();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                throw new AssertionError("it does not happen that " + what + logs());
            }
            Thread.sleep(LOOK_AGAIN); // between two looks from outside
        }
    }

    private String logs() {
        var logs = new StringBuilder();
        nodes.forEach(node -> logs.append("\n---\n").append(node.log()));
        return logs.toString();
    }

    private String url(int node) {
        return nodes.get(node).url(TARGET, 0);
    }

    /// Hosts that write and read back, all the time, by all paths, as `cowherd drill` has them.
    private void drill(String... events) {
        List<String> command = new ArrayList<>(List.of("drill", "--settle", "1"));
        command.addAll(List.of(events));
        Path report = nodes.getFirst().data().resolveSibling("drill.json");
        command.addAll(List.of("--report", report.toString()));
        Tool.Result ran = nodes.getFirst().cli(command.toArray(String[]::new));
        System.out.println(ran.output());
        assertEquals(0, ran.exitCode(), () -> ran + logs());
    }

    @Test
    void everyNodeTellsOfEveryPortalAndServesEveryTarget() throws IOException {
        String told = "";
        for (int i = 0; i < NODES; i++) {
            String portals =
                    Tool.run("iscsi-ls", "iscsi://127.0.0.1:" + nodes.get(i).iscsiPort())
                            .succeeded()
                            .text()
                            .lines()
                            .sorted()
                            .toList()
                            .toString();
            assertTrue(i == 0 || portals.equals(told), portals);
            told = portals;
            for (int j = 0; j < NODES; j++) {
                String portal = "127.0.0.1:" + nodes.get(j).iscsiPort() + ",";
                assertTrue(portals.contains(portal + (64 * j + 1)), portals);
            }
            String pattern = Integer.toString(0x50 + i);
            Tool.run("qemu-io", "-f", "raw", url(i), "-c", "write -P " + pattern + " 1M 1M")
                    .succeeded();
            for (int j = 0; j < NODES; j++) {
                Tool.Result read =
                        Tool.run(
                                "qemu-io",
                                "-f",
                                "raw",
                                url(j),
                                "-c",
                                "read -P " + pattern + " 1M 1M");
                assertTrue(!read.succeeded().output().contains("failed"), read::toString);
            }
        }
    }

    @Test
    void aMoveIsAPauseAndNothingElse() {
        drill("--moves", "3");
    }

    @Test
    void aDeadOwnerIsReplaced() throws Exception {
        // The drill finds another node to ask if the first is the one that dies.
        drill("--kills", "1", "--kill", "pkill -9 -f -- \"--node $COWHERD_NODE --cluster\"");
        for (CowherdProcess node : nodes) {
            if (!node.isAlive()) {
                node.kill();
                node.restart();
            }
        }
        await(() -> isUp(0) && isUp(1) && isUp(2), "the killed node comes back and votes");
        await(() -> owner(0) >= 0, "the volume is served");
    }

    @Test
    void everythingIsThereAfterAllNodesWereKilledAtOnce() throws Exception {
        WritingHost host = new WritingHost(url((owner(0) + 1) % NODES));
        try (host) {
            host.awaitWrites(200);
            host.stop();
        }
        nodes.forEach(CowherdProcess::kill);
        nodes.forEach(CowherdProcess::restart);
        await(() -> isUp(0) && isUp(1) && isUp(2), "three nodes find each other again");
        await(() -> owner(0) >= 0, "the volume is served again");
        host.verify(url(1));
    }
}
