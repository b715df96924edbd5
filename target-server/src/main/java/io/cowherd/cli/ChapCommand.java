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

/// `cowherd chap`.
@Command(
        name = "chap",
        mixinStandardHelpOptions = true,
        description =
                "Lists CHAP accounts. Where an incoming account is good, nobody logs in without proving one; with an"
                        + " outgoing account the server proves itself to hosts that ask (mutual CHAP).",
        subcommands = {ChapCommand.Set.class, ChapCommand.Remove.class})
final class ChapCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().get("/v1/access");
        output.print(answer, out -> print(answer.path("chap"), out));
        return 0;
    }

    private void print(JsonNode accounts, PrintWriter out) {
        if (output.quiet()) {
            accounts.forEach(account -> out.println(account.path("name").asText()));
            return;
        }
        var table =
                new TextTable(
                        List.of(left("Name"), left("Direction"), left("For"), left("Initiator")));
        for (JsonNode account : accounts) {
            table.add(
                    List.of(
                            account.path("name").asText(),
                            account.path("direction").asText(),
                            RuleChange.joined(account.path("scopes"), ""),
                            account.path("initiator").asText()));
        }
        table.print(out);
    }

    /// `cowherd chap set`.
    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description =
                    "Makes a CHAP account, or replaces the one of that name. Counts for logins to come; sessions that"
                            + " have not proved what is demanded now go on, unless --disconnect ends them.")
    static final class Set implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();

        @Parameters(
                paramLabel = "NAME",
                description = "what is sent as CHAP_N; Windows sends its initiator name")
        private String name = "";

        @Option(
                names = "--secret-file",
                required = true,
                paramLabel = "FILE",
                description =
                        "file with the secret, 12 to 255 bytes (Windows: 12 to 16), that only its owner can read; - for"
                                + " standard input. A line end at its end does not count")
        private String secretFile = "";

        @Option(
                names = "--for",
                paramLabel = "WHERE",
                description =
                        "discovery, GROUP/ORIGIN, the iSCSI name of a target, or all; repeatable (default: all, discovery"
                                + " too)")
        private List<String> scopes = new ArrayList<>();

        @Option(
                names = {"-i", "--initiator"},
                paramLabel = "NAME",
                description =
                        "hosts that may use it, by iSCSI name or one with a single * (default: any)")
        private String initiator = "*";

        @Option(
                names = "--outgoing",
                description = "the server's own, which it proves to hosts that ask")
        private boolean outgoing;

        @Override
        public Integer call() throws CommandFailedException {
            var body = new LinkedHashMap<String, Object>();
            body.put("name", name);
            body.put("secret", SecretFile.read(secretFile));
            body.put("direction", outgoing ? "outgoing" : "incoming");
            if (!scopes.isEmpty()) {
                body.put("scopes", scopes.stream().map(RuleChange::target).toList());
            }
            body.put("initiator", initiator);
            return change.put("chap", body, "CHAP account " + name + " set");
        }
    }

    /// `cowherd chap rm`.
    @Command(
            name = "rm",
            mixinStandardHelpOptions = true,
            description = "Removes a CHAP account with its secret.")
    static final class Remove implements Callable<Integer> {
        @Mixin private RuleChange change = new RuleChange();

        @Parameters(paramLabel = "NAME", description = "its name")
        private String name = "";

        @Override
        public Integer call() throws CommandFailedException {
            return change.delete("chap", Map.of("name", name), "CHAP account " + name + " removed");
        }
    }
}
