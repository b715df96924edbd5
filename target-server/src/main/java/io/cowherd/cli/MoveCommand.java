package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `cowherd move`.
@Command(
        name = "move",
        mixinStandardHelpOptions = true,
        description =
                "Has another node serve an origin with all its snapshots. Hosts stay logged in; their I/O stands still for"
                        + " about a second.")
final class MoveCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(index = "0", paramLabel = "GROUP/ORIGIN", converter = VolumePath.Converter.class)
    private VolumePath origin = new VolumePath("", "");

    @Parameters(
            index = "1",
            paramLabel = "NODE",
            description = "its name, as cowherd nodes lists it")
    private String node = "";

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().post(origin.url() + ":move", Map.of("node", node));
        output.print(answer, out -> out.println(origin + " is served by " + node));
        return 0;
    }
}
