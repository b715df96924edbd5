package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;

/// A TCP connection.
///
/// **Threading.** *Confined to the thread of its [Paths].*
final class TcpWire implements Wire {
    private final Socket socket = new Socket();
    private final InputStream in;

    TcpWire(HostPort portal, Timing timing) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Math.toIntExact(timing.silence().toMillis()));
            socket.connect(
                    new InetSocketAddress(portal.host(), portal.port()),
                    Math.toIntExact(timing.connect().toMillis()));
            in = socket.getInputStream();
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public void send(ByteBuffer bytes) throws IOException {
        var copy = new byte[bytes.remaining()];
        bytes.get(copy);
        socket.getOutputStream().write(copy);
    }

    @Override
    public void receive(ByteBuffer room) throws IOException {
        var bytes = new byte[room.remaining()];
        int filled = 0;
        while (filled < bytes.length) {
            int count;
            try {
                count = in.read(bytes, filled, bytes.length - filled);
            } catch (SocketTimeoutException e) {
                if (filled == 0) {
                    throw e;
                }
                throw new IOException("the target fell silent in the midst of a PDU", e);
            }
            if (count < 0) {
                throw new EOFException("the target closed the connection");
            }
            filled += count;
        }
        room.put(bytes);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
