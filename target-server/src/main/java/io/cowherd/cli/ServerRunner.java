package io.cowherd.cli;

import io.cowherd.config.ServerSettings;
import java.io.PrintWriter;

/// Runs a server in this process: the door from the command line to the server.
public interface ServerRunner {
    /// What the server is started for.
    enum Occasion {
        /// `serve`: what the data directory has.
        SERVE,
        /// `demo`: LVM2's example volumes as well, and a word on how to attach them.
        DEMO
    }

    /// Runs until the process is told to stop.
    ///
    /// @param out where the demo says how to attach its volumes
    /// @return the exit code, 0 after a graceful stop
    /// @throws CommandFailedException if it cannot start, with cause and correction
    int run(ServerSettings settings, Occasion occasion, PrintWriter out)
            throws CommandFailedException;
}
