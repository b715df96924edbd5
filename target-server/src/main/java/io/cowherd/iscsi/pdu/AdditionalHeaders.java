package io.cowherd.iscsi.pdu;

import java.nio.ByteBuffer;
import org.jscsi.parser.reject.RejectParser.ReasonCode;

/// The additional header segments between the BHS and the data (RFC 7143 11.2.2).
///
/// | offset | size | field                                                               |
/// |-------:|-----:|---------------------------------------------------------------------|
/// |      0 |    2 | AHSLength: bytes from offset 3 to the end, without padding           |
/// |      2 |    1 | type: 1 extended CDB, 2 expected bidirectional read data length      |
/// |      3 |    1 | specific                                                             |
/// |      4 |    … | specific, padded to 4; type 2: the length, four bytes                |
///
/// **Threading.** *Immutable.*
final class AdditionalHeaders {
    private static final int FIXED_BYTES = 3;
    private static final int BIDIRECTIONAL_READ = 2;
    private static final int BIDIRECTIONAL_READ_BYTES = 8;

    private AdditionalHeaders() {}

    static long bidirectionalReadBytes(ByteBuffer bytes, int ahsBytes) throws PduRejected {
        int end = BasicHeader.SIZE_BYTES + ahsBytes;
        for (int at = BasicHeader.SIZE_BYTES; at < end; ) {
            int length = FIXED_BYTES + Short.toUnsignedInt(bytes.getShort(at));
            int padded = (length + 3) & ~3;
            if (padded > end - at) {
                throw new PduRejected(
                        ReasonCode.INVALID_PDU_FIELD,
                        "AHS of " + length + " bytes, but only " + (end - at) + " are left");
            }
            boolean bidirectional = (bytes.get(at + 2) & 0x3F) == BIDIRECTIONAL_READ;
            if (bidirectional && padded >= BIDIRECTIONAL_READ_BYTES) {
                return Integer.toUnsignedLong(bytes.getInt(at + 4));
            }
            at += padded; // at least 4: the loop ends
        }
        return 0;
    }
}
