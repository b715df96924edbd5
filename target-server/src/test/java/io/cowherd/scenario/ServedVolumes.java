package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.cowherd.cli.CommandFailedException;
import io.cowherd.cli.CowherdCommand;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.mapping.volume.SnapshotRequest;
import io.cowherd.mapping.volume.SnapshotRequest.StoreKind;
import io.cowherd.mapping.volume.VolumeName;
import io.cowherd.mapping.volume.Volumes;
import io.cowherd.server.CowherdServer;
import io.cowherd.server.StartFailedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/// A whole server in this process with two portals. `vg/base` of 64 MiB is LUN 0, its snapshot `vg/snap` LUN 1, its
/// read-only snapshot `vg/frozen` LUN 2.
final class ServedVolumes implements AutoCloseable {
    static final String TARGET = "iqn.2026-11.io.cowherd:vg.base";
    static final int BASE = 0;
    static final int SNAP = 1;
    static final int FROZEN = 2;

    /// Blocks of 512 bytes of each volume.
    static final int BLOCKS = 64 << 11;

    private static final VolumeName ORIGIN = new VolumeName("vg", "base");
    private static final int CHUNK_BYTES = 4096;
    private static final long COW_BYTES = 66L << 20;

    private final Path data;
    private final Limits limits;
    private List<HostPort> portals;
    private CowherdServer server;
    private @Nullable Volumes volumes;

    private ServedVolumes(Path data, Limits limits, List<HostPort> portals)
            throws StartFailedException {
        this.data = data;
        this.limits = limits;
        this.portals = portals;
        server = start();
    }

    /// Serves new volumes in an empty folder.
    static ServedVolumes in(Path data) throws Exception {
        return in(data, Limits.DEFAULTS);
    }

    static ServedVolumes in(Path data, Limits limits) throws Exception {
        HostPort any = new HostPort("127.0.0.1", 0);
        return new ServedVolumes(data, limits, List.of(any, any));
    }

    private CowherdServer start() throws StartFailedException {
        var settings =
                new ServerSettings(
                        data,
                        "node-1",
                        portals.stream().map(portal -> new PortalSetting(portal, null)).toList(),
                        new HostPort("127.0.0.1", 0),
                        TransportSetting.AUTO,
                        AccessSettings.DEFAULTS,
                        limits,
                        ManagementLimits.DEFAULTS);
        return CowherdServer.start(settings, this::prepare);
    }

    private void prepare(Volumes opened)
            throws IOException, io.cowherd.mapping.volume.VolumeRefusedException {
        volumes = opened;
        if (opened.list().isEmpty()) {
            opened.create(ORIGIN, BLOCKS * 512L);
            opened.snapshot(ORIGIN, "snap", snapshot(false));
            opened.snapshot(ORIGIN, "frozen", snapshot(true));
        }
    }

    private static SnapshotRequest snapshot(boolean readOnly) {
        return new SnapshotRequest(COW_BYTES, CHUNK_BYTES, StoreKind.P, readOnly, null);
    }

    /// Address of a portal, the first being 0.
    String portal(int index) {
        return server.advertisedPortals().get(index);
    }

    Volumes volumes() {
        return java.util.Objects.requireNonNull(volumes);
    }

    /// Takes a writable snapshot of `vg/base`: the next LUN.
    void fork(String name) throws Exception {
        volumes().snapshot(ORIGIN, name, snapshot(false));
    }

    /// Says something to the server as an administrator does.
    void command(String... words) {
        var said = new StringWriter();
        var line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--server", "http://" + server.httpAddress()));
        line.addAll(List.of("--token-file", data.resolve("token").toString()));
        CommandLine cowherd =
                CowherdCommand.build(
                        (_, _, _) -> {
                            throw new CommandFailedException("not from here", "");
                        });
        cowherd.setOut(new PrintWriter(said, true)).setErr(new PrintWriter(said, true));
        assertEquals(0, cowherd.execute(line.toArray(String[]::new)), said::toString);
    }

    /// Stops in an orderly way; hosts are asked to log out.
    void stop() {
        portals = server.advertisedPortals().stream().map(at -> HostPort.parse(at, 0)).toList();
        server.stop();
    }

    /// Starts again on the same data and the same ports.
    void restart() throws StartFailedException {
        server = start();
    }

    @Override
    public void close() {
        server.stop();
    }
}
