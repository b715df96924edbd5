package io.cowherd.management;

import io.cowherd.config.HostPort;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import io.cowherd.mapping.volume.VolumeRefusedException.Reason;
import io.cowherd.mapping.volume.Volumes;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A server without a cluster: the only node, which serves everything.
///
/// **Threading.** *Immutable.*
///
/// @param name this node's
/// @param portals where hosts reach it
/// @param management where its API is
/// @param version what it runs
/// @param volumes what it serves
public record SingleNode(
        String name,
        Supplier<List<String>> portals,
        Supplier<HostPort> management,
        String version,
        Volumes volumes)
        implements Nodes {
    @Override
    public List<NodeView> list() {
        int families = (int) volumes.list().stream().filter(v -> v.origin() == null).count();
        return List.of(
                new NodeView(
                        name,
                        "up",
                        families,
                        portals.get(),
                        management.get().toString(),
                        version,
                        true));
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
    public @Nullable Elsewhere elsewhere(VolumeName volume) {
        return null;
    }

    @Override
    public void place(Volume origin) {}

    @Override
    public void move(VolumeName origin, String node) throws VolumeRefusedException {
        volumes.get(origin);
        if (!node.equals(name)) {
            throw alone(node);
        }
    }

    @Override
    public void drain(String node, Draining draining) throws VolumeRefusedException {
        if (!node.equals(name)) {
            throw alone(node);
        }
        if (draining == Draining.ON) {
            throw new VolumeRefusedException(
                    Reason.CONFLICT,
                    "There is no other node that could serve what " + name + " does.",
                    "Start a cluster: serve --cluster-listen.");
        }
    }

    private VolumeRefusedException alone(String node) {
        return new VolumeRefusedException(
                Reason.NOT_FOUND,
                "There is no node " + node + ": " + name + " is the only one.",
                "List them: cowherd nodes.");
    }
}
