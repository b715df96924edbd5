package io.cowherd.management;

import static io.cowherd.management.VolumeRequests.required;

import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.VolumeRefusedException;
import java.util.Map;

/// Endpoints on nodes: list, move a family, drain.
///
/// **Threading.** *Immutable.*
final class NodesApi {
    private final Nodes nodes;

    NodesApi(Nodes nodes) {
        this.nodes = nodes;
    }

    Reply list(Call call) {
        return Reply.ok(Map.of("nodes", nodes.list()));
    }

    Reply move(Call call) throws RequestRefusedException, VolumeRefusedException {
        String node = required(call.body(VolumeRequests.Move.class).node(), "node", "\"node-2\"");
        VolumeName origin = call.volumeName();
        nodes.move(origin, node);
        return Reply.ok(Map.of("lv_full_name", origin.toString(), "owner", node));
    }

    Reply drain(Call call) throws VolumeRefusedException {
        return drain(call, Nodes.Draining.ON);
    }

    Reply undrain(Call call) throws VolumeRefusedException {
        return drain(call, Nodes.Draining.OFF);
    }

    private Reply drain(Call call, Nodes.Draining draining) throws VolumeRefusedException {
        nodes.drain(call.path("node"), draining);
        return list(call);
    }
}
