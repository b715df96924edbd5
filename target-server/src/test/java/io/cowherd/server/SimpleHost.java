package io.cowherd.server;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A host that logs in, asks for LUNs, and notices when it is sent away. One command at a time, no digests.
final class SimpleHost implements AutoCloseable {
    static final String NAME = "iqn.1993-08.org.debian:01:cow";

    private static final int HEADER_BYTES = 48;
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int ASYNC_MESSAGE = 0x32;
    private static final int DATA_IN = 0x25;
    private static final int READ = 0x40;
    private static final int WRITE = 0x20;

    private final String name;
    private final Socket socket;
    private final DataInputStream in;
    private int cmdSn = 1;

    SimpleHost(String portal) throws IOException {
        this(portal, NAME);
    }

    /// One of a name of its own: a second login of the same would end the first session.
    SimpleHost(String portal, String name) throws IOException {
        this.name = name;
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
                ("InitiatorName=" + name + "\0SessionType=Normal\0TargetName=" + target + "\0")
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
        return execute(0, "A0 00 00 00 00 00 00 00 10 00 00 00", new byte[0], 4096).data().getInt(0)
                / 8;
    }

    /// How a command ended.
    ///
    /// @param sense `key/ASC/ASCQ` in hexadecimal, empty for GOOD
    /// @param data what was received
    record Outcome(String sense, ByteBuffer data) {}

    /// Executes a command.
    ///
    /// @param cdb in hexadecimal
    /// @param dataOut is sent with it
    /// @param dataInBytes most that may be received
    Outcome execute(int lun, String cdb, byte[] dataOut, int dataInBytes) throws IOException {
        begin(lun, cdb, dataOut, dataInBytes);
        Pdu answer = receive();
        ByteBuffer data = answer.data();
        if (answer.opcode() == DATA_IN && (answer.header().get(1) & 1) == 0) {
            answer = receive(); // no status in the Data-In
        }
        if (answer.header().get(3) == 0) {
            return new Outcome("", data);
        }
        ByteBuffer sense = answer.data(); // two bytes of length, then fixed format
        return new Outcome(
                "%X/%02X/%02X".formatted(sense.get(4) & 0xF, sense.get(14), sense.get(15)), data);
    }

    /// Sends a command, and does not wait for its end.
    void begin(int lun, String cdb, byte[] dataOut, int dataInBytes) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        int direction = dataOut.length > 0 ? WRITE : READ;
        int expected = dataOut.length > 0 ? dataOut.length : dataInBytes;
        header.put(0, (byte) 0x01).put(1, (byte) (0x81 | direction));
        header.putInt(4, dataOut.length).put(9, (byte) lun).putInt(16, cmdSn).putInt(20, expected);
        header.putInt(24, cmdSn++).put(32, HexFormat.of().parseHex(cdb.replace(" ", "")));
        send(header, dataOut);
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

    /// Waits until the server says that it ends the session.
    void awaitDropped() throws IOException {
        while (receive().opcode() != ASYNC_MESSAGE) {}
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
