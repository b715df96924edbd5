package io.cowherd.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Arrays;

/// One connection of a host, which does exactly what a scenario says. [#sends] and [#receives] are single PDUs; [#asks],
/// [#gives] and [#tells] are whole commands, with immediate data and R2T as agreed. Each PDU received is checked by
/// [WireRules].
final class Initiator implements AutoCloseable {
    static final int NO_TAG = WireRules.NO_TAG;

    private static final int PATIENCE_MILLIS = 20_000;
    private static final byte[] NOTHING = {};

    final WireRules rules = new WireRules();
    private final Socket socket = new Socket();
    private final DataInputStream in;
    private int lastItt;
    private Segments segments = Segments.ONE;
    boolean answersPings = true;

    /// How a PDU goes onto the wire.
    enum Segments {
        /// Header and data in one TCP segment.
        ONE,
        /// Header and data in segments of their own, as ESXi sends them.
        TWO
    }

    /// @param address `host:port`
    Initiator(String address) {
        int colon = address.lastIndexOf(':');
        String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
        int port = Integer.parseInt(address.substring(colon + 1));
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
            in = new DataInputStream(socket.getInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(address, e);
        }
    }

    Initiator segments(Segments how) {
        segments = how;
        return this;
    }

    // Single PDUs

    int nextItt() {
        return ++lastItt;
    }

    /// Sends a request: ExpStatSN is filled in, digests and padding are added, the rest is as the message says.
    Outstanding sends(Message request) {
        return sends(request, request.data);
    }

    /// Sends a write of which the message carries the beginning.
    Outstanding sends(Message request, byte[] toWrite) {
        Outstanding sent = rules.sent(request, toWrite);
        transmits(request);
        return sent;
    }

    /// Puts a PDU onto the wire of which nobody keeps account: a Data-Out, or the answer to a ping.
    void transmits(Message pdu) {
        byte[] bytes = encodes(pdu);
        switch (segments) {
            case ONE -> raw(bytes);
            case TWO -> {
                int head =
                        Message.HEADER_BYTES + (digests(pdu) && rules.agreed.headerDigest ? 4 : 0);
                raw(Arrays.copyOf(bytes, head));
                raw(Arrays.copyOfRange(bytes, head, bytes.length));
            }
        }
    }

    /// The bytes of a PDU, ExpStatSN filled in.
    byte[] encodes(Message pdu) {
        pdu.set(28, rules.expStatSn);
        byte[] head = pdu.header;
        byte[] data = Arrays.copyOf(pdu.data, (pdu.data.length + 3) & ~3);
        if (digests(pdu) && rules.agreed.headerDigest) {
            head = Bytes.join(head, Crc32c.of(head));
        }
        if (digests(pdu) && rules.agreed.dataDigest && data.length > 0) {
            data = Bytes.join(data, Crc32c.of(data));
        }
        return Bytes.join(head, data);
    }

    /// Logins go without.
    private static boolean digests(Message pdu) {
        return pdu.opcode() != 0x03 && pdu.opcode() != 0x23;
    }

    void raw(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The next PDU of the target, checked.
    Message receives() {
        try {
            byte[] header = exactly(Message.HEADER_BYTES);
            boolean digests = digests(new Message(header, NOTHING));
            if (digests && rules.agreed.headerDigest) {
                Bytes.assertLike("header digest", Bytes.show(Crc32c.of(header)), exactly(4));
            }
            int length = new Message(header, NOTHING).dataBytes();
            byte[] padded = exactly((length + 3) & ~3);
            for (int i = length; i < padded.length; i++) {
                assertEquals(0, padded[i], "padding");
            }
            if (digests && rules.agreed.dataDigest && length > 0) {
                Bytes.assertLike("data digest", Bytes.show(Crc32c.of(padded)), exactly(4));
            }
            Message pdu = new Message(header, Arrays.copyOf(padded, length));
            rules.received(pdu);
            return pdu;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("closed by the target");
        }
        return bytes;
    }

    Message receives(int opcode) {
        Message pdu = receives();
        assertEquals(opcode, pdu.opcode(), () -> "opcode of " + pdu + " " + Bytes.show(pdu.data));
        return pdu;
    }

    /// Sends an immediate request and returns its answer, with nothing else between.
    Message exchanges(String hex, byte[] data) {
        Message request = Message.of(hex, data);
        sends(request);
        Message answer = receives();
        assertEquals(request.itt(), answer.itt(), () -> "task tag of " + answer);
        return answer;
    }

    /// Asserts that the target closes the connection, after nothing more.
    void seesClose() {
        try {
            assertEquals(-1, in.read(), "bytes before the close");
        } catch (SocketException _) {
            // a reset, which closes as well
        } catch (IOException e) {
            throw new AssertionError("the connection is still open", e);
        }
        close();
    }

    // Whole commands

    /// Sends a command; [#finishes] waits for its end.
    ///
    /// @param flags byte 1: F, R, W and the task attribute
    /// @param data all that it writes; what may go with the command goes with it
    Outstanding begins(int lun, int flags, String cdb, int edtl, byte[] data) {
        int immediate =
                rules.agreed.immediateData
                        ? Math.min(
                                data.length,
                                Math.min(
                                        rules.agreed.firstBurst, rules.agreed.targetMaxDataSegment))
                        : 0;
        Message request = command(lun, flags, cdb, edtl, Arrays.copyOf(data, immediate));
        return sends(request, data);
    }

    /// A SCSI command PDU with the next CmdSN.
    Message command(int lun, int flags, String cdb, int edtl, byte[] immediateData) {
        Message request = Message.of("01", immediateData);
        request.set8(1, flags).set(16, nextItt()).set(20, edtl).set(24, rules.cmdSn++);
        request.set8(lun < 256 ? 9 : 8, lun < 256 ? lun : 0x40 | lun >> 8);
        if (lun >= 256) {
            request.set8(9, lun);
        }
        byte[] bytes = Bytes.of(cdb);
        System.arraycopy(bytes, 0, request.header, 32, bytes.length);
        return request;
    }

    /// Serves what comes until `command` has ended: R2Ts are answered, pings too.
    Answer finishes(Outstanding command) {
        while (command.end == null) {
            serve(receives());
        }
        return new Answer(command, command.end);
    }

    private void serve(Message pdu) {
        switch (pdu.opcode()) {
            case 0x31 -> answerR2t(pdu);
            case 0x20 -> answerPing(pdu);
            case 0x21, 0x25 -> {}
            default -> throw new AssertionError("unexpected: " + pdu);
        }
    }

    private void answerR2t(Message r2t) {
        Outstanding write = rules.of(r2t.itt());
        int end = r2t.u32(40) + r2t.u32(44);
        int dataSn = 0;
        int part;
        for (int offset = r2t.u32(40); offset < end; offset += part) {
            part = Math.min(end - offset, rules.agreed.targetMaxDataSegment);
            dataOut(write, r2t.u32(20), dataSn++, offset, part, offset + part == end);
        }
    }

    /// Sends one Data-Out with bytes of what `write` writes.
    void dataOut(Outstanding write, int ttt, int dataSn, int offset, int length, boolean isFinal) {
        byte[] part = Arrays.copyOfRange(write.toWrite, offset, offset + length);
        Message pdu = Message.of(isFinal ? "05 80" : "05 00", part);
        pdu.set(8, write.request.u32(8)).set(16, write.request.itt()).set(20, ttt);
        transmits(pdu.set(36, dataSn).set(40, offset));
    }

    /// Answers a ping of the target's as Windows does, with its TTT and LUN.
    void answerPing(Message ping) {
        if (answersPings && ping.itt() == NO_TAG && ping.u32(20) != NO_TAG) {
            Message answer = Message.of("40 80", NOTHING).set(16, NO_TAG).set(20, ping.u32(20));
            transmits(answer.set(24, rules.cmdSn));
        }
    }

    /// A command that reads at most `bytes`.
    Answer asks(int lun, String cdb, int bytes) {
        return finishes(begins(lun, 0xC1, cdb, bytes, NOTHING));
    }

    /// A command that writes `data`.
    Answer gives(int lun, String cdb, byte[] data) {
        return finishes(begins(lun, 0xA1, cdb, data.length, data));
    }

    /// A command without data.
    Answer tells(int lun, String cdb) {
        return finishes(begins(lun, 0x81, cdb, 0, NOTHING));
    }

    /// TEST UNIT READY until there is no unit attention left, as every host does after its login.
    void clearsAttentions(int lun) {
        Answer answer = tells(lun, Scsi.TEST_UNIT_READY);
        for (int tries = 0; answer.senseCode().startsWith("6/"); tries++) {
            assertTrue(tries < 10, "unit attentions without end");
            answer = tells(lun, Scsi.TEST_UNIT_READY);
        }
        answer.good();
    }

    /// TEST UNIT READY until it tells of what somebody else has just done: nobody says which comes first.
    void hearsOf(int lun, String attention) {
        Answer answer = tells(lun, Scsi.TEST_UNIT_READY);
        for (int tries = 0; tries < 10_000 && answer.status() == 0; tries++) {
            answer = tells(lun, Scsi.TEST_UNIT_READY);
        }
        answer.sense(attention);
    }

    /// Task management; returns the response code.
    int manages(int function, int lun, int referencedTask) {
        Message request = Message.of("42", NOTHING).set8(1, 0x80 | function).set8(9, lun);
        request.set(16, nextItt()).set(20, referencedTask).set(24, rules.cmdSn);
        Outstanding sent = sends(request);
        while (sent.end == null) {
            Message pdu = receives();
            if (pdu.opcode() != 0x22) {
                serve(pdu);
            }
        }
        return sent.end.u8(2);
    }

    /// Logs out and sees the connection closed.
    void logsOut() {
        Message request = Message.of("46 80", NOTHING).set(16, nextItt()).set(24, rules.cmdSn);
        sends(request);
        Message answer = receives(0x26);
        assertEquals(0, answer.u8(2), "logout response");
        seesClose();
    }

    /// Ends the connection with a RST, as a host that crashes or a link that is cut.
    void resets() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
