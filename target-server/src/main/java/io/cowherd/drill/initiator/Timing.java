package io.cowherd.drill.initiator;

import java.time.Duration;

/// How long a host waits for what.
///
/// **Threading.** *Immutable.*
///
/// @param connect for a connection
/// @param silence for anything from the target, before it is pinged; and for anything after that, before the path is given up
/// @param command for the end of a command, however lively the target is, before the path is given up
/// @param patience for a command to be done by any path, before it is an I/O error
public record Timing(Duration connect, Duration silence, Duration command, Duration patience) {
    /// open-iscsi's: NOP-Out after 5 s of silence and 5 s for its answer, 30 s a command. Its `replacement_timeout` is 120 s, but disks
    /// of Windows give up after 60.
    public static final Timing DEFAULTS =
            new Timing(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60));
}
