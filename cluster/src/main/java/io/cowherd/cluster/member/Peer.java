package io.cowherd.cluster.member;

import io.cowherd.cluster.NodeId;
import java.util.List;

/// A node, and what it tells those that it joins.
///
/// Immutable.
///
/// @param node its name, unique in the cluster
/// @param witness whether it only votes, and has no storage
/// @param productVersion for people
/// @param format the data format that it writes
/// @param oldestFormat the oldest data format that it reads
/// @param portals where hosts reach it, as `host:port`
/// @param management where its API is, as a URL; empty if nowhere
/// @param forwarding where other nodes pass commands to, as `host:port`; empty if nowhere
public record Peer(
        NodeId node,
        boolean witness,
        String productVersion,
        int format,
        int oldestFormat,
        List<String> portals,
        String management,
        String forwarding) {
    public Peer {
        portals = List.copyOf(portals);
        if (oldestFormat > format) {
            throw new IllegalArgumentException(
                    "oldest format " + oldestFormat + " is newer than format " + format);
        }
    }

    /// Whether each reads what the other writes.
    public boolean isCompatible(Peer other) {
        return format >= other.oldestFormat && other.format >= oldestFormat;
    }
}
