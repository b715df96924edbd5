package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd drain`.
@Command(
        name = "drain",
        mixinStandardHelpOptions = true,
        description =
                "Has the other nodes serve all that a node serves, and gives it nothing until --undo or its restart:"
                        + " before it is stopped for maintenance.")
final class DrainCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "NODE", description = "its name, as cowherd nodes lists it")
    private String node = "";

    @Option(names = "--undo", description = "let it serve volumes again")
    private boolean undo;

    @Override
    public Integer call() throws CommandFailedException {
        String path = "/v1/nodes/" + ApiClient.segment(node) + "/drain";
        JsonNode answer = undo ? api.client().delete(path) : api.client().put(path, Map.of());
        NodesCommand.show(answer, output);
        return 0;
    }
}
