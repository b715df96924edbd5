package io.cowherd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import io.cowherd.config.ManagementLimits;
import io.cowherd.drill.DrillFailedException;
import io.cowherd.drill.ListedNode;
import io.cowherd.management.Nodes;
import io.cowherd.management.RunningApi;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// The drill's management, with two nodes of which the one that was named goes away.
class DrillApiTest {
    private static final VolumePath VOLUME = new VolumePath("g", "v");
    private final List<HostPort> addresses = new CopyOnWriteArrayList<>();
    private final List<String> moved = new CopyOnWriteArrayList<>();
    @TempDir private Path directory = Path.of("replaced");
    private RunningApi first = none();
    private RunningApi second = none();

    @SuppressWarnings("NullAway") // set before each test
    private static RunningApi none() {
        return null;
    }

    /// Both nodes say the same.
    private final class BothNodes implements Nodes {
        @Override
        public List<NodeView> list() {
            return addresses.stream()
                    .map(
                            address ->
                                    new NodeView(
                                            "node-" + (addresses.indexOf(address) + 1),
                                            "up",
                                            0,
                                            List.of("127.0.0.1:3260"),
                                            address.toString(),
                                            "1",
                                            false))
                    .toList();
        }

        @Override
        public List<HostPort> others() {
            return List.of();
        }

        @Override
        public @Nullable HostPort management(String node) {
            return null;
        }

        @Override
        public void place(Volume origin) {}

        @Override
        public @Nullable Elsewhere elsewhere(VolumeName volume) {
            return null;
        }

        @Override
        public void move(VolumeName origin, String node) throws VolumeRefusedException {
            moved.add(origin + " to " + node);
        }

        @Override
        public void drain(String node, Draining draining) {}
    }

    @Command
    private static final class Options {
        @Mixin private ApiOptions api = new ApiOptions();
    }

    @BeforeEach
    void start() throws Exception {
        first = new RunningApi(directory, ManagementLimits.DEFAULTS, _ -> new BothNodes());
        second = new RunningApi(directory, ManagementLimits.DEFAULTS, _ -> new BothNodes());
        addresses.addAll(List.of(first.address(), second.address()));
    }

    @AfterEach
    void stop() {
        second.close();
    }

    private DrillApi named(RunningApi api) throws Exception {
        var options = new Options();
        new CommandLine(options)
                .parseArgs("--server", api.url(), "--token-file", api.tokenFile.toString());
        return new DrillApi(options.api, VOLUME, node -> "cannot kill " + node);
    }

    @Test
    void whoDoesNotAnswerIsNotAskedAlone() throws Exception {
        DrillApi api = named(first);
        assertTrue(api.make().endsWith("g.v"));
        String names = api.nodes().stream().map(ListedNode::name).collect(Collectors.joining(" "));
        assertEquals("node-1 node-2", names);
        named(second).make(); // the fakes of two nodes share nothing
        first.close();
        assertEquals("node-1", api.owner()); // all fakes are called so
        api.move("node-2");
        assertEquals(List.of("g/v to node-2"), moved);
        assertEquals(2, api.nodes().size());
        api.remove();
        assertThrows(DrillFailedException.class, api::owner);
    }

    @Test
    void aCommandThatDoesNotKillIsToldOf() throws Exception {
        DrillApi api = named(first);
        var failed = assertThrows(DrillFailedException.class, () -> api.kill("node-1"));
        assertEquals("cannot kill node-1", failed.getMessage());
        first.close();
        assertEquals("", new KillCommand("test \"$COWHERD_NODE\" = node-1").apply("node-1"));
        assertEquals(
                "the kill command ended with status 3: no such node",
                new KillCommand("echo no such node >&2; exit 3").apply("node-1"));
    }
}
