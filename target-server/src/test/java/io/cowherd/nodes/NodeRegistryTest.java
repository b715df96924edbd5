package io.cowherd.nodes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NodeRegistryTest {
    private static final List<HostPort> PORTALS =
            List.of(new HostPort("127.0.0.1", 3260), new HostPort("::1", 3260));
    private static final HostPort MANAGEMENT = new HostPort("127.0.0.1", 3261);
    private static final HostPort FORWARD = new HostPort("127.0.0.1", 3262);

    @TempDir Path data;

    private NodeRecord enterAndLeave(String name) throws IOException {
        try (NodeRegistry registry = NodeRegistry.enter(data, name)) {
            return registry.publish(PORTALS, MANAGEMENT, FORWARD, "1.0");
        }
    }

    @Test
    void aNodeKeepsItsNumber() throws IOException {
        assertEquals(1, enterAndLeave("a").number());
        assertEquals(2, enterAndLeave("b").number());
        NodeRecord again = enterAndLeave("a");
        assertEquals(new NodeRecord(1, "a", PORTALS, MANAGEMENT, FORWARD, "1.0"), again);
        assertEquals(List.of("a", "b"), names());
        Files.delete(data.resolve("nodes/1.json"));
        assertEquals(1, enterAndLeave("c").number(), "the lowest that is free");
        assertEquals(List.of("c", "b"), names());
    }

    private List<String> names() throws IOException {
        return NodeRegistry.read(data).stream().map(NodeRecord::name).toList();
    }

    @Test
    void oneThatIsStillEnteringKeepsOthersFromItsNumber() throws IOException {
        try (NodeRegistry a = NodeRegistry.enter(data, "a");
                NodeRegistry b = NodeRegistry.enter(data, "b")) {
            assertEquals(1, a.number());
            assertEquals(2, b.number());
        }
    }

    @Test
    void aSecondNodeOfTheNameIsRefusedByName() throws IOException {
        try (NodeRegistry a = NodeRegistry.enter(data, "a")) {
            a.publish(PORTALS, MANAGEMENT, FORWARD, "1.0");
            var refused = assertThrows(IOException.class, () -> NodeRegistry.enter(data, "a"));
            assertTrue(refused.toString().contains("called a runs already"), refused::toString);
        }
        enterAndLeave("a");
    }

    @Test
    void aDamagedRecordIsLeftOutAndItsNumberKept() throws IOException {
        enterAndLeave("a");
        enterAndLeave("b");
        Files.writeString(data.resolve("nodes/1.json"), "{\"number\":1,\"name\":\"a\"");
        assertEquals(List.of("b"), names());
        assertEquals(3, enterAndLeave("c").number(), "hosts may still know the ports of node 1");
        Files.writeString(data.resolve("nodes/1.json"), "{\"number\":2,\"name\":\"a\"}");
        assertEquals(List.of("b", "c"), names());
    }

    @Test
    void namesThatBreakLinesAreRefused() {
        for (String name : List.of("", "a b", "a\nb", "-a", "a".repeat(129))) {
            assertThrows(
                    IllegalArgumentException.class, () -> NodeRegistry.enter(data, name), name);
        }
    }

    @Test
    void noTwoPortalsHaveOneTag() {
        var tags = new HashSet<Integer>();
        for (int node = 1; node <= NodeRecord.MAX_NODES; node++) {
            for (int portal = 0; portal < 64; portal++) {
                assertTrue(tags.add(NodeRecord.tag(node, portal)));
            }
        }
        assertEquals(1, NodeRecord.tag(1, 0));
        assertEquals(4096, NodeRecord.tag(64, 63));
    }

    @Test
    void withoutAFolderThereAreNoNodes() throws IOException {
        assertEquals(List.of(), NodeRegistry.read(data));
    }
}
