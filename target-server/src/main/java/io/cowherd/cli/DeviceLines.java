package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// What `table` and `status` are made of: dmsetup's lines of all devices or of one.
final class DeviceLines {
    @Mixin private ApiOptions api = new ApiOptions();
    @Mixin private OutputOptions output = new OutputOptions();

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description = "one device only: GROUP/VOLUME, or a name that the list shows")
    private @Nullable String name;

    /// Prints what the API answers under that path.
    void print(String path) throws CommandFailedException {
        JsonNode answer =
                api.client()
                        .get(name == null ? path : path + "/" + ApiClient.segment(device(name)));
        output.print(
                answer, out -> answer.path("lines").forEach(line -> out.println(line.asText())));
    }

    private static String device(String name) {
        return name.contains("/") ? VolumePath.parse(name).deviceName() : name;
    }
}
