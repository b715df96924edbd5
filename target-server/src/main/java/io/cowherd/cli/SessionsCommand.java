package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;
import static io.cowherd.cli.TextTable.Column.right;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cowherd.cli.TextTable.Column;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
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
        description =
                "Lists the hosts that are logged in, disconnects one, or lists who was refused.")
final class SessionsCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Option(
            names = "--disconnect",
            paramLabel = "ID",
            description = "end the session of this id; the host may log in again")
    private @Nullable String disconnect;

    @Option(
            names = "--failed",
            description = "the addresses whose logins were refused, instead of the hosts")
    private boolean failed;

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
        if (failed) {
            JsonNode answer = api.client().get("/v1/failed-logins");
            output.print(answer, out -> printFailed(answer.path("addresses"), out));
            return 0;
        }
        JsonNode answer = api.client().get("/v1/sessions");
        output.print(answer, out -> print(answer.path("sessions"), out));
        return 0;
    }

    private void printFailed(JsonNode addresses, PrintWriter out) {
        if (output.quiet()) {
            addresses.forEach(address -> out.println(address.path("address").asText()));
            return;
        }
        var table =
                new TextTable(
                        List.of(
                                left("Address"),
                                right("Failed"),
                                right("Delay ms"),
                                left("Last"),
                                left("Reason")));
        for (JsonNode address : addresses) {
            table.add(
                    List.of(
                            address.path("address").asText(),
                            address.path("count").asText(),
                            address.path("delay_millis").asText(),
                            address.path("last").asText(),
                            address.path("reason").asText()));
        }
        table.print(out);
    }

    private void print(JsonNode sessions, PrintWriter out) {
        if (output.quiet()) {
            sessions.forEach(session -> out.println(session.path("id").asText()));
            return;
        }
        var columns = new LinkedHashMap<Column, String>(); // and where the value is
        columns.put(left("ID"), "/id");
        columns.put(left("Initiator"), "/initiator");
        columns.put(left("Address"), "/initiator_address");
        columns.put(left("Target"), "/target");
        columns.put(left("Portal"), "/portal");
        if (output.wide()) {
            columns.put(left("ISID"), "/isid");
            columns.put(right("TSIH"), "/tsih");
            columns.put(left("HeaderDigest"), "/negotiated/header_digest");
            columns.put(left("DataDigest"), "/negotiated/data_digest");
            columns.put(right("MaxRecv(I)"), "/negotiated/initiator_max_recv_data_segment_length");
            columns.put(right("MaxRecv(T)"), "/negotiated/target_max_recv_data_segment_length");
            columns.put(right("MaxBurst"), "/negotiated/max_burst_length");
            columns.put(right("FirstBurst"), "/negotiated/first_burst_length");
            columns.put(left("InitialR2T"), "/negotiated/initial_r2t");
            columns.put(left("ImmediateData"), "/negotiated/immediate_data");
            columns.put(right("MaxR2T"), "/negotiated/max_outstanding_r2t");
        }
        var table = new TextTable(List.copyOf(columns.keySet()));
        for (JsonNode session : sessions) {
            table.add(columns.values().stream().map(where -> session.at(where).asText()).toList());
        }
        table.print(out);
    }
}
