package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import java.io.IOException;

/// Opens connections.
///
/// **Threading.** *Thread-safe*: any thread may dial.
@FunctionalInterface
public interface Dialer {
    /// Connects to a portal.
    Wire dial(HostPort portal) throws IOException;

    /// Over TCP.
    static Dialer tcp(Timing timing) {
        return portal -> new TcpWire(portal, timing);
    }
}
