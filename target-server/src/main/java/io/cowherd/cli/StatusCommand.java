package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cowherd status`.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Prints the state of mapped devices, exactly as dmsetup status does.")
final class StatusCommand implements Callable<Integer> {
    @Mixin private DeviceLines lines = new DeviceLines();

    @Override
    public Integer call() throws CommandFailedException {
        lines.print("/v1/status");
        return 0;
    }
}
