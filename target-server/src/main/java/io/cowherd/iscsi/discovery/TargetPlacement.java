package io.cowherd.iscsi.discovery;

import io.cowherd.config.HostPort;
import io.cowherd.config.access.Redirect;
import java.util.List;

/// Where targets are served: here, or at another node's portal.
///
/// **Threading.** *Thread-safe*; called on event loops, must not block.
@FunctionalInterface
public interface TargetPlacement {
    /// Everything is here.
    TargetPlacement HERE = _ -> new Placement.Here();

    /// The answer.
    sealed interface Placement {
        /// This server serves it.
        record Here() implements Placement {}

        /// Another does.
        ///
        /// @param portals where it listens; the first of the address family that the host uses is told
        /// @param duration whether hosts are to remember it
        record Elsewhere(List<HostPort> portals, Redirect.Duration duration) implements Placement {}
    }

    /// Who serves a target that is in our directory?
    ///
    /// @param target iSCSI name in lower case
    Placement of(String target);
}
