package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cowherd acl`.
@Command(
        name = "acl",
        mixinStandardHelpOptions = true,
        description =
                "Lists which hosts may use which targets and LUNs. A target with a list is for the hosts on it only; the"
                        + " list for all is that of targets without one of their own. Of the lines that fit a host the one"
                        + " that names it most closely counts.",
        subcommands = {AclCommand.Add.class, AclCommand.Remove.class})
final class AclCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().get("/v1/access");
        output.print(answer, out -> print(answer.path("grants"), out));
        return 0;
    }

    private void print(JsonNode grants, PrintWriter out) {
        var table =
                new TextTable(
                        List.of(
                                left("Target"),
                                left("Initiator"),
                                left("Networks"),
                                left("LUNs"),
                                left("Access")));
        for (JsonNode grant : grants) {
            String target = RuleChange.typed(grant.path("target").asText());
            if (output.quiet()) {
                out.println(target + " " + grant.path("initiator").asText());
                continue;
            }
            table.add(
                    List.of(
                            target,
                            grant.path("initiator").asText(),
                            RuleChange.joined(grant.path("networks"), "any"),
                            grant.path("luns").asText(),
                            grant.path("read_only").asBoolean() ? "read-only" : "read-write"));
        }
        if (!output.quiet()) {
            table.print(out);
        }
    }

    /// Which line of which list.
    static final class Line {
        @Parameters(paramLabel = "TARGET", description = "GROUP/ORIGIN, an iSCSI name, or all")
        private String target = "";

        @Option(
                names = {"-i", "--initiator"},
                required = true,
                paramLabel = "NAME",
                description = "the host's iSCSI name, or one with a single * in it")
        private String initiator = "";
    }

    /// `cowherd acl add`.
    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description =
                    "Lets hosts use a target. A line for the same target and initiator is replaced. Takes effect at once:"
                            + " hosts that are logged in are told of LUNs that came or went.")
    static final class Add implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();
        @Mixin private Line line = new Line();

        @Option(
                names = "--network",
                paramLabel = "CIDR",
                description = "where it comes from; repeatable (default: anywhere)")
        private List<String> networks = new ArrayList<>();

        @Option(
                names = "--luns",
                paramLabel = "LUNS",
                description = "the LUNs that it sees, for example 0,2-4 (default: all)")
        private String luns = "all";

        @Option(names = "--read-only", description = "it may not write")
        private boolean readOnly;

        @Override
        public Integer call() throws CommandFailedException {
            var body = new LinkedHashMap<String, Object>();
            body.put("target", RuleChange.target(line.target));
            body.put("initiator", line.initiator);
            body.put("networks", networks);
            body.put("luns", luns);
            body.put("read_only", readOnly);
            return change.put("grants", body, line.initiator + " may use " + line.target);
        }
    }

    /// `cowherd acl rm`.
    @Command(
            name = "rm",
            mixinStandardHelpOptions = true,
            description = "Takes a line off a target's list.")
    static final class Remove implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();
        @Mixin private Line line = new Line();

        @Override
        public Integer call() throws CommandFailedException {
            var query = new LinkedHashMap<String, String>();
            query.put("target", RuleChange.target(line.target));
            query.put("initiator", line.initiator);
            return change.delete(
                    "grants", query, line.initiator + " is off the list of " + line.target);
        }
    }
}
