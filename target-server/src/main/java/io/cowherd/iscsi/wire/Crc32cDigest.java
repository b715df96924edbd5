package io.cowherd.iscsi.wire;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/// The digest of iSCSI: CRC32C, least significant byte first (RFC 7143 13.1; vectors in its appendix A.4). The JDK's,
/// which uses the processor's instruction.
///
/// **Threading.** *Confined to the connection's event loop.*
final class Crc32cDigest {
    private final CRC32C crc = new CRC32C();

    void begin() {
        crc.reset();
    }

    void update(byte[] bytes, int offset, int length) {
        crc.update(bytes, offset, length);
    }

    /// Takes in readable or not yet readable bytes of a buffer; moves no index.
    void update(ByteBuf buf, int index, int length) {
        if (buf.nioBufferCount() == 1) {
            crc.update(buf.internalNioBuffer(index, length));
        } else {
            for (ByteBuffer part : buf.nioBuffers(index, length)) {
                crc.update(part);
            }
        }
    }

    /// The digest, to be written big-endian: its bytes already stand in the order of the wire.
    int value() {
        return Integer.reverseBytes((int) crc.getValue());
    }
}
