package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd redirect`.
@Command(
        name = "redirect",
        mixinStandardHelpOptions = true,
        description = "Lists the targets whose hosts are sent to another portal when they log in.",
        subcommands = {RedirectCommand.Set.class, RedirectCommand.Remove.class})
final class RedirectCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().get("/v1/access");
        output.print(answer, out -> print(answer.path("redirects"), out));
        return 0;
    }

    private void print(JsonNode redirects, PrintWriter out) {
        if (output.quiet()) {
            redirects.forEach(redirect -> out.println(redirect.path("target").asText()));
            return;
        }
        var table = new TextTable(List.of(left("Target"), left("Portals"), left("Duration")));
        for (JsonNode redirect : redirects) {
            table.add(
                    List.of(
                            redirect.path("target").asText(),
                            RuleChange.joined(redirect.path("portals"), ""),
                            redirect.path("permanent").asBoolean() ? "permanent" : "temporary"));
        }
        table.print(out);
    }

    /// `cowherd redirect set`.
    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description =
                    "Sends hosts that log in to a target to another server's portal. Hosts that are logged in stay;"
                            + " discovery shows the target as before.")
    static final class Set implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();

        @Parameters(
                index = "0",
                paramLabel = "TARGET",
                description = "GROUP/ORIGIN or an iSCSI name")
        private String target = "";

        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "HOST:PORT",
                description = "where it is; the first of the host's address family is told")
        private List<String> portals = new ArrayList<>();

        @Option(
                names = "--permanent",
                description = "hosts go there from now on, instead of asking here each time")
        private boolean permanent;

        @Override
        public Integer call() throws CommandFailedException {
            var body = new LinkedHashMap<String, Object>();
            body.put("target", target);
            body.put("portals", portals);
            body.put("permanent", permanent);
            return change.put(
                    "redirects", body, target + " is redirected to " + String.join(", ", portals));
        }
    }

    /// `cowherd redirect rm`.
    @Command(
            name = "rm",
            mixinStandardHelpOptions = true,
            description = "Serves a target here again.")
    static final class Remove implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();

        @Parameters(paramLabel = "TARGET", description = "GROUP/ORIGIN or an iSCSI name")
        private String target = "";

        @Override
        public Integer call() throws CommandFailedException {
            return change.delete("redirects", Map.of("target", target), target + " is served here");
        }
    }
}
