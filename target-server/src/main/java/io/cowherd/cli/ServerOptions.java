package io.cowherd.cli;

import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import io.cowherd.config.access.AccessSettings.Unprotected;
import io.cowherd.config.access.ChapAlgorithm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What `serve` and `demo` take.
final class ServerOptions {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "where everything is kept; made if absent (default: ./data)")
    private Path data = ServerSettings.DEFAULT_DATA_DIRECTORY;

    @Option(
            names = "--portal",
            paramLabel = "HOST:PORT",
            description =
                    "where hosts log in; repeatable (default: 127.0.0.1:3260). IPv6 as [ADDRESS]:PORT; port 0: any"
                            + " free one")
    private List<String> portals = new ArrayList<>();

    @Option(
            names = "--advertise",
            paramLabel = "HOST:PORT",
            description =
                    "what hosts are told in discovery instead of the portal's address (NAT, containers); the n-th"
                            + " belongs to the n-th --portal")
    private List<String> advertised = new ArrayList<>();

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            description = "where the management API listens (default: 127.0.0.1:3261)")
    private String http = ServerSettings.DEFAULT_HTTP.toString();

    @Option(
            names = "--transport",
            paramLabel = "NAME",
            description =
                    "how sockets reach the kernel: auto, epoll, io_uring or nio (default: auto)")
    private TransportSetting transport = TransportSetting.AUTO;

    @Option(
            names = "--largest-lun",
            paramLabel = "N",
            description =
                    "largest LUN of a target, and so how many snapshots an origin can have in its life (default: 255,"
                            + " the largest that Windows reads; at most 16383)")
    private int largestLun = Limits.DEFAULTS.largestLun();

    @Option(
            names = "--allow-anyone",
            description =
                    "let whoever reaches a portal use the targets that have neither an access list nor CHAP; without"
                            + " it they are for this machine only")
    private boolean allowAnyone;

    @Option(
            names = "--chap-algorithms",
            paramLabel = "NAME",
            split = ",",
            description =
                    "CHAP algorithms that are accepted, the preferred first (default: SHA-256,SHA3-256,SHA-1,MD5)")
    private List<String> chapAlgorithms = new ArrayList<>();

    @Mixin private ClusterOptions cluster = new ClusterOptions();

    private AccessSettings accessSettings() {
        return new AccessSettings(
                allowAnyone ? Unprotected.ANYONE : Unprotected.LOCAL,
                chapAlgorithms.isEmpty()
                        ? ChapAlgorithm.DEFAULT_PREFERENCE
                        : chapAlgorithms.stream().map(ChapAlgorithm::parse).toList());
    }

    ServerSettings settings() {
        if (data.toString().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--data is empty: name a directory, for example ./data.");
        }
        try {
            List<HostPort> listen =
                    portals.isEmpty()
                            ? List.of(ServerSettings.DEFAULT_PORTAL)
                            : addresses(portals, ServerSettings.DEFAULT_PORTAL.port());
            return new ServerSettings(
                    data,
                    cluster.nodeName(),
                    PortalSetting.pair(
                            listen, addresses(advertised, ServerSettings.DEFAULT_PORTAL.port())),
                    HostPort.parse(http, ServerSettings.DEFAULT_HTTP.port()),
                    transport,
                    accessSettings(),
                    Limits.DEFAULTS.withLargestLun(largestLun),
                    ManagementLimits.DEFAULTS,
                    cluster.settings());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private static List<HostPort> addresses(List<String> texts, int defaultPort) {
        return texts.stream().map(text -> HostPort.parse(text, defaultPort)).toList();
    }
}
