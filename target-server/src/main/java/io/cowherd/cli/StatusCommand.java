package io.cowherd.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `cowherd status`.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Prints the state of mapped devices, exactly as dmsetup status does.")
final class StatusCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "one device only: GROUP/VOLUME, or a name that the list shows")
    private @Nullable String name;

    @Override
    public Integer call() throws CommandFailedException {
        DeviceLines.print(api, output, "/v1/status", name);
        return 0;
    }
}
