package io.cowherd.cli;

import com.fasterxml.jackson.databind.JsonNode;

/// How commands that make or change a volume tell of it.
final class NewVolume {
    private NewVolume() {}

    /// Says `NAME WHAT: LUN n of TARGET`.
    static void print(OutputOptions output, JsonNode volume, String what) {
        printChanged(
                output,
                volume,
                what
                        + ": LUN "
                        + volume.path("lun").asText()
                        + " of "
                        + volume.path("target").asText());
    }

    /// Says `NAME WHAT`, and on stderr what was not done as asked.
    static void printChanged(OutputOptions output, JsonNode volume, String what) {
        String name = volume.path("lv_full_name").asText();
        output.print(volume, out -> out.println(output.quiet() ? name : name + " " + what));
        volume.path("notes").forEach(note -> output.warn(note.asText()));
    }
}
