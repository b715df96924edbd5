package io.cowherd.forward;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A cable between two nodes that can be cut, at a byte of one's choice, or swallow everything.
final class Relay implements AutoCloseable {
    private static final long NEVER = Long.MAX_VALUE;

    private final ServerSocket listener;
    private final InetSocketAddress far;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private long bytesUntilCut = NEVER; // guarded by this
    private volatile boolean swallows;

    private final AtomicInteger connections = new AtomicInteger();

    Relay(InetSocketAddress far) throws IOException {
        this.far = far;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(this::accept);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /// Cuts the cable once when that many more bytes have passed, in both directions together.
    synchronized void cutAfter(long bytes) {
        bytesUntilCut = bytes;
    }

    /// True if the cut is still to come.
    synchronized boolean isUncut() {
        return bytesUntilCut != NEVER;
    }

    /// How many there were so far.
    int connections() {
        return connections.get();
    }

    /// From now on nothing passes, and nobody is told.
    void swallow() {
        swallows = true;
    }

    /// Lets new connections pass again.
    void mend() {
        swallows = false;
        cut();
    }

    void cut() {
        for (Socket socket : sockets) {
            close(socket);
        }
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                connections.incrementAndGet();
                Socket there = new Socket();
                sockets.add(near);
                sockets.add(there);
                try {
                    there.connect(far);
                    near.setTcpNoDelay(true);
                    there.setTcpNoDelay(true);
                } catch (IOException _) {
                    close(near);
                    continue;
                }
                Thread.ofPlatform().daemon().start(() -> pass(near, there));
                Thread.ofPlatform().daemon().start(() -> pass(there, near));
            }
        } catch (IOException _) {
            cut(); // the test is over
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[64 << 10];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (swallows) {
                    continue;
                }
                int passes = count(read);
                out.write(buffer, 0, passes);
                if (passes < read) {
                    cut();
                }
            }
        } catch (IOException _) {
            // cut, or closed by one end
        } finally {
            close(from);
            close(to);
        }
    }

    /// How many of these bytes pass before the cut.
    private synchronized int count(int bytes) {
        if (bytesUntilCut > bytes) {
            bytesUntilCut -= bytesUntilCut == NEVER ? 0 : bytes;
            return bytes;
        }
        int passes = (int) bytesUntilCut;
        bytesUntilCut = NEVER;
        return Math.min(passes, bytes - 1);
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException _) {
            // it is gone all the same
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }
}
