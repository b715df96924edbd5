package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;
import static io.cowherd.cli.TextTable.Column.right;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cowherd sessions`.
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        description = "Lists the hosts that are logged in, or disconnects one.")
final class SessionsCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
            names = "--disconnect",
            paramLabel = "ID",
            description = "end the session of this id; the host may log in again")
    private @Nullable String disconnect;

    @Override
    public Integer call() throws CommandFailedException {
        String id = disconnect;
        if (id != null) {
            api.client().delete("/v1/sessions/" + ApiClient.segment(id));
            output.print(
                    JsonNodeFactory.instance.objectNode().put("disconnected", id),
                    out -> out.println(output.quiet() ? id : "session " + id + " disconnected"));
            return 0;
        }
        JsonNode answer = api.client().get("/v1/sessions");
        output.print(answer, out -> print(answer.path("sessions"), out));
        return 0;
    }

    private void print(JsonNode sessions, PrintWriter out) {
        if (output.quiet()) {
            sessions.forEach(session -> out.println(session.path("id").asText()));
            return;
        }
        var columns =
                new ArrayList<>(
                        List.of(
                                left("ID"),
                                left("Initiator"),
                                left("Address"),
                                left("Target"),
                                left("Portal")));
        if (output.wide()) {
            columns.addAll(List.of(left("ISID"), right("TSIH")));
        }
        var table = new TextTable(columns);
        for (JsonNode session : sessions) {
            var row =
                    new ArrayList<>(
                            List.of(
                                    session.path("id").asText(),
                                    session.path("initiator").asText(),
                                    session.path("initiator_address").asText(),
                                    session.path("target").asText(),
                                    session.path("portal").asText()));
            if (output.wide()) {
                row.addAll(List.of(session.path("isid").asText(), session.path("tsih").asText()));
            }
            table.add(row);
        }
        table.print(out);
    }
}
