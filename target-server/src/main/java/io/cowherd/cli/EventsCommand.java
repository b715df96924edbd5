package io.cowherd.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `cowherd events --follow`.
@Command(
        name = "events",
        mixinStandardHelpOptions = true,
        description = "Prints what has happened to volumes, or follows what happens until Ctrl-C.")
final class EventsCommand implements Callable<Integer> {
    private static final String DATA = "data: ";

    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
            names = {"-f", "--follow"},
            description = "wait for further events and print them as they come")
    private boolean follow;

    @Option(
            names = "--since",
            paramLabel = "ID",
            description = "begin after this event, as far back as the server remembers")
    private long since;

    @Override
    public Integer call() throws CommandFailedException {
        if (follow) {
            var headers = Map.of("Accept", "text/event-stream", "Last-Event-ID", "" + since);
            api.client().lines("/v1/events", headers, this::printLine);
            return 0;
        }
        ArrayNode later = JsonNodeFactory.instance.arrayNode();
        for (JsonNode event : api.client().get("/v1/events").path("events")) {
            if (event.path("id").asLong() > since) {
                later.add(event);
            }
        }
        output.print(
                JsonNodeFactory.instance.objectNode().set("events", later),
                out -> later.forEach(event -> print(event, out)));
        return 0;
    }

    private void printLine(String line) {
        if (!line.startsWith(DATA)) {
            return;
        }
        try {
            JsonNode event = ApiClient.MAPPER.readTree(line.substring(DATA.length()));
            output.print(event, out -> print(event, out));
        } catch (JsonProcessingException _) {
            spec.commandLine().getOut().println(line); // better raw than lost
        }
    }

    private void print(JsonNode event, PrintWriter out) {
        if (output.quiet()) {
            out.println(event.path("volume").asText());
            return;
        }
        out.println(
                String.join(
                                " ",
                                event.path("id").asText(),
                                event.path("time").asText(),
                                event.path("type").asText(),
                                event.path("volume").asText(),
                                event.path("detail").asText())
                        .stripTrailing());
    }
}
