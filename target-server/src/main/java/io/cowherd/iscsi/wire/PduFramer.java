package io.cowherd.iscsi.wire;

import io.cowherd.iscsi.pdu.BasicHeader;
import io.cowherd.iscsi.pdu.ConnectionFailed;
import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jscsi.parser.reject.RejectParser.ReasonCode;
import org.jspecify.annotations.Nullable;

/// Cuts a stream of bytes into PDUs, wherever TCP has cut it, and copies each data segment straight to where it belongs.
///
/// ```
///         48 bytes        + AHS, digest        data bytes         padding, digest
/// BASIC ------------> EXTENDED --------> DATA ------------> TRAILER ----> BASIC
///   '------- neither ------'--- no data ----'-------- neither ------'
/// ```
///
/// A wrong header digest or a data segment beyond the bound ends the connection, because the next header cannot be found
/// any more. A wrong data digest rejects the PDU and then ends the connection, because at ErrorRecoveryLevel 0 nothing
/// can be asked for again (RFC 7143 7.1.5).
///
/// **Threading.** *Confined to the connection's event loop.*
final class PduFramer {
    private enum State {
        /// Collects the BHS.
        BASIC,
        /// Collects AHS and header digest.
        EXTENDED,
        /// Copies or discards the data segment.
        DATA,
        /// Collects padding and data digest.
        TRAILER
    }

    /// Until a login has said otherwise (RFC 7143 13.12).
    static final int DEFAULT_MAX_DATA_SEGMENT_BYTES = 8192;

    private final byte[] head =
            new byte[BasicHeader.SIZE_BYTES + PduSizes.MAX_AHS + PduSizes.DIGEST];
    private final ByteBuffer header = ByteBuffer.wrap(head);
    private final BasicHeader fields = new BasicHeader(header);
    private final byte[] trailer = new byte[PduSizes.PADDING_AND_DIGEST];
    private final Crc32cDigest digest = new Crc32cDigest();

    private boolean headerDigest;
    private boolean dataDigest;
    private int maxDataSegmentBytes = DEFAULT_MAX_DATA_SEGMENT_BYTES;

    private State state = State.BASIC;
    private int filled;
    private int wanted = BasicHeader.SIZE_BYTES;
    private int dataLeft;
    private @Nullable ByteBuffer destination;
    private boolean isRefused;

    ByteBuffer header() {
        return header;
    }

    void maxDataSegmentBytes(int bytes) {
        maxDataSegmentBytes = bytes;
    }

    void digests(boolean header, boolean data) {
        headerDigest = header;
        dataDigest = data;
    }

    /// Takes in some of the readable bytes.
    ///
    /// @param in borrowed, with readable bytes; its reader index moves on
    /// @return false if the connection has failed, which the receiver knows by then
    boolean step(ByteBuf in, PduReceiver receiver) {
        try {
            switch (state) {
                case BASIC -> basic(in, receiver);
                case EXTENDED -> extended(in, receiver);
                case DATA -> data(in, receiver);
                case TRAILER -> trailer(in, receiver);
            }
            return true;
        } catch (ProtocolFailure failure) {
            receiver.failed(failure);
            return switch (failure) {
                case PduRejected _ -> true; // of a PDU that is complete
                case ConnectionFailed _ -> false;
            };
        }
    }

    private boolean fills(byte[] array, ByteBuf in) {
        int length = Math.min(wanted - filled, in.readableBytes());
        in.readBytes(array, filled, length);
        filled += length;
        return filled == wanted;
    }

    private void basic(ByteBuf in, PduReceiver receiver) throws ProtocolFailure {
        if (!fills(head, in)) {
            return;
        }
        if (!headerDigest) {
            checkLength(); // now: who speaks another protocol may never send the AHS that its bytes
            // seem to announce
        }
        wanted += fields.ahsBytes() + (headerDigest ? PduSizes.DIGEST : 0);
        if (filled == wanted) {
            headerComplete(receiver);
        } else {
            state = State.EXTENDED;
        }
    }

    private void extended(ByteBuf in, PduReceiver receiver) throws ProtocolFailure {
        if (fills(head, in)) {
            headerComplete(receiver);
        }
    }

    private void headerComplete(PduReceiver receiver) throws ProtocolFailure {
        if (headerDigest) {
            checkDigest();
            checkLength(); // only now is it known to be what was sent
        }
        dataLeft = fields.dataSegmentBytes();
        isRefused = false;
        try {
            destination = receiver.header();
        } catch (PduRejected refusal) {
            destination = null;
            isRefused = true;
            receiver.failed(refusal);
        }
        if (dataLeft == 0) {
            complete(receiver); // no data, no data digest
        } else {
            digest.begin();
            state = State.DATA;
        }
    }

    private void checkDigest() throws ConnectionFailed {
        int length = BasicHeader.SIZE_BYTES + fields.ahsBytes();
        digest.begin();
        digest.update(head, 0, length);
        int found = header.getInt(length);
        if (found != digest.value()) {
            throw new ConnectionFailed(
                    "header digest %08x, expected %08x".formatted(found, digest.value()));
        }
    }

    private void checkLength() throws ConnectionFailed {
        if (fields.dataSegmentBytes() > maxDataSegmentBytes) {
            throw new ConnectionFailed(
                    "data segment of %d bytes, but at most %d were declared (opcode %02x)"
                            .formatted(
                                    fields.dataSegmentBytes(),
                                    maxDataSegmentBytes,
                                    fields.opcode()));
        }
    }

    private void data(ByteBuf in, PduReceiver receiver) throws ProtocolFailure {
        int length = Math.min(dataLeft, in.readableBytes());
        if (dataDigest) {
            digest.update(in, in.readerIndex(), length);
        }
        int copied = copy(in, length);
        in.skipBytes(length - copied);
        dataLeft -= length;
        if (dataLeft == 0) {
            filled = 0;
            wanted =
                    PduSizes.padding(fields.dataSegmentBytes())
                            + (dataDigest ? PduSizes.DIGEST : 0);
            if (wanted == 0) {
                complete(receiver);
            } else {
                state = State.TRAILER;
            }
        }
    }

    private int copy(ByteBuf in, int length) {
        ByteBuffer to = destination;
        if (to == null) {
            return 0;
        }
        int copied = Math.min(length, to.remaining());
        int limit = to.limit();
        to.limit(to.position() + copied);
        in.readBytes(to);
        to.limit(limit);
        return copied;
    }

    private void trailer(ByteBuf in, PduReceiver receiver) throws ProtocolFailure {
        if (!fills(trailer, in)) {
            return;
        }
        if (dataDigest) {
            int padding = wanted - PduSizes.DIGEST;
            digest.update(trailer, 0, padding);
            int found = ByteBuffer.wrap(trailer).getInt(padding);
            if (found != digest.value()) {
                String message = "data digest %08x, expected %08x".formatted(found, digest.value());
                receiver.failed(new PduRejected(ReasonCode.DATA_DIGEST_ERROR, message));
                throw new ConnectionFailed(message);
            }
        }
        complete(receiver);
    }

    private void complete(PduReceiver receiver) throws ProtocolFailure {
        state = State.BASIC;
        filled = 0;
        wanted = BasicHeader.SIZE_BYTES;
        destination = null;
        if (!isRefused) {
            receiver.complete();
        }
    }
}
