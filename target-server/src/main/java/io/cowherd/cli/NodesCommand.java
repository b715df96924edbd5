package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;
import static io.cowherd.cli.TextTable.Column.right;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cowherd nodes`.
@Command(
        name = "nodes",
        mixinStandardHelpOptions = true,
        description =
                "Lists the nodes of the cluster: which are up, how many families of volumes each serves, and where hosts"
                        + " and the API reach them.")
final class NodesCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        show(api.client().get("/v1/nodes"), output);
        return 0;
    }

    static void show(JsonNode answer, OutputOptions output) {
        output.print(answer, out -> print(answer.path("nodes"), output, out));
    }

    private static void print(JsonNode nodes, OutputOptions output, PrintWriter out) {
        if (output.quiet()) {
            nodes.forEach(node -> out.println(node.path("name").asText()));
            return;
        }
        var table =
                new TextTable(
                        List.of(
                                left("Node"),
                                left("State"),
                                right("Families"),
                                left("Portals"),
                                left("API"),
                                left("Version")));
        for (JsonNode node : nodes) {
            table.add(
                    List.of(
                            node.path("name").asText()
                                    + (node.path("asked").asBoolean() ? "*" : ""),
                            node.path("state").asText(),
                            node.path("families").asText(),
                            RuleChange.joined(node.path("portals"), ""),
                            node.path("management").asText(),
                            node.path("version").asText()));
        }
        table.print(out);
    }
}
