package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/// What `table` and `status` share: dmsetup's lines of all devices or of one.
final class DeviceLines {
    private DeviceLines() {}

    static void print(ApiOptions api, OutputOptions output, String path, @Nullable String name)
            throws CommandFailedException {
        JsonNode answer = api.client().get(name == null ? path : path + "/" + segment(name));
        output.print(
                answer, out -> answer.path("lines").forEach(line -> out.println(line.asText())));
    }

    private static String segment(String name) {
        return ApiClient.segment(name.contains("/") ? VolumePath.parse(name).deviceName() : name);
    }
}
