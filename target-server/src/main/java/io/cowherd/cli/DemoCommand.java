package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

    @Override
    public Integer call() throws CommandFailedException {
        return runner.run(
                options.settings(), ServerRunner.Occasion.DEMO, spec.commandLine().getOut());
    }
}
