package io.cowherd.iscsi.wire;

import io.cowherd.iscsi.pdu.BasicHeader;

/// Sizes of the parts of a PDU around its data.
///
/// **Threading.** *Immutable.*
final class PduSizes {
    static final int DIGEST = 4;
    static final int MAX_AHS = 255 * 4;
    static final int MAX_PADDING = 3;
    static final int HEADER_AND_DIGEST = BasicHeader.SIZE_BYTES + DIGEST;
    static final int PADDING_AND_DIGEST = MAX_PADDING + DIGEST;

    private PduSizes() {}

    /// Zero bytes that follow a data segment, up to the next multiple of 4.
    static int padding(int dataBytes) {
        return -dataBytes & MAX_PADDING;
    }
}
