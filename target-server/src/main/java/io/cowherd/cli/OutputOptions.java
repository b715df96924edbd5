package io.cowherd.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// How a command prints what the server answered.
final class OutputOptions {
    /// Forms of output.
    enum Form {
        /// Columns for people.
        TABLE,
        /// More columns.
        WIDE,
        /// The server's answer, as it is.
        JSON,
        /// The same, as YAML.
        YAML;

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORM",
            description = "table, wide, json or yaml (default: table)")
    private Form form = Form.TABLE;

    @Option(
            names = {"-q", "--quiet"},
            description = "print names only")
    private boolean quiet;

    boolean quiet() {
        return quiet;
    }

    boolean wide() {
        return form == Form.WIDE;
    }

    /// Prints the answer as JSON or YAML if that is wanted, and otherwise lets `people` print it.
    void print(JsonNode answer, Consumer<PrintWriter> people) {
        PrintWriter out = spec.commandLine().getOut();
        switch (form) {
            case TABLE, WIDE -> people.accept(out);
            case JSON -> out.println(answer.toPrettyString());
            case YAML -> out.print(yaml(answer));
        }
        out.flush();
    }

    /// Tells people something on stderr, whatever the form.
    void warn(String sentence) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("cowherd: " + sentence);
        err.flush();
    }

    private static String yaml(JsonNode answer) {
        try {
            return new YAMLMapper().writeValueAsString(answer);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e); // a tree always encodes
        }
    }
}
