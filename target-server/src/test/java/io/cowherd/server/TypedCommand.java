package io.cowherd.server;

import io.cowherd.cli.CommandFailedException;
import io.cowherd.cli.CowherdCommand;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/// A command as a person types it, sent to a server of this process.
///
/// @param code exit code
/// @param out what it printed
/// @param err what it complained of
record TypedCommand(int code, String out, String err) {
    /// Runs one.
    ///
    /// @param data the server's data directory, where its token is
    /// @param command words, separated by single spaces
    static TypedCommand run(CowherdServer server, Path data, String command) {
        var out = new StringWriter();
        var err = new StringWriter();
        var arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.addAll(
                List.of(
                        "--server",
                        "http://" + server.httpAddress(),
                        "--token-file",
                        data.resolve("token").toString()));
        CommandLine line =
                CowherdCommand.build(
                        (_, _, _) -> {
                            throw new CommandFailedException("not from here", "");
                        });
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        int code = line.execute(arguments.toArray(String[]::new));
        return new TypedCommand(code, out.toString(), err.toString());
    }
}
