package io.cowherd.forward;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/// A nonce or a proof: 32 bytes.
///
/// **Threading.** *Immutable.*
///
/// @param a bytes 0 to 7, big-endian, and so on
record Bytes32(long a, long b, long c, long d) {
    static final int BYTES = 32;

    static Bytes32 of(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        return new Bytes32(in.getLong(), in.getLong(), in.getLong(), in.getLong());
    }

    static Bytes32 random(SecureRandom random) {
        return new Bytes32(
                random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    static Bytes32 decode(ByteBuf in) {
        return new Bytes32(in.readLong(), in.readLong(), in.readLong(), in.readLong());
    }

    void encode(ByteBuf out) {
        out.writeLong(a).writeLong(b).writeLong(c).writeLong(d);
    }

    byte[] toArray() {
        return ByteBuffer.allocate(BYTES).putLong(a).putLong(b).putLong(c).putLong(d).array();
    }
}
