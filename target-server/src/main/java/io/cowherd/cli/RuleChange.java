package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What changes of rules about hosts have in common: what becomes of hosts that lose their right, and how that is told.
final class RuleChange {
    private static final String ALL = "all";

    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
            names = "--disconnect",
            description =
                    "end the sessions of hosts that have no right any more; else they last until the host ends them")
    private boolean disconnect;

    /// The API's word for a target as typed: `all` is every target, unquoted stars being the shell's.
    static String target(String typed) {
        return typed.equals(ALL) ? "*" : typed;
    }

    /// The word that is typed for a target of the API.
    static String typed(String target) {
        return target.equals("*") ? ALL : target;
    }

    /// Sets a rule.
    ///
    /// @param rules which: the end of the path
    /// @param done what to say then
    int put(String rules, Map<String, ?> body, String done) throws CommandFailedException {
        print(api.client().put(path(rules, Map.of()), body), done);
        return 0;
    }

    /// Removes a rule.
    ///
    /// @param query which
    int delete(String rules, Map<String, String> query, String done) throws CommandFailedException {
        print(api.client().delete(path(rules, query)), done);
        return 0;
    }

    private String path(String rules, Map<String, String> query) {
        var parts = new ArrayList<String>();
        query.forEach((name, value) -> parts.add(name + "=" + ApiClient.segment(value)));
        if (disconnect) {
            parts.add("disconnect=true");
        }
        return "/v1/access/" + rules + (parts.isEmpty() ? "" : "?" + String.join("&", parts));
    }

    /// Tells what has changed, and who is concerned.
    private void print(JsonNode answer, String done) {
        output.print(answer, out -> out.println(done));
        answer.path("notes").forEach(note -> output.warn(note.asText()));
        boolean ended = answer.path("disconnected").asBoolean();
        for (JsonNode session : answer.path("without_right")) {
            output.warn(
                    "session %s of %s at %s has no right any more and %s"
                            .formatted(
                                    session.path("id").asText(),
                                    session.path("initiator").asText(),
                                    session.path("target").asText(),
                                    ended ? "was ended." : "goes on (--disconnect ends such)."));
        }
    }

    static String joined(JsonNode texts, String none) {
        List<String> all = new ArrayList<>();
        texts.forEach(text -> all.add(typed(text.asText())));
        return all.isEmpty() ? none : String.join(",", all);
    }
}
