package io.cowherd.drill.initiator;

import io.cowherd.iscsi.pdu.BasicHeader;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jscsi.parser.OperationCode;

/// PDUs over a wire, with their numbers (RFC 7143 4.2.2): CmdSN of what is sent, ExpStatSN of what has come. Answers the
/// target's pings, pings it when it is silent, and remembers that it wants to be left.
///
/// **Threading.** *Confined to the thread of its [Paths].*
final class PduChannel implements AutoCloseable {
    /// Longest data segment that is taken: what we declare as MaxRecvDataSegmentLength.
    static final int MAX_SEGMENT_BYTES = 64 * 1024;

    private static final int IMMEDIATE = 0x40;
    private static final int FINAL = 0x80;
    private static final int STATUS_IN_DATA = 0x01;
    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

    private final Wire wire;
    private final HostClock clock;
    private final Duration patience;
    private int nextCmdSn = 1;
    private int maxCmdSn = 1;
    private int expStatSn;
    private int lastItt;
    private boolean isLeaving;

    /// @param patience how long an answer may take, pings answered or not
    PduChannel(Wire wire, HostClock clock, Duration patience) {
        this.wire = wire;
        this.clock = clock;
        this.patience = patience;
    }

    /// A request that takes its turn.
    ///
    /// @param flags byte 1
    ByteBuffer request(OperationCode opcode, int flags) throws IOException {
        while (nextCmdSn - maxCmdSn > 0) {
            receive(); // until a PDU opens the window
        }
        return begun(opcode.value(), flags).putInt(24, nextCmdSn++);
    }

    /// A request outside of the order.
    ByteBuffer immediate(OperationCode opcode, int flags) {
        return begun(opcode.value() | IMMEDIATE, flags).putInt(24, nextCmdSn);
    }

    private ByteBuffer begun(int opcode, int flags) {
        return ByteBuffer.allocate(BasicHeader.SIZE_BYTES)
                .put(0, (byte) opcode)
                .put(1, (byte) flags)
                .putInt(16, ++lastItt);
    }

    /// Sends a PDU: length, ExpStatSN and padding are filled in.
    void send(ByteBuffer header, ByteBuffer data) throws IOException {
        int length = data.remaining();
        header.putInt(4, length).putInt(28, expStatSn);
        ByteBuffer whole = ByteBuffer.allocate(BasicHeader.SIZE_BYTES + padded(length));
        whole.put(header.duplicate().clear()).put(data.duplicate()).clear();
        wire.send(whole);
    }

    private static int padded(int length) {
        return (length + 3) & ~3;
    }

    /// The next PDU that is not about the connection itself.
    ///
    /// @throws IOException if the connection is gone, the target is silent though it was pinged, or takes too long
    ReceivedPdu receive() throws IOException {
        long begun = clock.nanos();
        boolean isPinged = false;
        while (clock.nanos() - begun <= patience.toNanos()) {
            ReceivedPdu pdu;
            try {
                pdu = next();
            } catch (SocketTimeoutException e) {
                if (isPinged) {
                    throw new IOException("the target does not answer pings", e);
                }
                isPinged = true;
                send(
                        immediate(OperationCode.NOP_OUT, FINAL).putInt(20, BasicHeader.NO_TAG),
                        NO_DATA);
                continue;
            }
            isPinged = false;
            if (!isAboutConnection(pdu)) {
                return pdu;
            }
        }
        throw new IOException("no answer within " + patience.toSeconds() + " s");
    }

    private ReceivedPdu next() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(BasicHeader.SIZE_BYTES);
        wire.receive(header);
        var basic = new BasicHeader(header.clear());
        int length = basic.dataSegmentBytes();
        if (length > MAX_SEGMENT_BYTES || basic.ahsBytes() > 0) {
            throw new IOException("a PDU with " + length + " bytes of data, or additional headers");
        }
        ByteBuffer data = ByteBuffer.allocate(padded(length));
        if (length > 0) {
            try {
                wire.receive(data);
            } catch (SocketTimeoutException e) {
                throw new IOException("the target fell silent in the midst of a PDU", e);
            }
        }
        var pdu = new ReceivedPdu(basic, data.clear().limit(length));
        take(pdu);
        return pdu;
    }

    /// Takes note of its numbers. A ping and a Data-In without status have no StatSN of their own.
    private void take(ReceivedPdu pdu) {
        boolean isPing =
                pdu.opcode() == OperationCode.NOP_IN.value()
                        && pdu.header().itt() == BasicHeader.NO_TAG;
        boolean isBareData =
                pdu.opcode() == OperationCode.SCSI_DATA_IN.value()
                        && (pdu.u8(1) & STATUS_IN_DATA) == 0;
        if (!isPing && !isBareData) {
            expStatSn = pdu.u32(24) + 1;
        }
        maxCmdSn = pdu.u32(32);
    }

    private boolean isAboutConnection(ReceivedPdu pdu) throws IOException {
        if (pdu.opcode() == OperationCode.NOP_IN.value()) {
            if (pdu.u32(20) != BasicHeader.NO_TAG) {
                ByteBuffer answer = immediate(OperationCode.NOP_OUT, FINAL);
                answer.putLong(8, pdu.header().lun()).putInt(16, BasicHeader.NO_TAG);
                send(answer.putInt(20, pdu.u32(20)), NO_DATA);
            }
            return true;
        }
        if (pdu.opcode() == OperationCode.ASYNC_MESSAGE.value()) {
            isLeaving |= pdu.u8(36) != 0; // 0 is about a LU, the rest about session or connection
            return true;
        }
        return false;
    }

    /// True once the target has said that the connection is to end, or will.
    boolean isLeaving() {
        return isLeaving;
    }

    @Override
    public void close() {
        try {
            wire.close();
        } catch (IOException _) {
            // it is gone either way
        }
    }
}
