package io.cowherd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cowherd table`.
@Command(
        name = "table",
        mixinStandardHelpOptions = true,
        description = "Prints the tables of mapped devices, exactly as dmsetup table does.")
final class TableCommand implements Callable<Integer> {
    @Mixin private DeviceLines lines = new DeviceLines();

    @Override
    public Integer call() throws CommandFailedException {
        lines.print("/v1/table");
        return 0;
    }
}
