package io.cowherd.server;

import io.cowherd.cli.CowherdCommand;

/// The main class of `bin/cowherd`.
public final class Main {
    private Main() {}

    /// Executes one command line and ends the process with its exit code: 0 done, 1 refused or failed, 2 wrong usage.
    public static void main(String[] arguments) {
        System.exit(CowherdCommand.build(new ForegroundServer()).execute(arguments));
    }
}
