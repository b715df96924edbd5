package io.cowherd.cli;

import io.cowherd.config.ClusterSettings;
import io.cowherd.config.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What makes a server a node of a cluster.
final class ClusterOptions {
    private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--node",
            paramLabel = "NAME",
            description = "name of this node (default: the machine's)")
    private @Nullable String node;

    @Option(
            names = "--cluster-listen",
            paramLabel = "HOST:PORT",
            description =
                    "makes this server a node of a cluster, and is where the other nodes reach it; a private address")
    private @Nullable String listen;

    @Option(
            names = "--cluster-member",
            paramLabel = "HOST:PORT",
            description =
                    "where a member listens; repeatable, once for each, this one among them. A DNS name with several"
                            + " addresses stands for all of them")
    private List<String> members = new ArrayList<>();

    @Option(
            names = "--forward",
            paramLabel = "HOST:PORT",
            description =
                    "where other nodes send commands for volumes that this one serves (default: the host of"
                            + " --cluster-listen, any free port)")
    private @Nullable String forward;

    @Option(
            names = "--cluster-secret-file",
            paramLabel = "FILE",
            description = "secret that all nodes share; mode 600")
    private @Nullable Path secretFile;

    /// The settings, or null for a server that is the only one.
    ///
    /// @throws IllegalArgumentException with a sentence that names what is wrong
    @Nullable ClusterSettings settings() {
        String address = listen;
        if (address == null) {
            if (!members.isEmpty() || forward != null || secretFile != null) {
                throw new ParameterException(
                        spec.commandLine(),
                        "A node of a cluster needs an address for the others: --cluster-listen.");
            }
            return null;
        }
        HostPort own = HostPort.parse(address, ClusterSettings.DEFAULT_PORT);
        return new ClusterSettings(
                own,
                members.isEmpty() ? List.of(own) : addresses(members),
                forward == null ? new HostPort(own.host(), 0) : HostPort.parse(forward, 0),
                secretFile == null ? Path.of("") : secretFile);
    }

    private static List<HostPort> addresses(List<String> texts) {
        return texts.stream()
                .map(text -> HostPort.parse(text, ClusterSettings.DEFAULT_PORT))
                .toList();
    }

    /// The name that was given, or the machine's, without asking DNS, which could take long.
    String nodeName() {
        String given = node;
        if (given != null) {
            return given;
        }
        try {
            String name = Files.readString(KERNEL_HOST_NAME).strip();
            return name.isEmpty() ? "localhost" : name;
        } catch (IOException _) {
            return "localhost"; // not Linux: any name will do for a single node
        }
    }
}
