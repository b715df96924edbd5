package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.pdu.ProtocolFailure;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// What a connection does with PDUs, before and after the login. Methods as in
/// [io.cowherd.iscsi.wire.PduReceiver].
///
/// **Threading.** *Confined to the connection's event loop.*
sealed interface Phase permits LoginPhase, FullFeaturePhase {
    @Nullable ByteBuffer header() throws ProtocolFailure;

    void complete() throws ProtocolFailure;

    /// Answers a PDU that was rejected; its header is still in the stream.
    void rejected(PduRejected refusal);

    void closed();
}
