package io.cowherd.system;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A stretch of network between hosts and a portal: a TCP relay that a test can cut, silence and mend.
///
/// **Threading.** *Thread-safe*: two virtual threads a connection; [#cut], [#silence] and [#mend] by the test's thread.
final class CuttableLink implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final int port = Workspace.freePort();
    private final int portalPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;
    private @Nullable ServerSocket listener;

    /// @param portalPort the portal's port on loopback
    CuttableLink(int portalPort) throws IOException {
        this.portalPort = portalPort;
        mend();
    }

    /// Where hosts connect to.
    int port() {
        return port;
    }

    /// Connections are refused, and those that were there are reset: both sides know at once.
    synchronized void cut() throws IOException {
        if (listener != null) {
            listener.close();
            listener = null;
        }
        resetAll();
    }

    /// Whatever is sent from now on is lost, and nobody is told.
    synchronized void silence() {
        silent = true;
    }

    /// Hosts can connect, again. What was on its way when the link fell silent is not delivered late: its connection is
    /// reset.
    synchronized void mend() throws IOException {
        resetAll();
        silent = false;
        if (listener == null) {
            ServerSocket opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            listener = opened;
            Thread.startVirtualThread(() -> acceptAll(opened));
        }
    }

    @Override
    public void close() throws IOException {
        cut();
    }

    private void acceptAll(ServerSocket from) {
        try {
            while (true) {
                Socket host = from.accept();
                Thread.startVirtualThread(() -> connect(host));
            }
        } catch (IOException _) {
            // the link was cut
        }
    }

    private void connect(Socket host) {
        sockets.add(host);
        try {
            if (silent) {
                return; // nobody answers it until it is reset
            }
            Socket portal = new Socket(InetAddress.getLoopbackAddress(), portalPort);
            synchronized (this) {
                sockets.add(portal);
                if (listener == null) { // cut meanwhile
                    resetAll();
                    return;
                }
            }
            host.setTcpNoDelay(true);
            portal.setTcpNoDelay(true);
            Thread.startVirtualThread(() -> relay(host, portal));
            relay(portal, host);
        } catch (IOException _) {
            reset(host); // the portal is not there
        }
    }

    private void relay(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (!silent) {
                    to.getOutputStream().write(buffer, 0, read);
                }
            }
        } catch (IOException _) {
            // one side is gone, so the other goes too
        }
        if (!silent) {
            reset(from);
            reset(to);
        }
    }

    private void resetAll() {
        sockets.forEach(this::reset);
    }

    private void reset(Socket socket) {
        sockets.remove(socket);
        try {
            socket.setSoLinger(true, 0); // closing sends RST
            socket.close();
        } catch (IOException _) {
            // gone already
        }
    }
}
