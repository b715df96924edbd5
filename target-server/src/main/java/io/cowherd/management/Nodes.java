package io.cowherd.management;

import io.cowherd.config.HostPort;
import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The nodes, and which of them serves which family of volumes.
///
/// **Threading.** *Thread-safe*: called on worker threads, and may block.
public interface Nodes {
    /// A node as the API shows it.
    ///
    /// @param name its name
    /// @param state `up`, `drained` (up, but is given no families), `joining` (does not vote yet, and there are too few votes) or
    ///     `down`
    /// @param families how many families it serves
    /// @param portals where hosts reach it
    /// @param management where its API is
    /// @param version what it runs; empty if it is down
    /// @param asked true for the node that answers
    record NodeView(
            String name,
            String state,
            int families,
            List<String> portals,
            String management,
            String version,
            boolean asked) {}

    /// Where a family is that is not here.
    ///
    /// @param node name of the node that serves it; null if none does at present
    /// @param management where the API of that node is; null if none does, or it is down
    record Elsewhere(@Nullable String node, @Nullable HostPort management) {}

    /// All nodes, by number.
    List<NodeView> list();

    /// APIs of the other nodes that are up.
    List<HostPort> others();

    /// Where the API of a node is; null if it is this one, or down, or there is none of that name.
    @Nullable HostPort management(String node);

    /// Where the family of a volume is, or null: it is here, or there is none.
    @Nullable Elsewhere elsewhere(VolumeName volume);

    /// Returns when an origin that was just made here is served, and the other nodes know of it.
    ///
    /// @throws VolumeRefusedException if none does in time; it is there all the same
    void place(Volume origin) throws VolumeRefusedException;

    /// Has a node serve an origin's family that is served here, and returns when it does.
    ///
    /// @throws VolumeRefusedException if there is no such origin or node, or the node cannot have it now
    void move(VolumeName origin, String node) throws VolumeRefusedException;

    /// Has this node give up its families and get no others, and returns when it has none; or lets it have some again.
    ///
    /// @param node its name; others are asked at their own API
    /// @throws VolumeRefusedException if that is not this one, or there is no other that could take them
    void drain(String node, Draining draining) throws VolumeRefusedException;

    /// Whether a node may have families.
    enum Draining {
        /// It may not.
        ON,
        /// It may.
        OFF
    }
}
