package io.cowherd.cli;

import static io.cowherd.cli.TextTable.Column.left;
import static io.cowherd.cli.TextTable.Column.right;

import com.fasterxml.jackson.databind.JsonNode;
import io.cowherd.config.LvmSize;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `cowherd targets`.
@Command(
        name = "targets",
        mixinStandardHelpOptions = true,
        description = "Lists iSCSI targets with their LUNs and portals.")
final class TargetsCommand implements Callable<Integer> {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().get("/v1/targets");
        output.print(answer, out -> print(answer.path("targets"), out));
        return 0;
    }

    private void print(JsonNode targets, PrintWriter out) {
        if (output.quiet()) {
            targets.forEach(target -> out.println(target.path("target").asText()));
            return;
        }
        var table =
                new TextTable(
                        List.of(
                                left("Target"),
                                right("LUN"),
                                left("Volume"),
                                right("Size"),
                                right("Sessions"),
                                left("Portals")));
        for (JsonNode target : targets) {
            var portals = new ArrayList<String>();
            target.path("portals").forEach(portal -> portals.add(portal.asText()));
            for (JsonNode lun : target.path("luns")) {
                table.add(
                        List.of(
                                target.path("target").asText(),
                                lun.path("lun").asText(),
                                lun.path("lv_full_name").asText(),
                                LvmSize.format(lun.path("size").asLong()),
                                target.path("sessions").asText(),
                                String.join(",", portals)));
            }
        }
        table.print(out);
    }
}
