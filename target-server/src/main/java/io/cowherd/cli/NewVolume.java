package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;

/// How commands that make or change a volume tell of it.
final class NewVolume {
    private NewVolume() {}

    static void print(OutputOptions output, JsonNode volume, String what) {
        String name = volume.path("lv_full_name").asText();
        output.print(
                volume,
                out ->
                        out.println(
                                output.quiet()
                                        ? name
                                        : name
                                                + " "
                                                + what
                                                + ": LUN "
                                                + volume.path("lun").asText()
                                                + " of "
                                                + volume.path("target").asText()));
    }
}
