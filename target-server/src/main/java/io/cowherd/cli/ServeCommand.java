package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `cowherd serve`.
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Serves the volumes of a data directory until it is stopped (SIGTERM, Ctrl-C).")
final class ServeCommand implements Callable<Integer> {
    private final ServerRunner runner;

    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ServerOptions options = new ServerOptions();

    ServeCommand(ServerRunner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws CommandFailedException {
        return runner.run(
                options.settings(), ServerRunner.Occasion.SERVE, spec.commandLine().getOut());
    }
}
