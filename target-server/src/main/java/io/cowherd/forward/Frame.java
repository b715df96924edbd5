package io.cowherd.forward;

import io.cowherd.config.access.LunRights;
import io.cowherd.config.access.LunSet;
import io.cowherd.scsi.Host;
import io.cowherd.scsi.Nexus.TaskAttribute;
import io.cowherd.scsi.TaskManagement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One message on the wire between nodes. Big-endian, at most [#MAX_BYTES].
///
/// | offset | size | field    | meaning                                                   |
/// |-------:|-----:|----------|-----------------------------------------------------------|
/// |      0 |    4 | `length` | bytes that follow                                         |
/// |      4 |    4 | `crc`    | CRC-32C of all that follows                               |
/// |      8 |    1 | `type`   | see [Type]; any other ends the connection                 |
/// |      9 |    3 | reserved | zero                                                      |
/// |     12 |    4 | `tag`    | of a command or function, by the caller; else 0           |
/// |     16 |      | body     | as below; nothing follows it                              |
///
/// | type        | body                                                                                          |
/// |-------------|-----------------------------------------------------------------------------------------------|
/// | `HELLO`     | `43484657` "CHFW" (4), version (2), zero (2), nonce (32)                                      |
/// | `PROOF`     | code (32)                                                                                     |
/// | `OPEN`      | least epoch (8), relative port (2), again (1), target, initiator port, shown (1), and if that is 1 `SHOW` |
/// | `OPENED`    | epoch (8), `FACTS`                                                                            |
/// | `REFUSED`   | reason (1)                                                                                    |
/// | `FACTS`     | largest transfer (4), count (2), and for each LUN: LUN (2), block bytes as a power of two (1) |
/// | `BEGIN`     | LUN field (8), CDB (16), attribute (1)                                                        |
/// | `EXECUTE`   | announced (8), data-out (4), data-in (4), sent (4), room (4)                                  |
/// | `DATA`      | bytes, at most [#MAX_DATA_BYTES]                                                              |
/// | `STATUS`    | status (1), ending (1), data-in (4), sent (4), sense                                          |
/// | `MANAGE`    | function (1), LUN field (8)                                                                   |
/// | `MANAGED`   | response (1)                                                                                  |
/// | `SHOW`      | access (1), LUNs as text, host (1), and if that is 1 name, address, account (1), and if that is 1 the account |
/// | `GONE`      | tag of the last `BEGIN` that was seen, or 0 (4)                                               |
/// | others      | none                                                                                          |
///
/// Texts are a length (2) and UTF-8. Enums are their ordinal; their order is part of the version.
///
/// **Version.** 1. A node that hears another version closes the connection: nodes of two versions do not forward to each other,
/// and hosts use the owner's own portal meanwhile.
///
/// Pinned byte for byte by `FrameLayoutTest`.
@SuppressWarnings("EnumOrdinal") // their order is the format, and pinned by the test
final class Frame {
    static final int VERSION = 1;

    /// Bytes before the body.
    static final int HEADER_BYTES = 16;

    static final int LENGTH_BYTES = 4;

    /// Most bytes of data in a frame: so much and no more delays the frames of other commands.
    static final int MAX_DATA_BYTES = 64 << 10;

    /// The whole of the largest frame.
    static final int MAX_BYTES = HEADER_BYTES + MAX_DATA_BYTES;

    /// The whole of the largest frame before both sides have proved who they are.
    static final int MAX_HANDSHAKE_BYTES = HEADER_BYTES + 8 + Bytes32.BYTES;

    private static final int CRC_OFFSET = 4;
    private static final int TYPE_OFFSET = 8;
    private static final int MAGIC = 0x4348_4657;
    private static final int MAX_TEXT_BYTES = 8192;
    private static final int MAX_SENSE_BYTES = 252;
    private static final int FACT_BYTES = 3;

    /// Kinds of frames, in the order of their codes, 0 to 18.
    enum Type {
        /// [Message.Hello].
        HELLO,
        /// [Message.Proof].
        PROOF,
        /// [Message.Open].
        OPEN,
        /// [Message.Opened].
        OPENED,
        /// [Message.Refused].
        REFUSED,
        /// [Message.Facts].
        FACTS,
        /// [Message.Begin].
        BEGIN,
        /// [Message.Execute].
        EXECUTE,
        /// [Message.Data].
        DATA,
        /// [Message.Abort].
        ABORT,
        /// [Message.Status].
        STATUS,
        /// [Message.NotBegun].
        NOT_BEGUN,
        /// [Message.Manage].
        MANAGE,
        /// [Message.Managed].
        MANAGED,
        /// [Message.Show].
        SHOW,
        /// [Message.Attention].
        ATTENTION,
        /// [Message.Close].
        CLOSE,
        /// [Message.Gone].
        GONE,
        /// [Message.KeepAlive].
        KEEP_ALIVE
    }

    private static final Type[] TYPES = Type.values();
    private static final TaskAttribute[] ATTRIBUTES = TaskAttribute.values();
    private static final TaskManagement[] FUNCTIONS = TaskManagement.values();
    private static final TaskManagement.Response[] RESPONSES = TaskManagement.Response.values();
    private static final Message.Reason[] REASONS = Message.Reason.values();
    private static final Message.Ending[] ENDINGS = Message.Ending.values();
    private static final LunRights.Access[] ACCESSES = LunRights.Access.values();

    private Frame() {}

    // -- out --

    /// Encodes a message that carries no data.
    ///
    /// @return the caller's
    static ByteBuf encode(ByteBufAllocator allocator, int tag, Message message) {
        return encode(allocator, tag, message, null);
    }

    /// Encodes a part of a command's data.
    ///
    /// @param data borrowed; read to its limit, at most [#MAX_DATA_BYTES]
    /// @return the caller's
    static ByteBuf encodeData(ByteBufAllocator allocator, int tag, ByteBuffer data) {
        return encode(allocator, tag, new Message.Data(), data);
    }

    private static ByteBuf encode(
            ByteBufAllocator allocator, int tag, Message message, @Nullable ByteBuffer data) {
        int dataBytes = data == null ? 0 : data.remaining();
        ByteBuf out = allocator.directBuffer(HEADER_BYTES + Math.max(48, dataBytes));
        out.writeLong(0); // length and crc come last
        out.writeByte(type(message).ordinal()).writeZero(3).writeInt(tag);
        writeBody(out, message);
        if (data != null) {
            out.writeBytes(data);
        }
        out.setInt(0, out.readableBytes() - LENGTH_BYTES);
        out.setInt(CRC_OFFSET, crc(out, TYPE_OFFSET, out.readableBytes() - TYPE_OFFSET));
        return out;
    }

    private static Type type(Message message) {
        return switch (message) {
            case Message.Hello _ -> Type.HELLO;
            case Message.Proof _ -> Type.PROOF;
            case Message.Open _ -> Type.OPEN;
            case Message.Opened _ -> Type.OPENED;
            case Message.Refused _ -> Type.REFUSED;
            case Message.Facts _ -> Type.FACTS;
            case Message.Begin _ -> Type.BEGIN;
            case Message.Execute _ -> Type.EXECUTE;
            case Message.Data _ -> Type.DATA;
            case Message.Abort _ -> Type.ABORT;
            case Message.Status _ -> Type.STATUS;
            case Message.NotBegun _ -> Type.NOT_BEGUN;
            case Message.Manage _ -> Type.MANAGE;
            case Message.Managed _ -> Type.MANAGED;
            case Message.Show _ -> Type.SHOW;
            case Message.Attention _ -> Type.ATTENTION;
            case Message.Close _ -> Type.CLOSE;
            case Message.Gone _ -> Type.GONE;
            case Message.KeepAlive _ -> Type.KEEP_ALIVE;
        };
    }

    private static void writeBody(ByteBuf out, Message message) {
        switch (message) {
            case Message.Hello(int version, Bytes32 nonce) -> {
                out.writeInt(MAGIC).writeShort(version).writeZero(2);
                nonce.encode(out);
            }
            case Message.Proof(Bytes32 code) -> code.encode(out);
            case Message.Open open -> writeOpen(out, open);
            case Message.Opened(long epoch, LunFacts facts) ->
                    writeFacts(out.writeLong(epoch), facts);
            case Message.Refused(Message.Reason reason) -> out.writeByte(reason.ordinal());
            case Message.Facts(LunFacts facts) -> writeFacts(out, facts);
            case Message.Begin(long lun, long head, long tail, TaskAttribute attribute) ->
                    out.writeLong(lun)
                            .writeLong(head)
                            .writeLong(tail)
                            .writeByte(attribute.ordinal());
            case Message.Execute(long announced, int wanted, int offered, int sent, int room) ->
                    out.writeLong(announced)
                            .writeInt(wanted)
                            .writeInt(offered)
                            .writeInt(sent)
                            .writeInt(room);
            case Message.Status(
                            byte status,
                            Message.Ending end,
                            int in,
                            int sent,
                            ByteBuffer why) -> {
                out.writeByte(status).writeByte(end.ordinal()).writeInt(in).writeInt(sent);
                out.writeBytes(why.duplicate());
            }
            case Message.Manage(TaskManagement function, long lun) ->
                    out.writeByte(function.ordinal()).writeLong(lun);
            case Message.Gone(int lastTag) -> out.writeInt(lastTag);
            case Message.Managed(TaskManagement.Response response) ->
                    out.writeByte(response.ordinal());
            case Message.Show show -> writeShow(out, show);
            case Message.Data _,
                    Message.Abort _,
                    Message.NotBegun _,
                    Message.Attention _,
                    Message.Close _,
                    Message.KeepAlive _ -> {}
        }
    }

    private static void writeOpen(ByteBuf out, Message.Open open) {
        out.writeLong(open.leastEpoch()).writeShort(open.relativePort());
        out.writeByte(open.again() ? 1 : 0);
        writeText(out, open.target());
        writeText(out, open.initiatorPort());
        Message.Show shown = open.shown();
        out.writeByte(shown == null ? 0 : 1);
        if (shown != null) {
            writeShow(out, shown);
        }
    }

    private static void writeFacts(ByteBuf out, LunFacts facts) {
        out.writeInt(facts.maxTransferBytes()).writeShort(facts.blockBytes().size());
        facts.blockBytes()
                .forEach(
                        (lun, bytes) ->
                                out.writeShort(lun)
                                        .writeByte(Integer.numberOfTrailingZeros(bytes)));
    }

    private static void writeShow(ByteBuf out, Message.Show show) {
        out.writeByte(show.rights().access().ordinal());
        writeText(out, show.rights().luns().toString());
        Host host = show.host();
        out.writeByte(host == null ? 0 : 1);
        if (host != null) {
            writeText(out, host.name());
            writeText(out, host.address());
            String account = host.account();
            out.writeByte(account == null ? 0 : 1);
            if (account != null) {
                writeText(out, account);
            }
        }
    }

    private static void writeText(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT_BYTES) {
            throw new IllegalArgumentException("A text of " + bytes.length + " bytes");
        }
        out.writeShort(bytes.length).writeBytes(bytes);
    }

    // -- in --

    /// Checks a frame whose length has been taken away, and reads its tag. The body is left to [#decode].
    static int check(ByteBuf frame) throws PeerFailure {
        if (frame.readableBytes() < HEADER_BYTES - LENGTH_BYTES) {
            throw new PeerFailure("a frame of " + frame.readableBytes() + " bytes");
        }
        int said = frame.readInt();
        int found = crc(frame, frame.readerIndex(), frame.readableBytes());
        if (said != found) {
            throw new PeerFailure("crc %08x, expected %08x".formatted(said, found));
        }
        return frame.getInt(frame.readerIndex() + 4);
    }

    /// Decodes what [#check] has passed.
    ///
    /// @return the message; if it is [Message.Data], the data is left in the frame
    static Message decode(ByteBuf frame) throws PeerFailure {
        int code = frame.readUnsignedByte();
        boolean reserved = frame.readUnsignedMedium() != 0;
        frame.skipBytes(4); // the tag
        if (code >= TYPES.length || reserved) {
            throw new PeerFailure("a frame of type " + code);
        }
        Type type = TYPES[code];
        try {
            Message message = readBody(type, frame);
            if (type != Type.DATA && frame.isReadable()) {
                throw new PeerFailure(frame.readableBytes() + " bytes too many in " + type);
            }
            return message;
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new PeerFailure("what " + type + " says is wrong: " + e.getMessage());
        }
    }

    private static Message readBody(Type type, ByteBuf in) throws PeerFailure {
        return switch (type) {
            case HELLO -> readHello(in);
            case PROOF -> new Message.Proof(Bytes32.decode(in));
            case OPEN -> readOpen(in);
            case OPENED -> new Message.Opened(in.readLong(), readFacts(in));
            case REFUSED -> new Message.Refused(oneOf(REASONS, in));
            case FACTS -> new Message.Facts(readFacts(in));
            case BEGIN ->
                    new Message.Begin(
                            in.readLong(), in.readLong(), in.readLong(), oneOf(ATTRIBUTES, in));
            case EXECUTE -> readExecute(in);
            case DATA -> new Message.Data();
            case ABORT -> new Message.Abort();
            case STATUS -> readStatus(in);
            case NOT_BEGUN -> new Message.NotBegun();
            case MANAGE -> new Message.Manage(oneOf(FUNCTIONS, in), in.readLong());
            case MANAGED -> new Message.Managed(oneOf(RESPONSES, in));
            case SHOW -> readShow(in);
            case ATTENTION -> new Message.Attention();
            case CLOSE -> new Message.Close();
            case GONE -> new Message.Gone(in.readInt());
            case KEEP_ALIVE -> new Message.KeepAlive();
        };
    }

    private static Message readHello(ByteBuf in) throws PeerFailure {
        if (in.readInt() != MAGIC) {
            throw new PeerFailure("no node of Cowherd is speaking");
        }
        int version = in.readUnsignedShort();
        in.skipBytes(2);
        return new Message.Hello(version, Bytes32.decode(in));
    }

    private static Message readOpen(ByteBuf in) throws PeerFailure {
        long leastEpoch = in.readLong();
        int port = in.readUnsignedShort();
        boolean again = isThere(in);
        String target = readText(in);
        String initiatorPort = readText(in);
        Message.Show shown = isThere(in) ? readShow(in) : null;
        return new Message.Open(target, initiatorPort, port, leastEpoch, again, shown);
    }

    private static LunFacts readFacts(ByteBuf in) throws PeerFailure {
        int maxTransferBytes = size(in);
        int count = in.readUnsignedShort();
        if (in.readableBytes() != count * FACT_BYTES) {
            throw new PeerFailure(count + " LUNs in " + in.readableBytes() + " bytes");
        }
        Map<Integer, Integer> blockBytes = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int lun = in.readUnsignedShort();
            blockBytes.put(lun, 1 << in.readUnsignedByte());
        }
        return new LunFacts(maxTransferBytes, blockBytes);
    }

    private static Message readExecute(ByteBuf in) throws PeerFailure {
        long announced = in.readLong();
        var execute = new Message.Execute(announced, size(in), size(in), size(in), size(in));
        if (announced < Message.NOT_ANNOUNCED
                || execute.sentBytes() > execute.dataOutBytes()
                || execute.roomBytes() > execute.dataInBytes()) {
            throw new PeerFailure("more than was said: " + execute);
        }
        return execute;
    }

    private static Message readStatus(ByteBuf in) throws PeerFailure {
        byte status = in.readByte();
        Message.Ending ending = oneOf(ENDINGS, in);
        int dataInBytes = size(in);
        int sentBytes = size(in);
        if (in.readableBytes() > MAX_SENSE_BYTES) {
            throw new PeerFailure("sense of " + in.readableBytes() + " bytes");
        }
        byte[] sense = new byte[in.readableBytes()];
        in.readBytes(sense);
        return new Message.Status(status, ending, dataInBytes, sentBytes, ByteBuffer.wrap(sense));
    }

    private static Message.Show readShow(ByteBuf in) throws PeerFailure {
        LunRights.Access access = oneOf(ACCESSES, in);
        LunRights rights = new LunRights(LunSet.parse(readText(in)), access);
        if (!isThere(in)) {
            return new Message.Show(null, rights);
        }
        String name = readText(in);
        String address = readText(in);
        String account = isThere(in) ? readText(in) : null;
        return new Message.Show(new Host(name, address, account), rights);
    }

    private static String readText(ByteBuf in) throws PeerFailure {
        int bytes = in.readUnsignedShort();
        if (bytes > MAX_TEXT_BYTES) {
            throw new PeerFailure("a text of " + bytes + " bytes");
        }
        return in.readString(bytes, StandardCharsets.UTF_8);
    }

    private static boolean isThere(ByteBuf in) throws PeerFailure {
        return switch (in.readUnsignedByte()) {
            case 0 -> false;
            case 1 -> true;
            default -> throw new PeerFailure("neither there nor not");
        };
    }

    private static int size(ByteBuf in) throws PeerFailure {
        int size = in.readInt();
        if (size < 0) {
            throw new PeerFailure("a size of " + Integer.toUnsignedString(size));
        }
        return size;
    }

    private static <E> E oneOf(E[] values, ByteBuf in) throws PeerFailure {
        int code = in.readUnsignedByte();
        if (code >= values.length) {
            throw new PeerFailure("code " + code + " of " + values.length);
        }
        return values[code];
    }

    private static int crc(ByteBuf buf, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buf.nioBuffer(offset, length));
        return (int) crc.getValue();
    }
}
