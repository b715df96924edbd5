package io.cowherd.management;

import io.cowherd.mapping.volume.Volume;
import io.cowherd.mapping.volume.Volumes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// Endpoints that look: device-mapper tables and states, targets, sessions; and the one that ends a session.
///
/// **Threading.** *Immutable.*
final class InspectionApi {
    private final Volumes volumes;
    private final HostAccess hosts;

    InspectionApi(Volumes volumes, HostAccess hosts) {
        this.volumes = volumes;
        this.hosts = hosts;
    }

    /// A target as the API shows it.
    ///
    /// @param target its iSCSI name
    /// @param portals addresses that discovery tells
    /// @param luns its logical units
    /// @param sessions how many hosts are logged in
    record TargetView(String target, List<String> portals, List<LunView> luns, int sessions) {}

    /// A logical unit as the API shows it.
    ///
    /// @param lun its number
    /// @param lvFullName the volume behind it
    /// @param size size in bytes that hosts see
    record LunView(int lun, String lvFullName, long size) {}

    Reply tables(Call call) {
        return Reply.ok(Map.of("lines", volumes.table()));
    }

    Reply statuses(Call call) {
        return Reply.ok(Map.of("lines", volumes.status()));
    }

    Reply table(Call call) throws RequestRefusedException {
        return ofDevice(call.path("device"), volumes::table);
    }

    Reply status(Call call) throws RequestRefusedException {
        return ofDevice(call.path("device"), volumes::status);
    }

    /// Lines of one mapped device, without its name, as `dmsetup table NAME` prints them.
    private static Reply ofDevice(String device, Supplier<List<String>> all)
            throws RequestRefusedException {
        String prefix = device + ": ";
        List<String> lines =
                all.get().stream()
                        .filter(line -> line.startsWith(prefix))
                        .map(line -> line.substring(prefix.length()))
                        .toList();
        if (lines.isEmpty()) {
            throw new RequestRefusedException(
                    new Problem(
                            Problem.NOT_FOUND,
                            "NOT_FOUND",
                            "No such device",
                            "Device " + device + " does not exist.",
                            "List them: cowherd table."));
        }
        return Reply.ok(Map.of("lines", lines));
    }

    Reply targets(Call call) {
        var luns = new LinkedHashMap<String, List<LunView>>();
        for (Volume volume : volumes.list()) {
            luns.computeIfAbsent(hosts.targetName(volume), _ -> new ArrayList<>())
                    .add(
                            new LunView(
                                    volume.number(), volume.name().toString(), volume.sizeBytes()));
        }
        List<HostSession> sessions = hosts.sessions();
        var views = new ArrayList<TargetView>();
        luns.forEach(
                (target, units) ->
                        views.add(
                                new TargetView(
                                        target,
                                        hosts.portals(),
                                        units,
                                        (int)
                                                sessions.stream()
                                                        .filter(
                                                                s ->
                                                                        s.target()
                                                                                .equalsIgnoreCase(
                                                                                        target))
                                                        .count())));
        return Reply.ok(Map.of("targets", views));
    }

    Reply sessions(Call call) {
        return Reply.ok(Map.of("sessions", hosts.sessions()));
    }

    Reply disconnect(Call call) throws RequestRefusedException {
        String id = call.path("id");
        if (hosts.disconnect(List.of(id)) == 0) {
            throw new RequestRefusedException(
                    new Problem(
                            Problem.NOT_FOUND,
                            "NOT_FOUND",
                            "No such session",
                            "There is no session " + id + ".",
                            "List them: cowherd sessions."));
        }
        return Reply.done();
    }
}
