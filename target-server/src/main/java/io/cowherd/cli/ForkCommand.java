package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `cowherd fork`.
@Command(
        name = "fork",
        mixinStandardHelpOptions = true,
        description = "Forks an origin: a snapshot sized so that it can never overflow.")
final class ForkCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();
    @Mixin private SnapshotOptions options = new SnapshotOptions();

    @Parameters(index = "0", paramLabel = "GROUP/ORIGIN", converter = VolumePath.Converter.class)
    private VolumePath origin = new VolumePath("", "");

    @Parameters(index = "1", paramLabel = "NAME", description = "name of the fork")
    private String name = "";

    @Override
    public Integer call() throws CommandFailedException {
        var fork = api.client().post(origin.url() + ":fork", options.body(name));
        NewVolume.print(output, fork, "created");
        return 0;
    }
}
