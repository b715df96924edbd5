package io.cowherd.server;

import io.cowherd.cli.CowherdCommand;
import io.cowherd.config.HostPort;
import io.cowherd.config.Limits;
import io.cowherd.config.ManagementLimits;
import io.cowherd.config.PortalSetting;
import io.cowherd.config.ServerSettings;
import io.cowherd.config.TransportSetting;
import io.cowherd.config.access.AccessSettings;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/// What `bin/cowherd` runs once after a build, for the JVM to remember what that took (its AOT cache): a server starts, commands
/// are typed, the server stops. Prints nothing but the log.
public final class Rehearsal {
    private static final HostPort ANYWHERE = new HostPort("127.0.0.1", 0);
    private static final List<String> COMMANDS =
            List.of(
                    "create volumeGroup/second -L 4M",
                    "snapshot volumeGroup/second -n s -L 4M",
                    "ls",
                    "status -o json",
                    "targets",
                    "sessions",
                    "rm volumeGroup/second --with-snapshots");

    private Rehearsal() {}

    /// Rehearses on new data.
    ///
    /// @param arguments the data's folder, which the caller deletes
    public static void main(String[] arguments) throws StartFailedException {
        Path data = Path.of(arguments[0]);
        var settings =
                new ServerSettings(
                        data,
                        "rehearsal",
                        List.of(new PortalSetting(ANYWHERE, null)),
                        ANYWHERE,
                        TransportSetting.AUTO,
                        AccessSettings.DEFAULTS,
                        Limits.DEFAULTS,
                        ManagementLimits.DEFAULTS);
        var demo = new DemoVolumes();
        CowherdServer server = CowherdServer.start(settings, demo);
        boolean done = true;
        try {
            demo.explain(server, settings, new PrintWriter(Writer.nullWriter()));
            for (String command : COMMANDS) {
                done &= type(command, server, data) == 0;
            }
        } finally {
            server.stop();
        }
        System.exit(done ? 0 : 1);
    }

    private static int type(String command, CowherdServer server, Path data) {
        var arguments = new ArrayList<>(List.of(command.split(" ", -1)));
        arguments.addAll(List.of("--server", "http://" + server.httpAddress()));
        arguments.addAll(List.of("--token-file", data.resolve("token").toString()));
        CommandLine line = CowherdCommand.build(new ForegroundServer());
        line.setOut(new PrintWriter(Writer.nullWriter()));
        return line.execute(arguments.toArray(String[]::new));
    }
}
