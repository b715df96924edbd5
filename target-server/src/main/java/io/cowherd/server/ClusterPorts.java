package io.cowherd.server;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.discovery.Portal;
import io.cowherd.nodes.NodeRecord;
import io.cowherd.scsi.alua.AccessState;
import io.cowherd.scsi.alua.PortGroup;
import io.cowherd.scsi.alua.PortGroup.Change;
import io.cowherd.scsi.alua.PortGroup.Preference;
import io.cowherd.scsi.alua.PortGroups;
import java.util.ArrayList;
import java.util.List;

/// The ports of a cluster's nodes, as hosts are told of them by the owner of a family: its own reach the logical units
/// directly, the others' by way of it.
///
/// A node that is down keeps its group: hosts notice by themselves, and it comes back.
final class ClusterPorts {
    private ClusterPorts() {}

    /// What REPORT TARGET PORT GROUPS says of a family.
    ///
    /// @param nodes all of them
    /// @param owner number of the one that serves it, among them
    static PortGroups groups(List<NodeRecord> nodes, int owner) {
        return new PortGroups(
                nodes.stream()
                        .map(
                                node ->
                                        new PortGroup(
                                                node.number(),
                                                node.number() == owner
                                                        ? AccessState.ACTIVE_OPTIMIZED
                                                        : AccessState.ACTIVE_NON_OPTIMIZED,
                                                Preference.NONE,
                                                Change.IMPLICIT,
                                                node.tags()))
                        .toList());
    }

    /// The portals of all nodes but one.
    static List<Portal> elsewhere(List<NodeRecord> nodes, int here) {
        var portals = new ArrayList<Portal>();
        for (NodeRecord node : nodes) {
            for (int i = 0; node.number() != here && i < node.portals().size(); i++) {
                HostPort address = node.portals().get(i);
                portals.add(new Portal(address, address, NodeRecord.tag(node.number(), i)));
            }
        }
        return List.copyOf(portals);
    }
}
