package io.cowherd.iscsi.session;

import io.cowherd.iscsi.pdu.PduRejected;
import io.cowherd.iscsi.text.TextKeys;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.jscsi.parser.reject.RejectParser.ReasonCode;

/// Text that comes in several PDUs (C bit); a pair may be cut anywhere. Bounded by `Limits.maxTextBytes`.
///
/// **Threading.** *Confined to the connection's event loop.*
final class TextCollector {
    private final int maxBytes;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);

    TextCollector(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /// Appends a part.
    ///
    /// @param part borrowed; read to its limit
    /// @throws PduRejected if there is too much; everything is forgotten
    void add(ByteBuffer part) throws PduRejected {
        if (part.remaining() > maxBytes - bytes.size()) {
            clear();
            throw new PduRejected(
                    ReasonCode.LONG_OPERATION_REJECT, "text of more than " + maxBytes + " bytes");
        }
        byte[] copy = new byte[part.remaining()];
        part.get(copy);
        bytes.writeBytes(copy);
    }

    /// Decodes everything and begins anew.
    TextKeys take() throws PduRejected {
        ByteBuffer all = ByteBuffer.wrap(bytes.toByteArray());
        clear();
        return TextKeys.decode(all);
    }

    void clear() {
        bytes.reset();
    }
}
