package io.cowherd.drill.initiator;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/// A connection to a portal: bytes there and back.
///
/// **Threading.** *Confined to the thread of its [Paths].*
public interface Wire extends Closeable {
    /// Sends all that remains.
    ///
    /// @param bytes borrowed
    void send(ByteBuffer bytes) throws IOException;

    /// Fills the room that remains.
    ///
    /// @param room borrowed
    /// @throws java.net.SocketTimeoutException if nothing has come for [Timing#silence()]; nothing is lost, and it may be called again
    /// @throws IOException if the connection is gone, its end included
    void receive(ByteBuffer room) throws IOException;
}
