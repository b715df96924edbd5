package io.cowherd.nodes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.cowherd.access.PrivateFile;
import io.cowherd.config.HostPort;
import io.cowherd.mapping.device.FileInUseException;
import io.cowherd.mapping.device.LockFile;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The nodes that have ever served a data directory, kept there: hosts discover the portals of those that are down as well.
///
/// ```
/// DATA/nodes/3.json   what node 3 says of itself; replaced whole by itself only
/// DATA/nodes/3.lock   locked by it as long as it runs
/// ```
///
/// A node keeps its number for ever: target port groups and relative port identifiers come of it, and hosts remember those.
/// The lock decides between two that want one number, and refuses a second process of the same name.
///
/// **Threading.** *Confined to one thread*, but for [#read], which any may call.
public final class NodeRegistry implements AutoCloseable {
    /// Its folder in the data directory.
    public static final String FOLDER = "nodes";

    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);
    private static final String RECORD = ".json";
    private static final String LOCK = ".lock";
    private static final int MAX_BYTES = 64 << 10;
    private static final String CURE =
            "Start that node again, which writes it anew, or remove the file if there is no such node any more";
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Path folder;
    private final int number;
    private final String name;
    private final LockFile lock;

    /// The form on disk.
    private record Page(
            int number,
            String name,
            List<String> portals,
            String management,
            String forward,
            String version) {}

    private NodeRegistry(Path folder, int number, String name, LockFile lock) {
        this.folder = folder;
        this.number = number;
        this.name = name;
        this.lock = lock;
    }

    /// Enters a node: it gets the number that it had, or the lowest that is free.
    ///
    /// @param data data directory
    /// @throws IOException naming the node and the cure, if a node of that name runs, or there are too many
    public static NodeRegistry enter(Path data, String name) throws IOException {
        NodeRecord.checkName(name);
        Path folder = Files.createDirectories(data.resolve(FOLDER));
        Map<Integer, String> taken = taken(folder);
        for (Map.Entry<Integer, String> node : taken.entrySet()) {
            if (node.getValue().equals(name)) {
                LockFile lock = lock(folder, node.getKey(), name);
                if (lock == null) {
                    throw new IOException(
                            "A node called "
                                    + name
                                    + " runs already on this data directory: stop it, or give this one another name (--node).");
                }
                return new NodeRegistry(folder, node.getKey(), name, lock);
            }
        }
        for (int number = 1; number <= NodeRecord.MAX_NODES; number++) {
            LockFile lock = taken.containsKey(number) ? null : lock(folder, number, name);
            if (lock == null) {
                continue;
            }
            if (!Files.exists(folder.resolve(number + RECORD))) { // somebody may have come and gone
                return new NodeRegistry(folder, number, name, lock);
            }
            lock.close();
        }
        throw new IOException(
                "There are "
                        + taken.size()
                        + " nodes in "
                        + folder
                        + ", as many as there can be: remove the records of those that are gone.");
    }

    private static Map<Integer, String> taken(Path folder) throws IOException {
        var taken = new HashMap<Integer, String>();
        for (Path file : records(folder)) {
            NodeRecord known = tryRead(file);
            taken.put(numberOf(file), known == null ? "" : known.name());
        }
        return taken;
    }

    /// Locks a number; null if somebody else has it.
    private static @Nullable LockFile lock(Path folder, int number, String name)
            throws IOException {
        try {
            return LockFile.lock(
                    folder.resolve(number + LOCK),
                    LockFile.Mode.EXCLUSIVE,
                    "node " + name + ", process " + ProcessHandle.current().pid());
        } catch (FileInUseException _) {
            return null;
        }
    }

    private static List<Path> records(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("[1-9][0-9]?\\.json"))
                    .filter(file -> numberOf(file) <= NodeRecord.MAX_NODES)
                    .sorted()
                    .toList();
        }
    }

    private static int numberOf(Path record) {
        String name = record.getFileName().toString();
        return Integer.parseInt(name.substring(0, name.length() - RECORD.length()));
    }

    /// All nodes, by number. One whose record cannot be read is left out, with a warning.
    public static List<NodeRecord> read(Path data) throws IOException {
        var nodes = new ArrayList<NodeRecord>();
        for (Path file : records(data.resolve(FOLDER))) {
            NodeRecord node = tryRead(file);
            if (node != null) {
                nodes.add(node);
            }
        }
        nodes.sort((one, other) -> Integer.compare(one.number(), other.number()));
        return List.copyOf(nodes);
    }

    private static @Nullable NodeRecord tryRead(Path file) {
        try {
            return record(file);
        } catch (IOException e) {
            LOG.warn("A node is left out: {}", e.getMessage());
            return null;
        }
    }

    private static NodeRecord record(Path file) throws IOException {
        byte[] bytes = PrivateFile.read(file, MAX_BYTES, CURE);
        try {
            Page page = JSON.readValue(bytes, Page.class);
            if (page.number() != numberOf(file)) {
                throw new IllegalArgumentException("number " + page.number());
            }
            return new NodeRecord(
                    page.number(),
                    page.name(),
                    page.portals().stream().map(NodeRegistry::address).toList(),
                    address(page.management()),
                    address(page.forward()),
                    page.version());
        } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
            throw new FileSystemException(
                    file.toString(), null, "says what cannot be: " + e.getMessage() + ". " + CURE);
        }
    }

    private static HostPort address(String text) {
        return HostPort.parse(text, 0);
    }

    /// This node's number.
    public int number() {
        return number;
    }

    /// Writes how this node is reached, durably.
    public NodeRecord publish(
            List<HostPort> portals, HostPort management, HostPort forward, String version)
            throws IOException {
        var record = new NodeRecord(number, name, portals, management, forward, version);
        var page =
                new Page(
                        number,
                        name,
                        record.portals().stream().map(HostPort::toString).toList(),
                        management.toString(),
                        forward.toString(),
                        version);
        PrivateFile.replace(folder.resolve(number + RECORD), JSON.writeValueAsBytes(page));
        return record;
    }

    /// Lets another process be this node.
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
