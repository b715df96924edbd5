package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `cowherd demo`.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description =
                "Serves volumeGroup/base (1 GiB) and its snapshot volumeGroup/snap (100 MiB COW store, chunks of"
                        + " 8 KiB), makes them if they are absent, and says how to attach them.")
final class DemoCommand implements Callable<Integer> {
    private final ServerRunner runner;

    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ServerOptions options = new ServerOptions();

    DemoCommand(ServerRunner runner) {
        this.runner = runner;
    }

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description =
                    "a cluster of N nodes, each a process of its own on this machine, with ports 10 apart (default: 1;"
                            + " at most 9)")
    private int nodes = 1;

    @Override
    public Integer call() throws CommandFailedException {
        if (nodes < 1 || nodes > DemoCluster.MAX_NODES) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--nodes is 1 to " + DemoCluster.MAX_NODES + ", not " + nodes + ".");
        }
        if (nodes > 1) {
            return new DemoCluster(options.settings()).run(nodes, spec.commandLine().getOut());
        }
        return runner.run(
                options.settings(), ServerRunner.Occasion.DEMO, spec.commandLine().getOut());
    }
}
