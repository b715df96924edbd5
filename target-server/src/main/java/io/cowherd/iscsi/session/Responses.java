package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.ResponseHeader;
import io.cowherd.iscsi.wire.DataSegment;
import io.cowherd.iscsi.wire.PduWriter;
import java.nio.ByteBuffer;

/// Stamps what is sent with StatSN and the command window, which are current in every PDU.
///
/// Invariant I7: each PDU that carries a status takes the next StatSN, and no other does.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Responses {
    private final PduWriter writer;
    private final CommandWindow window;
    private int statSn;

    /// @param statSn of the first response: what the initiator says it expects
    Responses(PduWriter writer, CommandWindow window, int statSn) {
        this.writer = writer;
        this.window = window;
        this.statSn = statSn;
    }

    /// Sends a PDU that carries a status.
    void send(ResponseHeader header) {
        stampStatus(header);
        writer.send(header);
    }

    /// Sends a PDU that carries a status and little data.
    ///
    /// @param data borrowed
    void send(ResponseHeader header, ByteBuffer data) {
        stampStatus(header);
        writer.send(header, data);
    }

    /// Sends a PDU that carries a status and a whole segment.
    ///
    /// @param segment consumed
    void sendWhole(ResponseHeader header, DataSegment segment, int length) {
        stampStatus(header);
        writer.sendWhole(header, segment, length);
    }

    /// Sends a PDU that shows the next StatSN without taking it: R2T, NOP-In that pings.
    void sendWithoutStatus(ResponseHeader header) {
        header.statSn(statSn);
        stampWindow(header);
        writer.send(header);
    }

    void stampStatus(ResponseHeader header) {
        header.statSn(statSn++);
        stampWindow(header);
    }

    void stampWindow(ResponseHeader header) {
        header.window(window.expCmdSn(), window.maxCmdSn());
    }
}
