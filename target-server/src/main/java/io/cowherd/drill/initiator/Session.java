package io.cowherd.drill.initiator;

import io.cowherd.config.HostPort;
import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.text.TextKeys;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jscsi.parser.OperationCode;
import org.jspecify.annotations.Nullable;

/// A session of one connection, logged in. One command at a time.
///
/// **Threading.** *Confined to the thread of its [Paths].*
final class Session implements AutoCloseable {
    /// Most answers to one SendTargets.
    private static final int MAX_TEXT_PDUS = 1000;

    private static final int FINAL = 0x80;
    private static final int READS = 0x40;
    private static final int WRITES = 0x20;
    private static final int ORDINARY = 0x01; // task attribute SIMPLE; S bit of a Data-In
    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);

    private final PduChannel channel;

    private Session(PduChannel channel) {
        this.channel = channel;
    }

    /// Connects and logs in.
    ///
    /// @param target null for a discovery session
    /// @param patience how long an answer may take
    /// @throws LoginRefusedException if the target says so, as RedirectedException
    static Session open(
            Wire wire,
            HostIdentity who,
            @Nullable String target,
            HostClock clock,
            Duration patience)
            throws IOException {
        var channel = new PduChannel(wire, clock, patience);
        try {
            Login.perform(channel, who, target);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return new Session(channel);
    }

    /// Executes a command.
    ///
    /// @throws IOException if the connection is gone, or the command takes too long: whether it has been executed, or will be, is not known
    ScsiAnswer execute(ScsiRequest request) throws IOException {
        ByteBuffer toWrite = request.toWrite();
        int flags = FINAL | ORDINARY;
        if (request.toRead() > 0) {
            flags |= READS;
        }
        if (toWrite.hasRemaining()) {
            flags |= WRITES;
        }
        ByteBuffer header = channel.request(OperationCode.SCSI_COMMAND, flags);
        header.putInt(20, Math.max(request.toRead(), toWrite.remaining()));
        header.put(32, request.cdb(), 0, request.cdb().capacity());
        channel.send(header, toWrite);
        return answer(header.getInt(16), ByteBuffer.allocate(request.toRead()));
    }

    private ScsiAnswer answer(int itt, ByteBuffer data) throws IOException {
        while (true) {
            ReceivedPdu pdu = channel.receive();
            if (pdu.header().itt() != itt) {
                throw new IOException("an answer to nothing: opcode " + pdu.opcode());
            }
            if (pdu.opcode() == OperationCode.SCSI_RESPONSE.value()) {
                if (pdu.u8(2) != 0) {
                    throw new IOException("the target failed: iSCSI response " + pdu.u8(2));
                }
                return new ScsiAnswer(pdu.u8(3), sense(pdu.data()), data);
            }
            if (pdu.opcode() != OperationCode.SCSI_DATA_IN.value()) {
                throw new IOException("no answer to a command: opcode " + pdu.opcode());
            }
            int offset = pdu.u32(40);
            if (offset < 0 || offset > data.capacity() - pdu.data().remaining()) {
                throw new IOException("data beyond what was asked for");
            }
            data.put(offset, pdu.data(), 0, pdu.data().remaining());
            if ((pdu.u8(1) & ORDINARY) != 0) {
                return new ScsiAnswer(pdu.u8(3), 0, data);
            }
        }
    }

    /// Key, ASC and ASCQ; two bytes of length go before sense data (RFC 7143 11.4.7.2).
    private static int sense(ByteBuffer data) {
        if (data.remaining() < 16) {
            return 0;
        }
        boolean hasDescriptors = (data.get(2) & 0x7F) >= 0x72;
        int key = data.get(hasDescriptors ? 3 : 4) & 0x0F;
        int code = Short.toUnsignedInt(data.getShort(hasDescriptors ? 4 : 14));
        return (key << 16) | code;
    }

    /// Asks for the portals of a target (RFC 7143 appendix C), in the order in which they are told.
    List<HostPort> portals(String target) throws IOException {
        var found = new ArrayList<HostPort>();
        boolean isOurs = false;
        for (String text : sendTargets(target)) {
            if (text.startsWith("TargetName=")) {
                isOurs = text.equalsIgnoreCase("TargetName=" + target);
            } else if (isOurs && text.startsWith("TargetAddress=")) {
                found.add(Login.portal(text.substring("TargetAddress=".length())));
            }
        }
        return found;
    }

    private List<String> sendTargets(String target) throws IOException {
        var texts = new StringBuilder();
        ByteBuffer keys = new TextKeys().add("SendTargets", "All").encode();
        int ttt = BasicHeader.NO_TAG;
        for (int pdus = 0; pdus < MAX_TEXT_PDUS; pdus++) {
            ByteBuffer header = channel.request(OperationCode.TEXT_REQUEST, FINAL);
            channel.send(header.putInt(20, ttt), keys);
            ReceivedPdu answer = channel.receive();
            if (answer.opcode() != OperationCode.TEXT_RESPONSE.value()) {
                throw new IOException("no answer to SendTargets: opcode " + answer.opcode());
            }
            texts.append(StandardCharsets.UTF_8.decode(answer.data()));
            if (answer.header().isFinal()) {
                return List.of(texts.toString().split("\0"));
            }
            ttt = answer.u32(20);
            keys = NO_DATA;
        }
        throw new IOException("SendTargets does not end, asked for " + target);
    }

    /// True once the target has asked for a logout, or has said that it is about to drop the connection.
    boolean isLeaving() {
        return channel.isLeaving();
    }

    /// Logs out, if the target still listens, and closes.
    void logOut() {
        try {
            channel.send(channel.immediate(OperationCode.LOGOUT_REQUEST, FINAL), NO_DATA);
            channel.receive();
        } catch (IOException _) {
            // the connection is gone, and with it the session
        } finally {
            close();
        }
    }

    @Override
    public void close() {
        channel.close();
    }
}
