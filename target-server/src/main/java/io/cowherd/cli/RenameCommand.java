package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `cowherd rename`.
@Command(
        name = "rename",
        mixinStandardHelpOptions = true,
        description =
                "Renames a volume within its group. A snapshot keeps its LUN and its hosts; an origin's target changes"
                        + " its name too, and must have no hosts.")
final class RenameCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "GROUP/VOLUME", converter = VolumePath.Converter.class)
    private VolumePath from = new VolumePath("", "");

    @Parameters(
            index = "1",
            paramLabel = "[GROUP/]NAME",
            description = "the new name, in the same group")
    private String to = "";

    @Override
    public Integer call() throws CommandFailedException {
        VolumePath wanted =
                to.contains("/") ? VolumePath.parse(to) : new VolumePath(from.group(), to);
        if (!wanted.group().equals(from.group())) {
            throw new ParameterException(
                    spec.commandLine(),
                    from + " cannot move to another group: " + wanted.group() + ".");
        }
        JsonNode volume =
                api.client().post(from.url() + ":rename", Map.of("lv_name", wanted.volume()));
        NewVolume.print(output, volume, "is the new name of " + from);
        return 0;
    }
}
