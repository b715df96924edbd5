package io.cowherd.server;

import io.cowherd.cluster.Announcement;
import io.cowherd.cluster.NodeId;
import io.cowherd.config.HostPort;
import io.cowherd.management.Nodes;
import io.cowherd.mapping.volume.FamilyRecord;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import io.cowherd.nodes.NodeRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// The nodes as the API shows them: who they are from the registry, how they are from the cluster's rules.
///
/// **Threading.** *Thread-safe*: asks the node's thread, and waits for what it has begun.
final class ClusterNodes implements Nodes {
    /// A move, a drain: hosts' commands end, the next owner opens; longer than all limits of the rules together.
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);
    private static final Duration OTHERS_READ = Duration.ofMillis(200);

    private final ClusterParts cluster;

    ClusterNodes(ClusterParts cluster) {
        this.cluster = cluster;
    }

    @Override
    public List<NodeView> list() {
        Map<NodeId, Announcement> present = cluster.present();
        var views = new ArrayList<NodeView>();
        for (NodeRecord node : cluster.nodes()) {
            Announcement said = present.get(new NodeId(node.name()));
            views.add(
                    new NodeView(
                            node.name(),
                            state(node, said),
                            said == null ? 0 : said.held().size(),
                            node.portals().stream().map(HostPort::toString).toList(),
                            node.management().toString(),
                            node.version(),
                            node.number() == cluster.number()));
        }
        return views;
    }

    /// A node that has just come does not vote yet: if another goes now, a majority may be gone with it.
    private String state(NodeRecord node, @Nullable Announcement said) {
        if (said == null) {
            return "down";
        }
        if (!cluster.votes(new NodeId(node.name()))) {
            return "joining";
        }
        return said.drained() ? "drained" : "up";
    }

    @Override
    public List<HostPort> others() {
        Map<NodeId, Announcement> present = cluster.present();
        return cluster.nodes().stream()
                .filter(node -> node.number() != cluster.number())
                .filter(node -> present.containsKey(new NodeId(node.name())))
                .map(NodeRecord::management)
                .toList();
    }

    @Override
    public @Nullable HostPort management(String node) {
        NodeRecord record = find(node);
        return record != null
                        && record.number() != cluster.number()
                        && cluster.present().containsKey(new NodeId(node))
                ? record.management()
                : null;
    }

    private @Nullable NodeRecord find(String name) {
        return cluster.nodes().stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    @Override
    public @Nullable Elsewhere elsewhere(VolumeName volume) {
        FamilyRecord family = cluster.familyOf(volume);
        if (family == null) {
            return null;
        }
        Optional<NodeId> owner = cluster.owner(family.uuid());
        if (owner.isPresent() && owner.get().equals(cluster.self())) {
            return null;
        }
        String name = owner.map(NodeId::name).orElse(null);
        return new Elsewhere(name, name == null ? null : management(name));
    }

    @Override
    public void place(Volume origin) throws VolumeRefusedException {
        await(
                () -> cluster.owner(origin.uuid()).isPresent(),
                origin.name() + " has been made, and no node serves it yet");
        // The others have heard what we have, and read the catalog now: a host may ask any of them
        // next.
        pause(OTHERS_READ);
    }

    @Override
    public void move(VolumeName origin, String node) throws VolumeRefusedException {
        FamilyRecord family = cluster.familyOf(origin);
        if (family == null || !family.origin().name().equals(origin)) {
            throw new VolumeRefusedException(
                    Reason.NOT_FOUND,
                    family == null
                            ? "There is no volume " + origin + "."
                            : origin + " moves with its origin.",
                    family == null
                            ? "List them: cowherd ls."
                            : "Move " + family.origin().name() + ".");
        }
        if (find(node) == null) {
            throw unknown(node);
        }
        NodeId to = new NodeId(node);
        Optional<String> refusal = cluster.move(family.uuid(), to);
        if (refusal.isPresent()) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    origin + " cannot move to " + node + ": " + refusal.get() + ".",
                    "See cowherd nodes.");
        }
        await(() -> hasMoved(family.uuid(), to), origin + " is not served by " + node + " yet");
    }

    /// An offer is lost on a node that has just failed to get the family: it comes back, and is offered again.
    private boolean hasMoved(UUID family, NodeId to) {
        Optional<NodeId> owner = cluster.owner(family);
        if (owner.equals(Optional.of(cluster.self()))) {
            cluster.move(family, to);
        }
        return owner.equals(Optional.of(to));
    }

    @Override
    public void drain(String node, Draining draining) throws VolumeRefusedException {
        if (find(node) == null) {
            throw unknown(node);
        }
        if (!node.equals(cluster.self().name())) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    node + " is down.",
                    "It serves nothing: the others have taken over.");
        }
        if (draining == Draining.OFF) {
            cluster.undrain();
            return;
        }
        if (others().isEmpty()) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    "There is no other node that could serve what " + node + " does.",
                    "Start one first. See cowherd nodes.");
        }
        cluster.drain();
        await(cluster::servesNothing, node + " still serves some volumes");
    }

    private static VolumeRefusedException unknown(String node) {
        return new VolumeRefusedException(
                Reason.NOT_FOUND, "There is no node " + node + ".", "List them: cowherd nodes.");
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(BooleanSupplier done, String otherwise)
            throws VolumeRefusedException {
        long start = System.nanoTime();
        try {
            while (!done.getAsBoolean()) {
                if (System.nanoTime() - start > PATIENCE.toNanos()) {
                    throw new VolumeRefusedException(
                            Reason.CONFLICT,
                            otherwise + ".",
                            "It goes on: see cowherd nodes and cowherd ls.");
                }
                Thread.sleep(LOOK_AGAIN);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    Objects.requireNonNull(otherwise) + ".",
                    "The server is stopping.");
        }
    }
}
