package io.cowherd.iscsi.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.cowherd.config.HostPort;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/// An initiator that does exactly what a test says. It checks of every PDU what always holds: StatSN without gaps, a
/// window that never shrinks, zero padding, digests.
final class ScriptedInitiator implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    boolean headerDigest;
    boolean dataDigest;
    int cmdSn = 1;
    int expStatSn = 1;
    private int lastMaxCmdSn = Integer.MIN_VALUE;
    private int lastItt = 0x10;

    ScriptedInitiator(HostPort address) {
        try {
            socket = new Socket();
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(address.host(), address.port()), PATIENCE_MILLIS);
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int nextItt() {
        return ++lastItt;
    }

    /// Sends a PDU with ExpStatSN filled in, in one segment.
    void sends(Pdu pdu) {
        raw(encode(pdu));
    }

    void raw(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] encode(Pdu pdu) {
        pdu.bhs.putInt(28, expStatSn);
        byte[] head = pdu.bhs.array();
        int padded = (pdu.data.length + 3) & ~3;
        ByteBuffer bytes =
                ByteBuffer.allocate(
                        head.length
                                + (headerDigest ? 4 : 0)
                                + padded
                                + (dataDigest && padded > 0 ? 4 : 0));
        bytes.put(head);
        if (headerDigest) {
            bytes.put(crc(head));
        }
        byte[] data = java.util.Arrays.copyOf(pdu.data, padded);
        bytes.put(data);
        if (dataDigest && padded > 0) {
            bytes.put(crc(data));
        }
        return bytes.array();
    }

    private static byte[] crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) crc.getValue())
                .array();
    }

    /// The next PDU of the target, checked.
    Pdu receives() {
        Pdu pdu = receiveRaw();
        int opcode = pdu.opcode();
        boolean hasStatus =
                switch (opcode) {
                    case 0x25 -> (pdu.flags() & 1) != 0; // Data-In: S
                    case 0x31 -> false;
                    case 0x20 -> pdu.itt() != -1;
                    default -> true;
                };
        if (hasStatus) {
            assertEquals(expStatSn, pdu.statSn(), () -> "StatSN of " + pdu);
            expStatSn++;
        } else if (opcode != 0x25) {
            assertEquals(expStatSn, pdu.statSn(), () -> "StatSN shown by " + pdu);
        }
        int max = pdu.maxCmdSn();
        assertTrue(
                lastMaxCmdSn == Integer.MIN_VALUE || max - lastMaxCmdSn >= 0,
                () -> "MaxCmdSN went back: " + pdu);
        lastMaxCmdSn = max;
        return pdu;
    }

    private Pdu receiveRaw() {
        try {
            byte[] head = in.readNBytes(48);
            if (head.length < 48) {
                throw new UncheckedIOException(new IOException("closed by the target"));
            }
            assertEquals(0, head[4], "no AHS");
            if (headerDigest) {
                assertEquals(hex(crc(head)), hex(in.readNBytes(4)), "header digest");
            }
            int length = ByteBuffer.wrap(head).getInt(4) & 0xFFFFFF;
            byte[] padded = in.readNBytes((length + 3) & ~3);
            for (int i = length; i < padded.length; i++) {
                assertEquals(0, padded[i], "padding");
            }
            if (dataDigest && length > 0) {
                assertEquals(hex(crc(padded)), hex(in.readNBytes(4)), "data digest");
            }
            return new Pdu(head, java.util.Arrays.copyOf(padded, length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }

    /// Bytes that have come and were not read.
    int available() {
        try {
            return in.available();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Pdu receives(int opcode) {
        Pdu pdu = receives();
        assertEquals(opcode, pdu.opcode(), () -> "opcode of " + pdu + " " + pdu.text());
        return pdu;
    }

    /// Asserts that the target closes the connection, after nothing more.
    void seesClose() {
        try {
            int read;
            try {
                read = in.read();
            } catch (java.net.SocketTimeoutException e) {
                throw new AssertionError("still open", e);
            } catch (IOException _) { // reset
                return;
            }
            assertEquals(-1, read, "more bytes before the close");
        } finally {
            close();
        }
    }

    // Logins

    Pdu login(int flags, String... keys) {
        Pdu pdu = Pdu.request(0x43, flags, 1).text(keys);
        pdu.bhs.put(8, new byte[] {0x40, 0, 1, 0x37, 0, 0}).putInt(24, cmdSn);
        return pdu;
    }

    /// Logs in with one PDU, as open-iscsi does.
    Pdu logsIn(String target, String... more) {
        return logsInAs("iqn.1993-08.org.debian:01:host", target, more);
    }

    Pdu logsInAs(String initiator, String target, String... more) {
        String[] keys = new String[3 + more.length];
        keys[0] = "InitiatorName=" + initiator;
        keys[1] = "TargetName=" + target;
        keys[2] = "SessionType=Normal";
        System.arraycopy(more, 0, keys, 3, more.length);
        sends(login(0x87, keys));
        Pdu answer = receives(0x23);
        assertEquals(0, answer.u16(36), () -> "login status, " + answer.text());
        headerDigest = answer.text().contains("HeaderDigest=CRC32C");
        dataDigest = answer.text().contains("DataDigest=CRC32C");
        return answer;
    }

    // Commands

    /// A SCSI command with the next CmdSN.
    Pdu command(int itt, int flags, int edtl, int... cdb) {
        Pdu pdu = Pdu.request(0x01, flags, itt);
        pdu.bhs.putInt(20, edtl).putInt(24, cmdSn++);
        for (int i = 0; i < cdb.length; i++) {
            pdu.bhs.put(32 + i, (byte) cdb[i]);
        }
        return pdu;
    }

    static int[] rw10(int opcode, int lba, int blocks) {
        return new int[] {
            opcode, 0, lba >>> 24, lba >>> 16, lba >>> 8, lba, 0, blocks >>> 8, blocks, 0
        };
    }

    Pdu read10(int itt, int lba, int blocks) {
        return command(itt, 0xC0 | 1, blocks * 512, rw10(0x28, lba, blocks));
    }

    Pdu write10(int itt, int lba, int blocks) {
        return command(itt, 0xA0 | 1, blocks * 512, rw10(0x2A, lba, blocks));
    }

    Pdu testUnitReady() {
        return command(nextItt(), 0x81, 0, 0x00);
    }

    static Pdu dataOut(int itt, int ttt, int dataSn, int offset, boolean isFinal, byte[] data) {
        return Pdu.request(0x05, isFinal ? 0x80 : 0, itt)
                .with(data)
                .set(20, ttt)
                .set(36, dataSn)
                .set(40, offset);
    }

    Pdu taskManagement(int function, int referencedTag) {
        return Pdu.request(0x42, 0x80 | function, nextItt()).set(20, referencedTag).set(24, cmdSn);
    }

    Pdu nopOut(byte[] data) {
        return Pdu.request(0x40, 0x80, nextItt()).with(data).set(20, -1).set(24, cmdSn);
    }

    Pdu textRequest(String... keys) {
        return Pdu.request(0x44, 0x80, nextItt()).text(keys).set(20, -1).set(24, cmdSn);
    }

    Pdu logout(int reason) {
        return Pdu.request(0x46, 0x80 | reason, nextItt()).set(24, cmdSn);
    }

    /// A command whose answer proves that everything sent before has been served.
    void sync() {
        Pdu ping = nopOut(new byte[0]);
        sends(ping);
        Pdu answer = receives(0x20);
        assertEquals(ping.itt(), answer.itt());
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
