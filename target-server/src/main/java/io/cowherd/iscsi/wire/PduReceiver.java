package io.cowherd.iscsi.wire;

import io.cowherd.iscsi.pdu.ProtocolFailure;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Who listens to a [PduStream]. For each PDU: [#header()], then the stream copies the data segment to where that said,
/// then [#complete()].
///
/// **Threading.** *Confined to the connection's event loop.*
public interface PduReceiver {
    /// A header has arrived and is sound: digest right, data segment within the bound. It stands in
    /// [PduStream#received()] until the next PDU.
    ///
    /// @return where the data segment goes, filled from its position on; what has no room is discarded, all of it if null
    /// @throws ProtocolFailure if the PDU cannot be served; its data is discarded, `complete` is not called
    @Nullable ByteBuffer header() throws ProtocolFailure;

    /// The PDU is complete, with its data and its digests.
    ///
    /// @throws ProtocolFailure if the PDU cannot be served
    void complete() throws ProtocolFailure;

    /// The peer broke the protocol, or the connection broke.
    void failed(ProtocolFailure failure);

    /// The connection is gone. Called once, last.
    void closed();
}
