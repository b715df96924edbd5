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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `cowherd ls`.
@Command(
        name = "ls",
        mixinStandardHelpOptions = true,
        description = "Lists volumes with the columns of lvs, their target, LUN and owner.")
final class ListCommand implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Override
    public Integer call() throws CommandFailedException {
        JsonNode answer = api.client().get("/v1/volumes");
        output.print(
                answer,
                out -> {
                    print(answer.path("volumes"), out);
                    out.flush();
                    warn(answer.path("broken_groups"));
                });
        return 0;
    }

    /// Groups that are missing from the list, as LVM2 does it on stderr.
    private void warn(JsonNode brokenGroups) {
        PrintWriter err = spec.commandLine().getErr();
        for (JsonNode group : brokenGroups) {
            err.println("cowherd: the volume group " + text(group, "name") + " is out of service:");
            err.println("  " + text(group, "cause"));
            err.println("  " + text(group, "correction"));
        }
        err.flush();
    }

    private void print(JsonNode volumes, PrintWriter out) {
        if (output.quiet()) {
            volumes.forEach(volume -> out.println(text(volume, "lv_full_name")));
            return;
        }
        var columns =
                new ArrayList<>(
                        List.of(
                                left("LV"),
                                left("VG"),
                                left("Attr"),
                                right("LSize"),
                                left("Origin"),
                                left("Data%"),
                                left("Target"),
                                right("LUN"),
                                left("Owner")));
        if (output.wide()) {
            columns.addAll(
                    List.of(
                            right("Chunk"),
                            right("HostSize"),
                            right("Block"),
                            right("PhysBlock"),
                            left("LV UUID"),
                            left("State"),
                            left("Why")));
        }
        var table = new TextTable(columns);
        volumes.forEach(volume -> table.add(row(volume)));
        table.print(out);
    }

    private List<String> row(JsonNode volume) {
        var row =
                new ArrayList<>(
                        List.of(
                                text(volume, "lv_name"),
                                text(volume, "vg_name"),
                                text(volume, "lv_attr"),
                                size(volume, "lv_size"),
                                text(volume, "origin"),
                                text(volume, "data_percent"),
                                text(volume, "target"),
                                text(volume, "lun"),
                                text(volume, "owner")));
        if (output.wide()) {
            row.addAll(
                    List.of(
                            size(volume, "chunk_size"),
                            size(volume, "host_size"),
                            text(volume, "block_size"),
                            text(volume, "physical_block_size"),
                            text(volume, "lv_uuid"),
                            text(volume, "state"),
                            text(volume, "state_reason")));
        }
        return row;
    }

    private static String text(JsonNode volume, String field) {
        JsonNode value = volume.path(field);
        if (value.isNull()) {
            return "";
        }
        return value.isBigDecimal() ? value.decimalValue().toPlainString() : value.asText();
    }

    private static String size(JsonNode volume, String field) {
        return LvmSize.format(volume.path(field).asLong());
    }
}
