package io.cowherd.server;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A host that logs in, asks for LUNs, and notices when it is sent away. One command at a time, no digests.
final class SimpleHost implements AutoCloseable {
    static final String NAME = "iqn.1993-08.org.debian:01:cow";

    private static final int HEADER_BYTES = 48;
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int ASYNC_MESSAGE = 0x32;

    private final Socket socket;
    private final DataInputStream in;
    private int cmdSn = 1;

    SimpleHost(String portal) throws IOException {
        int colon = portal.lastIndexOf(':');
        socket =
                new Socket(
                        portal.substring(0, colon), Integer.parseInt(portal.substring(colon + 1)));
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /// One PDU: header and data segment.
    record Pdu(ByteBuffer header, ByteBuffer data) {
        int opcode() {
            return header.get(0) & 0x3F;
        }
    }

    /// Logs in and returns status class and detail, 0 for success.
    int logIn(String target) throws IOException {
        byte[] keys =
                ("InitiatorName=" + NAME + "\0SessionType=Normal\0TargetName=" + target + "\0")
                        .getBytes(StandardCharsets.US_ASCII);
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.put(0, (byte) 0x43)
                .put(1, (byte) 0x87); // immediate login; operational, then full feature
        header.putInt(4, keys.length).putLong(8, 0x0002_3D00_0001_0000L).putInt(24, cmdSn);
        send(header, keys);
        ByteBuffer answer = receive().header();
        return answer.getShort(36);
    }

    /// Sends REPORT LUNS and returns how many there are, unit attentions being taken note of.
    int reportLuns() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.put(0, (byte) 0x01).put(1, (byte) 0xC1).putInt(16, cmdSn).putInt(20, 4096);
        header.putInt(24, cmdSn++);
        header.put(32, (byte) 0xA0).putInt(38, 4096);
        send(header, new byte[0]);
        Pdu answer = receive();
        int luns = answer.data().getInt(0) / 8;
        if ((answer.header().get(1) & 1) == 0) { // no status in the Data-In
            receive();
        }
        return luns;
    }

    /// Waits until the server closes the connection; true if it was told so by an asynchronous message before.
    boolean isSentAway() throws IOException {
        boolean told = false;
        try {
            while (true) {
                told |= receive().opcode() == ASYNC_MESSAGE;
            }
        } catch (EOFException _) {
            return told;
        }
    }

    private void send(ByteBuffer header, byte[] data) throws IOException {
        var pdu = ByteBuffer.allocate(HEADER_BYTES + ((data.length + 3) & ~3));
        pdu.put(header.duplicate().clear()).put(data);
        socket.getOutputStream().write(pdu.array());
    }

    private Pdu receive() throws IOException {
        var header = ByteBuffer.wrap(in.readNBytes(HEADER_BYTES));
        if (header.remaining() < HEADER_BYTES) {
            throw new EOFException();
        }
        int length = header.getInt(4) & 0xFF_FFFF;
        var data = ByteBuffer.wrap(in.readNBytes((length + 3) & ~3));
        return new Pdu(header, data);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
